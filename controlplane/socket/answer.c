/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *word;
	const char *outcome;
	int exit_status;
	bool complains;
} answers[] = {
	/* clang-format off */
	[ANSWER_REFUSED]  = {"error",    "refused",  1, true},
	[ANSWER_OK]       = {"ok",       "done",     0, false},
	[ANSWER_USAGE]    = {"usage",    "usage",    2, true},
	[ANSWER_NOTED]    = {"noted",    "noted",    3, true},
	[ANSWER_WARNING]  = {"warning",  "warning",  1, false},
	[ANSWER_PROGRESS] = {"progress", "progress", 0, false},
	[ANSWER_CRITICAL] = {"critical", "critical", 2, false},
	/* clang-format on */
};
static_assert(sizeof(answers) / sizeof(answers[0]) == ANSWERS,
	      "one row per answer");

const char *
answer_word(enum answer answer)
{
	assert(answer < ANSWERS);
	return answers[answer].word;
}

const char *
answer_outcome(enum answer answer)
{
	assert(answer < ANSWERS);
	return answers[answer].outcome;
}

bool
answer_find(const char *word, enum answer *answer)
{
	for (int i = 0; i < ANSWERS; i++) {
		if (strcmp(answers[i].word, word) != 0)
			continue;
		*answer = (enum answer)i;
		return true;
	}
	return false;
}

int
answer_exit_status(enum answer answer)
{
	assert(answer < ANSWERS);
	return answers[answer].exit_status;
}

bool
answer_complains(enum answer answer)
{
	assert(answer < ANSWERS);
	return answers[answer].complains;
}
