/* SPDX-License-Identifier: BSD-3-Clause */
#include "denials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denyfile.h"

bool
denials_is_same(const struct mx_config_deny *a, const struct mx_config_deny *b)
{
	return strcmp(a->file, b->file) == 0 &&
	       strcmp(a->allow_file, b->allow_file) == 0 &&
	       a->allow_count == b->allow_count &&
	       /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	       memcmp(a->allow, b->allow,
		      a->allow_count * sizeof(a->allow[0])) == 0;
}

bool
denials_files(const struct mx_config_service *service, enum list_kind kind,
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

/* The number of a list, or denials->count. */
static uint16_t
number_of(const struct denials *denials, const struct mx_config_deny *config,
	  enum list_kind kind)
{
	uint16_t i = 0;

	while (i < denials->count &&
	       (denials->list[i].kind != kind ||
		!denials_is_same(&denials->list[i].config, config)))
		i++;
	return i;
}

struct denial *
denials_find(struct denials *denials, const struct mx_config_deny *config,
	     enum list_kind kind)
{
	const uint16_t i = number_of(denials, config, kind);

	return i < denials->count ? &denials->list[i] : NULL;
}

const struct denial *
denials_of(const struct denials *denials,
	   const struct mx_config_service *service, enum list_kind kind)
{
	struct mx_config_deny config;

	if (!denials_files(service, kind, &config))
		return NULL;
	const uint16_t i = number_of(denials, &config, kind);
	return i < denials->count ? &denials->list[i] : NULL;
}

static void
add_error(struct mx_config_errors *errors, const char *text)
{
	if (errors->count < MX_CONFIG_ERRORS_MAX)
		snprintf(errors->text[errors->count], MX_CONFIG_ERROR_TEXT_MAX,
			 "%.*s", MX_CONFIG_ERROR_TEXT_MAX - 1, text);
	errors->count++;
}

/* Forget the lists that no service in force has. */
static void
forget(struct denials *denials)
{
	const struct mx_config *config = denials->state->config;
	uint16_t kept = 0;

	for (uint16_t i = 0; i < denials->count; i++) {
		struct denial *denial = &denials->list[i];

		denial->used = false;
		for (uint16_t s = 0; config != NULL &&
				     s < config->service_count && !denial->used;
		     s++)
			denial->used = denials_of(denials, &config->service[s],
						  denial->kind) == denial;
		if (denial->used)
			denials->list[kept++] = *denial;
	}
	denials->count = kept;
}

/* Has one list a table?  If not, add the reason. */
static bool
judge_one(const struct denials *denials,
	  const struct mx_config_service *service, enum list_kind kind,
	  struct mx_config_errors *errors)
{
	const struct denial *denial = denials_of(denials, service, kind);
	struct mx_config_deny config;

	if (!denials_files(service, kind, &config) ||
	    (denial != NULL && denial->serial != 0))
		return true;
	add_error(errors,
		  denial != NULL
			  ? denial->fault
			  : "too many deny lists and allow lists at once");
	return false;
}

int
denials_judge(struct denials *denials, const struct mx_config *config,
	      struct mx_config_errors *errors)
{
	bool all = true;

	for (uint16_t i = 0; i < config->service_count; i++)
		for (int kind = 0; kind < LIST_KINDS; kind++)
			all &= judge_one(denials, &config->service[i],
					 (enum list_kind)kind, errors);
	return all ? 0 : -EINVAL;
}

void
denials_give(const struct denials *denials)
{
	static const struct denial none;
	struct state *state = denials->state;

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
denials_assign(struct denials *denials)
{
	denials->wanted = NULL;
	forget(denials);
	denials_give(denials);
}

/* Let the list of a service be one that the plan in force names. */
static void
recall(struct denials *denials, const struct mx_config_service *service,
       enum list_kind kind, const struct mx_service_allow *table)
{
	struct mx_config_deny config;

	if (table->serial == 0 || !denials_files(service, kind, &config))
		return;
	struct denial *denial = denials_find(denials, &config, kind);
	if (denial == NULL || denial->serial != 0)
		return;
	denial->serial = table->serial;
	denial->size_bytes = table->size_bytes;
	denial->recalled = true;
}

void
denials_recall(struct denials *denials, const struct mx_plan *plan)
{
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const struct service *service = &denials->state->service[id];
		const struct mx_service *row = &plan->service[id];
		const struct mx_service_allow denies = {row->deny.serial,
							row->deny.size_bytes};

		if (service->config == NULL || !row->used)
			continue;
		recall(denials, service->config, LIST_DENIES, &denies);
		recall(denials, service->config, LIST_ALLOWS, &row->allow);
	}
	denials_give(denials);
}

void
denials_prune(const struct denials *denials, const struct mx_plan *plan)
{
	uint64_t keep[2 * DENIALS_MAX];
	uint32_t count = 0;

	/* The thread may have written a table that no list has yet. */
	if (list_reader_is_busy(denials->reader))
		return;
	for (uint16_t i = 0; i < denials->count; i++)
		keep[count++] = denials->list[i].serial;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		keep[count++] = plan->service[id].deny.serial;
		keep[count++] = plan->service[id].allow.serial;
	}
	mx_deny_files_prune(denials->instance, keep, count);
}
