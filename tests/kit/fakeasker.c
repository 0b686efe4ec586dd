/* SPDX-License-Identifier: BSD-3-Clause */
#include "fakeasker.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "endpoint.h"

struct asker {
	struct mx_endpoint endpoint;
	void (*done)(void *arg, const struct asker_answer *answer);
	void *arg;
	struct asker *next;
};

static struct asker *first;

struct asker *
asker_new(struct probes *turns, const struct asker_task *task,
	  void (*done)(void *arg, const struct asker_answer *answer), void *arg)
{
	struct asker *asker = calloc(1, sizeof(*asker));

	(void)turns;
	*asker = (struct asker){task->endpoint, done, arg, first};
	first = asker;
	return asker;
}

void
asker_free(struct asker *asker)
{
	struct asker **link = &first;

	if (asker == NULL)
		return;
	while (*link != asker)
		link = &(*link)->next;
	*link = asker->next;
	free(asker);
}

uint32_t
fakeasker_count(void)
{
	uint32_t count = 0;

	for (const struct asker *asker = first; asker; asker = asker->next)
		count++;
	return count;
}

static void
answer_as(const char *address, const struct asker_answer *answer)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	for (const struct asker *asker = first; asker; asker = asker->next) {
		if (strcmp(mx_endpoint_format(&asker->endpoint, text),
			   address) == 0) {
			asker->done(asker->arg, answer);
			return;
		}
	}
	ck_abort_msg("nobody asks %s", address);
}

void
fakeasker_say(const char *address, const char *line)
{
	struct asker_answer answer = {.end = ASKER_LINE,
				      .length = strlen(line)};

	memcpy(answer.line, line, answer.length);
	answer_as(address, &answer);
}

void
fakeasker_fail(const char *address, enum asker_end end)
{
	const struct asker_answer answer = {.end = end};

	answer_as(address, &answer);
}
