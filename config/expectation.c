/* SPDX-License-Identifier: BSD-3-Clause */
#include "expectation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define DIGITS_MAX 18 /* every such number fits 64 bits */

/* Copy a word in capitals. */
static void
copy_word(char *out, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		out[i] = (char)(word[i] >= 'a' && word[i] <= 'z'
					? word[i] - 'a' + 'A'
					: word[i]);
	out[length] = '\0';
}

/* Read the number of "SIZE>=10".  Returns false if it is none. */
static bool
parse_least(const char *text, uint64_t *least)
{
	const size_t digits = strspn(text, DIGITS);

	if (digits == 0 || digits > DIGITS_MAX || text[digits] != '\0' ||
	    text[0] == '0')
		return false;
	*least = strtoull(text, NULL, 10);
	return true;
}

/* Printable ASCII without blanks. */
static bool
is_parameter(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return text[0] != '\0';
}

int
expectation_parse(const char *text, struct expectation *out)
{
	const size_t length = strspn(text, LETTERS DIGITS "-");
	const char *rest = text + length;
	const char *after = rest + strspn(rest, " ");
	struct expectation e = {.least = 0};

	if (length == 0 || text[0] == '-' ||
	    strlen(text) >= EXPECTATION_TEXT_MAX)
		return -EINVAL;
	copy_word(e.keyword, text, length);
	if (strncmp(after, ">=", 2) == 0) {
		after += 2;
		if (!parse_least(after + strspn(after, " "), &e.least))
			return -EINVAL;
	} else if (*rest == ' ') {
		if (!is_parameter(after))
			return -EINVAL;
		copy_word(e.parameter, after, strlen(after));
	} else if (*rest != '\0') {
		return -EINVAL;
	}
	*out = e;
	return 0;
}

const char *
expectation_format(const struct expectation *e,
		   char text[static EXPECTATION_FORMAT_MAX])
{
	if (e->least > 0)
		snprintf(text, EXPECTATION_FORMAT_MAX, "%s>=%llu", e->keyword,
			 (unsigned long long)e->least);
	else
		snprintf(text, EXPECTATION_FORMAT_MAX, "%s%s%s", e->keyword,
			 e->parameter[0] != '\0' ? " " : "", e->parameter);
	return text;
}

bool
expectation_equal(const struct expectation *a, const struct expectation *b)
{
	return strcmp(a->keyword, b->keyword) == 0 &&
	       strcmp(a->parameter, b->parameter) == 0 && a->least == b->least;
}

/* Is the word one of those in the text?  Blanks are between the words; "AUTH="
 * of old servers is between them too. */
static bool
has_word(const char *text, const char *word)
{
	const size_t length = strlen(word);

	while (*text != '\0') {
		text += strspn(text, " \t=");
		const size_t here = strcspn(text, " \t=");
		if (here == length && strncasecmp(text, word, length) == 0)
			return true;
		text += here;
	}
	return false;
}

/* Is the first parameter a number that is not under least, or no limit? */
static bool
is_at_least(const char *parameters, uint64_t least)
{
	const size_t digits = strspn(parameters, DIGITS);
	const size_t zeros = strspn(parameters, "0");

	if (parameters[0] == '\0' || (digits > 0 && digits == zeros))
		return true;
	if (digits == 0 || strchr(" \t", parameters[digits]) == NULL)
		return false; /* strchr finds the terminator too */
	if (digits - zeros > DIGITS_MAX)
		return true;
	return strtoull(parameters, NULL, 10) >= least;
}

bool
expectation_is_met_by(const struct expectation *e, const char *line)
{
	const size_t length = strlen(e->keyword);

	if (strncasecmp(line, e->keyword, length) != 0 ||
	    strchr(" \t=", line[length]) == NULL)
		return false; /* strchr finds the terminator too */
	const char *parameters = line + length;
	if (e->parameter[0] != '\0')
		return has_word(parameters, e->parameter);
	return e->least == 0 ||
	       is_at_least(parameters + strspn(parameters, " \t"), e->least);
}
