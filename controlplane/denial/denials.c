/* SPDX-License-Identifier: BSD-3-Clause */
#include "denials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "denyfile.h"
#include "listbuild.h"
#include "log.h"

/* Do two services have the same list? */
static bool
is_same_list(const struct mx_config_deny *a, const struct mx_config_deny *b)
{
	return strcmp(a->file, b->file) == 0 &&
	       strcmp(a->allow_file, b->allow_file) == 0 &&
	       a->allow_count == b->allow_count &&
	       /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	       memcmp(a->allow, b->allow,
		      a->allow_count * sizeof(a->allow[0])) == 0;
}

/* The files of a service's list.  Returns whether it has one. */
static bool
files_of(const struct mx_config_service *service, enum list_kind kind,
	 struct mx_config_deny *out)
{
	if (kind == LIST_DENIES) {
		*out = service->deny;
	} else {
		memset(out, 0, sizeof(*out));
		memcpy(out->file, service->clients.allow_file,
		       sizeof(out->file));
	}
	return out->file[0] != '\0';
}

static struct denial *
find_list(struct denials *denials, const struct mx_config_deny *config,
	  enum list_kind kind)
{
	for (uint16_t i = 0; i < denials->count; i++)
		if (denials->list[i].kind == kind &&
		    is_same_list(&denials->list[i].config, config))
			return &denials->list[i];
	return NULL;
}

const struct denial *
denials_of(const struct denials *denials,
	   const struct mx_config_service *service, enum list_kind kind)
{
	struct mx_config_deny config;

	if (!files_of(service, kind, &config))
		return NULL;
	for (uint16_t i = 0; i < denials->count; i++)
		if (denials->list[i].kind == kind &&
		    is_same_list(&denials->list[i].config, &config))
			return &denials->list[i];
	return NULL;
}

static void
note_marks(const struct mx_config_deny *config, struct list_mark mark[2])
{
	mark[1] = (struct list_mark){0};
	list_file_look(config->file, &mark[0]);
	if (config->allow_file[0] != '\0')
		list_file_look(config->allow_file, &mark[1]);
}

static void
take_list(struct denial *denial, const struct list_built *built)
{
	if (denial->serial != built->serial)
		log_line(LOG_LEVEL_INFO, "%s %s: %u prefixes, read in %u ms",
			 list_kind_name(denial->kind), denial->config.file,
			 built->prefixes, built->took_ms);
	denial->serial = built->serial;
	denial->size_bytes = built->size_bytes;
	denial->prefixes = built->prefixes;
	denial->took_ms = built->took_ms;
	denial->read_s = clock_wall_s();
	denial->recalled = false;
	denial->fault[0] = '\0';
	if (strcmp(denial->warning, built->warning) != 0 &&
	    built->warning[0] != '\0')
		log_line(LOG_LEVEL_WARN, "%s", built->warning);
	snprintf(denial->warning, sizeof(denial->warning), "%s",
		 built->warning);
}

/* Read the files of a list. */
static void
read_list(struct denials *denials, struct denial *denial,
	  const struct mx_config *config)
{
	const struct list_job job = {.kind = denial->kind,
				     .instance = denials->instance,
				     .key = denials->key,
				     .config = config,
				     .deny = &denial->config};
	struct list_built built;

	note_marks(&denial->config, denial->mark);
	if (list_build(&job, &built) == 0) {
		take_list(denial, &built);
		return;
	}
	if (strcmp(denial->fault, built.fault) != 0)
		log_line(LOG_LEVEL_ERROR, "%s%s", built.fault,
			 denial->serial != 0
				 ? "; the list before stays in force"
				 : "; no list is in force");
	snprintf(denial->fault, sizeof(denial->fault), "%s", built.fault);
}

static bool
has_changed(const struct denial *denial)
{
	struct list_mark now[2];

	note_marks(&denial->config, now);
	return !list_mark_equal(&now[0], &denial->mark[0]) ||
	       !list_mark_equal(&now[1], &denial->mark[1]);
}

static void
add_error(struct mx_config_errors *errors, const char *text)
{
	if (errors->count < MX_CONFIG_ERRORS_MAX)
		snprintf(errors->text[errors->count], MX_CONFIG_ERROR_TEXT_MAX,
			 "%.*s", MX_CONFIG_ERROR_TEXT_MAX - 1, text);
	errors->count++;
}

/* Read the files of one list, if it is new or has changed. */
static int
read_one(struct denials *denials, const struct mx_config *config,
	 const struct denial *wanted, bool must,
	 struct mx_config_errors *errors)
{
	struct denial *denial =
		find_list(denials, &wanted->config, wanted->kind);
	const bool fresh = denial == NULL;

	if (fresh && denials->count == DENIALS_MAX) {
		add_error(errors,
			  "too many deny lists and allow lists at once");
		return -EINVAL;
	}
	if (fresh) {
		denial = &denials->list[denials->count++];
		*denial = *wanted;
		read_list(denials, denial, config);
	} else if (has_changed(denial) || denial->serial == 0) {
		read_list(denials, denial, config);
	}
	if (denial->serial != 0 || !must)
		return 0;
	add_error(errors, denial->fault);
	/* A list that was there already keeps its fault for status. */
	denials->count -= fresh;
	return -EINVAL;
}

int
denials_read(struct denials *denials, const struct mx_config *config, bool must,
	     struct mx_config_errors *errors)
{
	int result = 0;

