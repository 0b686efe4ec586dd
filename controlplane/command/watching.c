/* SPDX-License-Identifier: BSD-3-Clause */
#include "watching.h"

#include <stdlib.h>
#include <string.h>

#include "accessing.h"
#include "clock.h"
#include "counts.h"
#include "reply.h"

/* The answers that were given last.  The level decides what is in them. */
struct watching {
	struct {
		char *text; /* NULL: there is none */
		uint64_t made_ms;
	} of[LEVELS];
};

static char *
make_text(const struct request *request, enum level level)
{
	struct sources sources = request->desk->sources;

	sources.no_clients = !accessing_sees_clients(request);
	json_t *data = counts_new(&sources);
	report_set(data, "level", json_string(level_name(level)));
	reply_set_outcome(data, ANSWER_OK);
	char *text = json_dumps(data, JSON_COMPACT);
	json_decref(data);
	return text;
}

/* The text for the caller; NULL: there is no memory. */
static const char *
find_text(const struct request *request)
{
	struct watching *watching = request->desk->watching;
	const enum level level = ctl_level(request->ctl);
	const uint64_t now_ms = clock_ms();

	if (watching->of[level].text == NULL ||
	    now_ms - watching->of[level].made_ms >= WATCHING_KEPT_MS) {
		free(watching->of[level].text);
		watching->of[level].text = make_text(request, level);
		watching->of[level].made_ms = now_ms;
	}
	return watching->of[level].text;
}

void
command_top_read(const struct request *request,
		 const struct arguments *arguments)
{
	struct desk *desk = request->desk;
	const char *text = NULL;

	(void)arguments;
	if (desk->watching == NULL)
		desk->watching = calloc(1, sizeof(*desk->watching));
	if (desk->watching != NULL)
		text = find_text(request);
	if (text != NULL)
		ctl_reply(request->ctl, ANSWER_OK, text, strlen(text));
	else
		reply_words(request, ANSWER_REFUSED, NULL);
}

void
watching_forget(struct desk *desk)
{
	for (int level = 0; desk->watching != NULL && level < LEVELS; level++) {
		free(desk->watching->of[level].text);
		desk->watching->of[level].text = NULL;
	}
}

void
watching_end(struct desk *desk)
{
	watching_forget(desk);
	free(desk->watching);
}
