/* SPDX-License-Identifier: BSD-3-Clause */
#include "remark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "character.h"
#include "duration.h"

static const char blanks[] = " \t";

bool
remark_is_text(const char *text)
{
	if (strlen(text) >= REMARK_TEXT_MAX)
		return false;
	while (*text != '\0') {
		const unsigned bytes = character_shown_bytes(text);
		if (bytes == 0)
			return false;
		text += bytes;
	}
	return true;
}

/* The first "for" that a number follows, or NULL.  *after: what is behind both
 * words. */
static const char *
find_time(const char *words, const char **number, const char **after)
{
	for (const char *word = words; *word != '\0';) {
		const size_t length = strcspn(word, blanks);
		const char *next =
			word + length + strspn(word + length, blanks);

		if (length == 3 && strncmp(word, "for", 3) == 0 &&
		    *next >= '0' && *next <= '9') {
			*number = next;
			*after = next + strcspn(next, blanks);
			*after += strspn(*after, blanks);
			return word;
		}
		word = next;
	}
	return NULL;
}

/* How many bytes has the hyphen or dash at the beginning of the text?  Some
 * programs make dashes of the hyphens that somebody types. */
static size_t
dash_length(const char *text)
{
	uint32_t character;
	const unsigned length = character_read(text, &character);
	const bool is_dash = character == '-' ||
			     (character >= 0x2010 && character <= 0x2015) ||
			     character == 0x2212; /* minus */

	return length > 0 && is_dash ? length : 0;
}

/* Is a word of the text like an option?  A dash alone is none. */
static bool
has_option(const char *text)
{
	while (*text != '\0') {
		const size_t length = strcspn(text, blanks);
		const size_t dash = dash_length(text);

		if (dash > 0 && dash < length)
			return true;
		text += length + strspn(text + length, blanks);
	}
	return false;
}

/* Copy a piece of the words, without blanks at its end. */
static int
keep_text(const char *begin, const char *end, struct remark *remark,
	  char fault[static REMARK_FAULT_MAX])
{
	while (end > begin && strchr(blanks, end[-1]) != NULL)
		end--;
	if (end - begin >= REMARK_TEXT_MAX) {
		snprintf(fault, REMARK_FAULT_MAX,
			 "the reason has %td bytes, and at most %d are kept: "
			 "make it shorter",
			 end - begin, REMARK_TEXT_MAX - 1);
		return -EINVAL;
	}
	memcpy(remark->text, begin, (size_t)(end - begin));
	remark->text[end - begin] = '\0';
	if (has_option(remark->text)) {
		snprintf(fault, REMARK_FAULT_MAX,
			 "options as --dry-run stand before the reason, and "
			 "no word of a reason begins with a hyphen or dash");
		return -EINVAL;
	}
	if (duration_parse(remark->text) > 0) {
		snprintf(fault, REMARK_FAULT_MAX,
			 "%.24s is no reason; for a time write: for %.24s",
			 remark->text, remark->text);
		return -EINVAL;
	}
	if (remark_is_text(remark->text))
		return 0;
	snprintf(fault, REMARK_FAULT_MAX,
		 "the reason is not plain text in UTF-8: it has a character "
		 "that cannot be printed");
	return -EINVAL;
}

static int
keep_time(const char *number, struct remark *remark,
	  char fault[static REMARK_FAULT_MAX])
{
	char time[24] = "";
	const size_t length = strcspn(number, blanks);

	if (length < sizeof(time))
		memcpy(time, number, length);
	remark->for_s = duration_parse(time);
	if (remark->for_s > 0)
		return 0;
	snprintf(fault, REMARK_FAULT_MAX,
		 "'for %.*s' is no time; expected for 90s, 10m, 2h, 7d or "
		 "1h30m, 1s to 366d",
		 length > 24 ? 24 : (int)length, number);
	return -EINVAL;
}

int
remark_parse(const char *words, struct remark *remark,
	     char fault[static REMARK_FAULT_MAX])
{
	const char *number, *after, *more, *end;

	words += strspn(words, blanks);
	*remark = (struct remark){.for_s = 0};
	const char *time = find_time(words, &number, &after);
	if (time == NULL)
		return keep_text(words, words + strlen(words), remark, fault);
	if (keep_time(number, remark, fault) != 0)
		return -EINVAL;
	if ((time != words && *after != '\0') ||
	    find_time(after, &more, &end) != NULL) {
		snprintf(fault, REMARK_FAULT_MAX,
			 "'for TIME' stands once, before the reason or behind "
			 "it");
		return -EINVAL;
	}
	return time == words
		       ? keep_text(after, after + strlen(after), remark, fault)
		       : keep_text(words, time, remark, fault);
}
