/* SPDX-License-Identifier: BSD-3-Clause */
#include "denialread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "denyfile.h"
#include "duration.h"
#include "eventlog.h"
#include "plural.h"

static void
note_marks(const struct mx_config_deny *config, struct list_mark mark[2])
{
	mark[1] = (struct list_mark){0};
	list_file_look(config->file, &mark[0]);
	if (config->allow_file[0] != '\0')
		list_file_look(config->allow_file, &mark[1]);
}

static void
take_list(struct denial *denial, const struct list_built *built,
	  uint32_t took_ms)
{
	const char *subject = list_kind_name(denial->kind);

	if (denial->serial != built->serial)
		eventlog_tell(LOG_LEVEL_INFO, EVENT_LIST, subject,
			      "%s: %u %s, read in %u ms", denial->config.file,
			      built->prefixes,
			      plural(built->prefixes, "prefix", "prefixes"),
			      took_ms);
	denial->serial = built->serial;
	denial->size_bytes = built->size_bytes;
	denial->prefixes = built->prefixes;
	denial->took_ms = took_ms;
	denial->read_s = clock_wall_s();
	denial->fresh_s = built->fresh_s;
	denial->recalled = false;
	denial->fault[0] = '\0';
	if (strcmp(denial->warning, built->warning) != 0 &&
	    built->warning[0] != '\0')
		eventlog_tell(LOG_LEVEL_WARN, EVENT_LIST, subject, "%s",
			      built->warning);
	snprintf(denial->warning, sizeof(denial->warning), "%s",
		 built->warning);
}

static void
note_fault(struct denial *denial, const char *fault)
{
	if (strcmp(denial->fault, fault) != 0)
		eventlog_add(&(struct eventlog_news){
			.level = LOG_LEVEL_ERROR,
			.source = EVENT_LIST,
			.subject = list_kind_name(denial->kind),
			.after =
				denial->serial != 0
					? "cannot be read again; the one "
					  "before stays in force"
					: "cannot be read; no list is in force",
			.why = fault});
	snprintf(denial->fault, sizeof(denial->fault), "%s", fault);
}

bool
denial_is_due(const struct denial *denial)
{
	return denial->asked != denial->tried;
}

const char *
denial_stale(const struct denial *denial, char text[static DENIAL_TEXT_MAX])
{
	const int64_t age_s = clock_wall_s() - denial->mark[0].changed_s;
	char age[DURATION_TEXT_MAX], fresh[DURATION_TEXT_MAX];

	text[0] = '\0';
	if (denial->fresh_s > 0 && denial->mark[0].changed_s > 0 &&
	    age_s > denial->fresh_s)
		snprintf(text, DENIAL_TEXT_MAX,
			 "%s is %s old, and says that it is renewed within "
			 "%s: does the program run that writes it?",
			 denial->config.file, duration_text(age_s, age),
			 duration_text(denial->fresh_s, fresh));
	return text;
}

const char *
denial_meanwhile(const struct denial *denial)
{
	return denial->serial != 0 ? "the list before is in force meanwhile"
				   : "no list is in force meanwhile";
}

static bool
is_under_way(const struct denials *denials, const struct denial *denial)
{
	return denials->under_way.ticket != 0 &&
	       denials->under_way.kind == denial->kind &&
	       denials_is_same(&denials->under_way.config, &denial->config);
}

/* The list that waits for the longest time, or NULL. */
static struct denial *
next_due(struct denials *denials)
{
	struct denial *next = NULL;

	for (uint16_t i = 0; i < denials->count; i++) {
		struct denial *denial = &denials->list[i];

		if (denial_is_due(denial) && !is_under_way(denials, denial) &&
		    (next == NULL || denial->asked < next->asked))
			next = denial;
	}
	return next;
}

/* Is the file of a list's table gone? */
static bool
is_gone(const struct denials *denials, const struct denial *denial)
{
	return denial->serial != 0 &&
	       !mx_deny_file_exists(denials->instance, denial->serial);
}

static int
begin_read(struct denials *denials, struct denial *denial)
{
	const struct list_job job = {.kind = denial->kind,
				     .instance = denials->instance,
				     .key = &denials->state->key,
				     .config = denials->wanted != NULL
						       ? denials->wanted
						       : denials->state->config,
				     .deny = &denial->config};

	note_marks(&denial->config, denial->mark);
	const int error = list_reader_begin(denials->reader, &job);
	if (error == 0)
		denials->under_way = (struct denial_read){
			.kind = denial->kind,
			.config = denial->config,
			.ticket = denial->asked,
			.begin_ms = clock_ms(),
			.gone = is_gone(denials, denial),
		};
	return error;
}

