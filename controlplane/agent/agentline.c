/* SPDX-License-Identifier: BSD-3-Clause */
#include "agentline.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* One word of a line, in the line. */
struct word {
	const char *at;
	size_t length;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

void
agentline_print(char *text, size_t size, const char *bytes, size_t length)
{
	size_t i = 0;

	for (; i < length && i < size - 1; i++)
		text[i] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?';
	text[i] = '\0';
}

int
agentline_length(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] == '\n' || bytes[i] == '\r')
			return (int)i;
	return -1;
}

static bool
word_is(const struct word *word, const char *name)
{
	return strlen(name) == word->length &&
	       strncasecmp(word->at, name, word->length) == 0;
}

/* Take a prefix off the word.  Returns whether the word has it. */
static bool
take_prefix(struct word *word, const char *prefix)
{
	const size_t length = strlen(prefix);

	if (word->length < length || strncasecmp(word->at, prefix, length) != 0)
		return false;
	word->at += length;
	word->length -= length;
	return true;
}

/* Take the digits at the beginning of the word.  A number that is too large
 * becomes UINT32_MAX.  Returns whether there are digits. */
static bool
take_number(struct word *word, uint32_t *number)
{
	const size_t before = word->length;
	uint64_t value = 0;

	while (word->length > 0 && is_digit(*word->at)) {
		value = value * 10 + (uint64_t)(*word->at - '0');
		if (value > UINT32_MAX)
			value = UINT32_MAX;
		word->at++;
		word->length--;
	}
	*number = (uint32_t)value;
	return word->length < before;
}

/* up, down, ready and the like. */
static bool
read_state(struct agentline *line, const struct word *word)
{
	static const struct {
		const char *name;
		bool is_admin;
		bool down;
		enum admin_state admin;
	} states[] = {
		{"up", false, .down = false},
		{"down", false, .down = true},
		{"fail", false, .down = true},
		{"stopped", false, .down = true},
		{"ready", true, .admin = ADMIN_READY},
		{"drain", true, .admin = ADMIN_DRAIN},
		{"maint", true, .admin = ADMIN_MAINT},
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (!word_is(word, states[i].name))
			continue;
		if (states[i].is_admin) {
			line->says_admin = true;
			line->admin = states[i].admin;
		} else {
			line->says_health = true;
			line->down = states[i].down;
		}
		return true;
	}
	return false;
}

/* NN%, weight:NN% or weight:NN.  HAProxy clamps a large percentage, and refuses
 * a large weight. */
static bool
read_weight(struct agentline *line, struct word word)
{
	const bool named = take_prefix(&word, "weight:");
	uint32_t number;

	if (!take_number(&word, &number))
		return false;
	if (word_is(&word, "%")) {
		line->says_percent = true;
		line->says_weight = false;
		line->percent = number < AGENTLINE_PERCENT_MAX
					? (uint16_t)number
					: AGENTLINE_PERCENT_MAX;
		return true;
	}
	if (!named || word.length > 0 || number > AGENTLINE_WEIGHT_MAX)
		return false;
	line->says_percent = false;
	line->says_weight = true;
	line->weight = (uint16_t)number;
	return true;
}

static bool
read_sessions(struct agentline *line, struct word word)
{
	uint32_t number;

	if (!take_prefix(&word, "maxconn:") || !take_number(&word, &number) ||
	    word.length > 0)
		return false;
	line->says_sessions = true;
	line->sessions_max = number;
	return true;
}

static void
read_word(struct agentline *line, const struct word *word)
{
	if (!read_state(line, word) && !read_weight(line, *word) &&
	    !read_sessions(line, *word) && line->fault[0] == '\0')
		agentline_print(line->fault, sizeof(line->fault), word->at,
				word->length);
}

void
agentline_parse(struct agentline *line, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	const char *at = bytes;

	assert(length < AGENTLINE_BYTES_MAX);
	memset(line, 0, sizeof(*line));
	if (memchr(bytes, '\0', length) != NULL) {
		agentline_print(line->fault, sizeof(line->fault), bytes,
				length);
		return;
	}
	while (at < end && *at != '#') {
		if (is_separator(*at)) {
			at++;
			continue;
		}
		struct word word = {.at = at};
		while (at < end && !is_separator(*at))
			at++;
		word.length = (size_t)(at - word.at);
		read_word(line, &word);
	}
	while (at < end && (*at == '#' || *at == ' ' || *at == '\t'))
		at++;
	agentline_print(line->text, sizeof(line->text), at, (size_t)(end - at));
}

bool
agentline_says(const struct agentline *line)
{
	return line->says_health || line->says_admin || line->says_percent ||
	       line->says_weight || line->says_sessions;
}
