/* SPDX-License-Identifier: BSD-3-Clause */
#include "trailing.h"

#include <string.h>

static const char blanks[] = " \t";

/* A part of a line: [begin, end). */
struct word {
	size_t begin, end;
};

/* The last word of line[0..length); an empty one if there is none. */
static struct word
last_word(const char *line, size_t length)
{
	struct word word;

	while (length > 0 && strchr(blanks, line[length - 1]) != NULL)
		length--;
	word.end = word.begin = length;
	while (word.begin > 0 && strchr(blanks, line[word.begin - 1]) == NULL)
		word.begin--;
	return word;
}

static bool
is(const char *line, const struct word *word, const char *text)
{
	return word->end - word->begin == strlen(text) &&
	       strncmp(line + word->begin, text, strlen(text)) == 0;
}

/* Returns whether the line has another option than before, and cuts it off. */
static bool
take_one(char *line, struct asking *asking)
{
	struct word word = last_word(line, strlen(line));
	const struct word option = last_word(line, word.begin);

	if (is(line, &option, "-o")) {
		line[word.end] = '\0';
		asking->columns = line + word.begin;
		word = option;
	} else if (is(line, &word, "-j")) {
		asking->json = true;
	} else if (is(line, &word, "-a")) {
		asking->all = true;
	} else {
		return false;
	}
	line[word.begin] = '\0';
	return true;
}

void
trailing_take(char *line, struct asking *asking)
{
	while (take_one(line, asking))
		;
}