	for (uint16_t i = 0; i < config->service_count; i++)
		for (int kind = 0; kind < LIST_KINDS; kind++) {
			struct denial wanted = {.kind = (enum list_kind)kind};

			if (files_of(&config->service[i], wanted.kind,
				     &wanted.config) &&
			    read_one(denials, config, &wanted, must, errors) !=
				    0)
				result = -EINVAL;
		}
	return result;
}

/* Forget the lists that no service has. */
static void
forget(struct denials *denials, const struct mx_config *config)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < denials->count; i++) {
		bool used = false;

		for (uint16_t s = 0; s < config->service_count && !used; s++)
			used = denials_of(denials, &config->service[s],
					  denials->list[i].kind) ==
			       &denials->list[i];
		if (used)
			denials->list[kept++] = denials->list[i];
	}
	denials->count = kept;
}

static void
give_lists(const struct denials *denials, struct state *state)
{
	static const struct denial none;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const struct mx_config_service *config =
			state->service[id].config;
		struct mx_service *row = &state->service[id].row;
		const struct denial *of[LIST_KINDS];

		for (int kind = 0; kind < LIST_KINDS; kind++) {
			of[kind] = config != NULL
					   ? denials_of(denials, config,
							(enum list_kind)kind)
					   : NULL;
			if (of[kind] == NULL)
				of[kind] = &none;
		}
		row->deny.serial = of[LIST_DENIES]->serial;
		row->deny.size_bytes = of[LIST_DENIES]->size_bytes;
		row->allow.serial = of[LIST_ALLOWS]->serial;
		row->allow.size_bytes = of[LIST_ALLOWS]->size_bytes;
	}
	state->deny_round = denials->round;
}

void
denials_assign(struct denials *denials, struct state *state)
{
	forget(denials, state->config);
	give_lists(denials, state);
}

bool
denials_look(struct denials *denials, struct state *state, bool all)
{
	bool read = false;

	for (uint16_t i = 0; i < denials->count; i++) {
		struct denial *denial = &denials->list[i];
		const bool gone =
			denial->serial != 0 &&
			!mx_deny_file_exists(denials->instance, denial->serial);

		if (!all && !gone && !has_changed(denial))
			continue;
		read_list(denials, denial, state->config);
		denials->round += gone;
		read = true;
	}
	if (read)
		give_lists(denials, state);
	return read;
}

/* Let the list of a service be one that the plan in force names. */
static void
recall(struct denials *denials, const struct mx_config_service *service,
       enum list_kind kind, const struct mx_service_allow *table)
{
	struct mx_config_deny config;

	if (table->serial == 0 || !files_of(service, kind, &config))
		return;
	struct denial *denial = find_list(denials, &config, kind);
	if (denial == NULL || denial->serial != 0)
		return;
	denial->serial = table->serial;
	denial->size_bytes = table->size_bytes;
	denial->recalled = true;
}

void
denials_recall(struct denials *denials, struct state *state,
	       const struct mx_plan *plan)
{
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const struct service *service = &state->service[id];
		const struct mx_service *row = &plan->service[id];
		const struct mx_service_allow denies = {row->deny.serial,
							row->deny.size_bytes};

		if (service->config == NULL || !row->used)
			continue;
		recall(denials, service->config, LIST_DENIES, &denies);
		recall(denials, service->config, LIST_ALLOWS, &row->allow);
	}
	give_lists(denials, state);
}

void
denials_prune(const struct denials *denials, const struct state *state,
	      const struct mx_plan *plan)
{
	uint64_t keep[2 * DENIALS_MAX];
	uint32_t count = 0;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		keep[count++] = state->service[id].row.deny.serial;
		keep[count++] = state->service[id].row.allow.serial;
		keep[count++] = plan->service[id].deny.serial;
		keep[count++] = plan->service[id].allow.serial;
	}
	mx_deny_files_prune(denials->instance, keep, count);
}

/* Does a list in force have an address?  Reads the table's file. */
static bool
has_address(const struct denials *denials, const struct denial *denial,
	    const struct mx_addr *addr)
{
	struct mx_deny_table *table;

	if (denial == NULL || denial->serial == 0 ||
	    mx_deny_file_read(denials->instance, denial->serial,
			      denial->size_bytes, &table) != 0)
		return false;
	const bool has = mx_deny_find(table, addr) == MX_DENY_DENIED;
	mx_deny_file_free(table);
	return has;
}

bool
denials_allow(const struct denials *denials,
	      const struct mx_config_service *service,
	      const struct mx_addr *addr)
{
	return has_address(denials, denials_of(denials, service, LIST_ALLOWS),
			   addr);
}

bool
denials_explain(const struct denials *denials,
		const struct mx_config_service *service,
		const struct mx_addr *addr, char text[static DENIAL_TEXT_MAX])
{
	const struct denial *denial = denials_of(denials, service, LIST_DENIES);

	if (!has_address(denials, denial, addr))
		return false;
	const uint32_t line = list_line_of(denial->config.file, addr);
	if (line != 0)
		snprintf(text, DENIAL_TEXT_MAX, "%s:%u denies it",
			 denial->config.file, line);
	else
		snprintf(text, DENIAL_TEXT_MAX,
			 "the list in force of %s denies it, and the file no "
			 "longer does",
			 denial->config.file);
	return true;
}
