/* SPDX-License-Identifier: BSD-3-Clause */
#include "keystroke.h"

#include <string.h>

#define ESCAPE '\033'

/* A sequence that goes on for longer is none. */
#define SEQUENCE_MAX 16

static const struct {
	const char *text; /* behind the escape character */
	int key;
} sequences[] = {
	/* clang-format off */
	{"[A", KEY_UP},         {"OA", KEY_UP},
	{"[B", KEY_DOWN},       {"OB", KEY_DOWN},
	{"[C", KEY_RIGHT},      {"OC", KEY_RIGHT},
	{"[D", KEY_LEFT},       {"OD", KEY_LEFT},
	{"[H", KEY_HOME},       {"OH", KEY_HOME},
	{"[1~", KEY_HOME},      {"[7~", KEY_HOME},
	{"[F", KEY_END},        {"OF", KEY_END},
	{"[4~", KEY_END},       {"[8~", KEY_END},
	{"[5~", KEY_PAGE_UP},   {"[6~", KEY_PAGE_DOWN},
	{"[Z", KEY_BACK_TAB},
	/* clang-format on */
};

/* The bytes of a sequence of ECMA-48 behind the escape character: parameters, and
 * one byte that ends it.  0: more must come. */
static size_t
sequence_length(const char *bytes, size_t count)
{
	if (bytes[0] == 'O') /* SS3: one byte follows */
		return count > 1 ? 2 : 0;
	for (size_t i = 1; i < count && i < SEQUENCE_MAX; i++)
		if (bytes[i] >= 0x40 && bytes[i] <= 0x7e)
			return i + 1;
	return count < SEQUENCE_MAX ? 0 : SEQUENCE_MAX;
}

size_t
keystroke_read(const char *bytes, size_t count, int *key)
{
	if (count == 0 || (bytes[0] == ESCAPE && count == 1))
		return 0;
	if (bytes[0] != ESCAPE) {
		*key = bytes[0] == '\r' ? KEY_ENTER : (unsigned char)bytes[0];
		if (*key == '\b')
			*key = KEY_BACKSPACE;
		return 1;
	}
	if (bytes[1] != '[' && bytes[1] != 'O') {
		*key = KEY_ESCAPE;
		return 1;
	}
	const size_t length = sequence_length(bytes + 1, count - 1);
	if (length == 0)
		return 0;
	*key = KEY_NONE;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (strlen(sequences[i].text) == length &&
		    memcmp(sequences[i].text, bytes + 1, length) == 0)
			*key = sequences[i].key;
	return 1 + length;
}
