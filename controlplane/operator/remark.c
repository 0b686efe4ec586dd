/* SPDX-License-Identifier: BSD-3-Clause */
#include "remark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"

static const char blanks[] = " \t";

/* Read one character of UTF-8 (RFC 3629).  Returns how many bytes it has, or 0
 * if it is none. */
static int
read_character(const unsigned char *text, uint32_t *character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const int length = text[0] < 0x80   ? 1
			   : text[0] < 0xc0 ? 0
			   : text[0] < 0xe0 ? 2
			   : text[0] < 0xf0 ? 3
			   : text[0] < 0xf8 ? 4
					    : 0;

	*character = length <= 1 ? text[0] : text[0] & (0x7fu >> length);
	for (int i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0; /* also at the terminator */
		*character = *character << 6 | (text[i] & 0x3f);
	}
	if (length == 0 || *character < least[length] ||
	    *character > 0x10ffff ||
	    (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return length;
}

/* Characters that act on the text around them, or begin a line. */
static bool
is_control(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},       {0x7f, 0x9f},
		{0xad, 0xad},       /* soft hyphen */
		{0x61c, 0x61c},     /* Arabic letter mark */
		{0x200b, 0x200f},   /* of no width; directions */
		{0x2028, 0x202e},   /* lines, paragraphs; directions */
		{0x2060, 0x206f},   /* of no width; directions */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff9, 0xfffb},   /* interlinear notes */
		{0xe0000, 0xe007f}, /* tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

bool
remark_is_text(const char *text)
{
	uint32_t character;

	if (strlen(text) >= REMARK_TEXT_MAX)
		return false;
	while (*text != '\0') {
		const int length =
			read_character((const unsigned char *)text, &character);
		if (length == 0 || is_control(character))
			return false;
		text += length;
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
	const int length =
		read_character((const unsigned char *)text, &character);
	const bool is_dash = character == '-' ||
			     (character >= 0x2010 && character <= 0x2015) ||
			     character == 0x2212; /* minus */

	return length > 0 && is_dash ? (size_t)length : 0;
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
