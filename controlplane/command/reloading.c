/* SPDX-License-Identifier: BSD-3-Clause */
#include "reloading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "clock.h"
#include "denialread.h"
#include "plural.h"
#include "reply.h"
#include "timer.h"

#define LOOK_INTERVAL_MS 50

/* A request that waits for all lists. */
struct reloading {
	struct request request;
	uint64_t ticket;
	uint64_t until_ms;
	struct timer *look;
	struct reloading *next;
};

static void
reloading_free(struct reloading *reloading)
{
	struct reloading **link = &reloading->request.desk->reloadings;

	while (*link != reloading)
		link = &(*link)->next;
	*link = reloading->next;
	timer_free(reloading->look);
	free(reloading);
}

const char *
reloading_describe(const struct denials *denials,
		   char text[static RELOADING_TEXT_MAX])
{
	const struct denial *first = NULL;
	uint32_t more = 0;

	for (uint16_t i = 0; i < denials->count; i++) {
		if (!denial_is_due(&denials->list[i]))
			continue;
		more += first != NULL;
		if (first == NULL)
			first = &denials->list[i];
	}
	text[0] = '\0';
	if (first == NULL)
		return text;
	const int used = snprintf(text, RELOADING_TEXT_MAX,
				  "%s %s is being read, and %s",
				  list_kind_name(first->kind),
				  first->config.file, denial_meanwhile(first));
	if (more > 0)
		snprintf(text + used, RELOADING_TEXT_MAX - (size_t)used,
			 "; so are %u more: see show denied", more);
	return text;
}

/* All lists have been read. */
static void
reply_read(const struct request *request)
{
	const struct denials *denials = request->desk->applier->denials;
	uint32_t prefixes = 0;

	for (uint16_t i = 0; i < denials->count; i++) {
		const struct denial *denial = &denials->list[i];

		prefixes += denial->prefixes;
		if (denial->fault[0] == '\0')
			continue;
		reply_error(request, "%s; %s", denial->fault,
			    denial->serial != 0
				    ? "the list before stays in force"
				    : "no list is in force");
		return;
	}
	reply_when_settled(request, "%u %s, %u %s", denials->count,
			   plural(denials->count, "list", "lists"), prefixes,
			   plural(prefixes, "prefix", "prefixes"));
}

static void
on_look(void *arg)
{
	struct reloading *reloading = arg;
	const struct request *request = &reloading->request;
	const struct denials *denials = request->desk->applier->denials;
	char text[RELOADING_TEXT_MAX];

	if (denials_are_read(denials, NULL, reloading->ticket))
		reply_read(request);
	else if (clock_ms() >= reloading->until_ms)
		reply_noted(request, "noted, not in force: %s",
			    reloading_describe(denials, text));
	else
		return;
	reloading_free(reloading);
}

void
command_reload_lists(const struct request *request,
		     const struct arguments *arguments)
{
	struct desk *desk = request->desk;
	struct reloading *reloading = calloc(1, sizeof(*reloading));

	(void)arguments;
	if (reloading != NULL)
		reloading->look = timer_new(desk->base, on_look, reloading);
	if (reloading == NULL || reloading->look == NULL ||
	    timer_repeat(reloading->look, LOOK_INTERVAL_MS) < 0) {
		reply_error(request, "not enough memory");
		if (reloading != NULL)
			timer_free(reloading->look);
		free(reloading);
		return;
	}
	reloading->request = *request;
	reloading->ticket = denials_look(desk->applier->denials, true);
	reloading->until_ms = clock_ms() + RELOADING_PATIENCE_MS;
	reloading->next = desk->reloadings;
	desk->reloadings = reloading;
	timer_fire_now(reloading->look);
}

void
reloadings_end(struct desk *desk)
{
	while (desk->reloadings != NULL) {
		struct reloading *reloading = desk->reloadings;

		reply_error(&reloading->request,
			    "the control plane is stopping");
		/* It takes itself out of the list. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		reloading_free(reloading);
	}
}
