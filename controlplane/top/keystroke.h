/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_KEYSTROKE_H
#define MX_KEYSTROKE_H

/* What was typed: characters, and keys that a terminal sends as sequences.
 * Threads    any. */
#include <stddef.h>

/* A key is a byte, or one of these. */
enum keystroke {
	KEY_NONE = 256, /* a sequence of no meaning here */
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_BACK_TAB,
	KEY_ESCAPE,
};

#define KEY_ENTER '\n'
#define KEY_TAB '\t'
#define KEY_BACKSPACE 0x7f
#define KEY_REDRAW 0x0c /* Ctrl-L */

/* Read one key of bytes[0..count).  Returns how many bytes it has; 0 if more must
 * come: a sequence that is not whole, or a lone escape character.  The caller
 * takes the latter for the key after a moment. */
size_t keystroke_read(const char *bytes, size_t count, int *key);

#endif /* MX_KEYSTROKE_H */
