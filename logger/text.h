/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_TEXT_H
#define MX_LOGGER_TEXT_H

/* A text that grows in memory of the caller, without printf(): a log of 200,000
 * lines a second has 5 us for each.  What does not fit is cut, and `cut` says so.
 *
 * Threads    none of its own. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *at;
	char *end; /* behind the last byte that may be written */
	bool cut;
};

static inline void
text_byte(struct text *text, char byte)
{
	if (text->at < text->end)
		*text->at++ = byte;
	else
		text->cut = true;
}

static inline void
text_bytes(struct text *text, const char *bytes, size_t count)
{
	if (count > (size_t)(text->end - text->at)) {
		text->cut = true;
		return;
	}
	memcpy(text->at, bytes, count);
	text->at += count;
}

static inline void
text_string(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

/* A number in decimal, with zeros in front up to `digits`. */
static inline void
text_number(struct text *text, uint64_t number, unsigned digits)
{
	char digit[20];
	unsigned count = 0;

	while (number > 0 || count < digits || count == 0) {
		digit[sizeof(digit) - ++count] = (char)('0' + number % 10);
		number /= 10;
	}
	text_bytes(text, digit + sizeof(digit) - count, count);
}

static inline void
text_hex(struct text *text, uint32_t number)
{
	for (int shift = 28; shift >= 0; shift -= 4)
		text_byte(text, "0123456789abcdef"[number >> shift & 15]);
}

#endif /* MX_LOGGER_TEXT_H */