/* Begin the next read, unless one is under way. */
static void
read_next(struct denials *denials)
{
	struct denial *denial;
	char text[DENIAL_TEXT_MAX];

	while (denials->under_way.ticket == 0 &&
	       (denial = next_due(denials)) != NULL) {
		const int error = begin_read(denials, denial);

		if (error == 0)
			return;
		/* The next look finds other marks, and asks again. */
		memset(denial->mark, 0, sizeof(denial->mark));
		denial->tried = denial->asked;
		snprintf(text, sizeof(text), "%s %s cannot be read now: %s",
			 list_kind_name(denial->kind), denial->config.file,
			 strerror(-error));
		note_fault(denial, text);
	}
}

static bool
has_changed(const struct denial *denial)
{
	struct list_mark now[2];

	note_marks(&denial->config, now);
	return !list_mark_equal(&now[0], &denial->mark[0]) ||
	       !list_mark_equal(&now[1], &denial->mark[1]);
}

/* A list that waits for its turn is not asked for again. */
static void
ask_for(const struct denials *denials, struct denial *denial)
{
	if (!denial_is_due(denial) || is_under_way(denials, denial))
		denial->asked = denials->ticket;
}

/* Ask for one list of a configuration, if it is new or has changed. */
static void
ask_for_one(struct denials *denials, const struct denial *wanted)
{
	struct denial *denial =
		denials_find(denials, &wanted->config, wanted->kind);

	if (denial == NULL && denials->count < DENIALS_MAX) {
		denial = &denials->list[denials->count++];
		*denial = *wanted;
		ask_for(denials, denial);
	} else if (denial != NULL &&
		   (has_changed(denial) || denial->serial == 0)) {
		ask_for(denials, denial);
	}
}

uint64_t
denials_ask(struct denials *denials, const struct mx_config *config)
{
	denials->ticket++;
	denials->wanted = config;
	for (uint16_t i = 0; i < config->service_count; i++)
		for (int kind = 0; kind < LIST_KINDS; kind++) {
			struct denial wanted = {.kind = (enum list_kind)kind};

			if (denials_files(&config->service[i], wanted.kind,
					  &wanted.config))
				ask_for_one(denials, &wanted);
		}
	read_next(denials);
	return denials->ticket;
}

static bool
is_read(const struct denial *denial, uint64_t ticket)
{
	return denial->tried >= ticket || !denial_is_due(denial);
}

bool
denials_are_read(const struct denials *denials, const struct mx_config *config,
		 uint64_t ticket)
{
	for (uint16_t i = 0; config == NULL && i < denials->count; i++)
		if (!is_read(&denials->list[i], ticket))
			return false;
	for (uint16_t i = 0; config != NULL && i < config->service_count; i++)
		for (int kind = 0; kind < LIST_KINDS; kind++) {
			const struct denial *denial =
				denials_of(denials, &config->service[i],
					   (enum list_kind)kind);

			if (denial != NULL && !is_read(denial, ticket))
				return false;
		}
	return true;
}

uint64_t
denials_look(struct denials *denials, bool all)
{
	denials->ticket++;
	for (uint16_t i = 0; i < denials->count; i++) {
		struct denial *denial = &denials->list[i];

		if (all || has_changed(denial) ||
		    (!denial_is_due(denial) && is_gone(denials, denial)))
			ask_for(denials, denial);
	}
	read_next(denials);
	return denials->ticket;
}

/* A read has ended. */
static void
on_read(void *arg, int error, const struct list_built *built)
{
	struct denials *denials = arg;
	const struct denial_read ended = denials->under_way;
	const uint32_t took_ms = (uint32_t)(clock_ms() - ended.begin_ms);
	struct denial *denial =
		denials_find(denials, &ended.config, ended.kind);

	denials->under_way.ticket = 0;
	if (denial != NULL) {
		if (error != 0)
			note_fault(denial, built->fault);
		else
			take_list(denial, built, took_ms);
		denials->round += error == 0 && ended.gone;
		denial->tried = ended.ticket;
		denials_give(denials);
	}
	read_next(denials);
	denials->read(denials->arg);
}

int
denials_start(struct denials *denials, struct event_base *base)
{
	denials->reader = list_reader_new(base, on_read, denials);
	return denials->reader != NULL ? 0 : -errno;
}

void
denials_end(struct denials *denials)
{
	list_reader_free(denials->reader);
	denials->reader = NULL;
}
