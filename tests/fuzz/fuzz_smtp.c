/* SPDX-License-Identifier: BSD-3-Clause */
/* The dialogue of a probe against any bytes: it ends, it ends in the same way
 * however a turn is split, and its texts for people are printable.
 * Method: libFuzzer.  The input is the server's side.  A 0xff byte, which no
 * transcript needs, ends a turn of the server. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smtp.h"

#define END_OF_TURN 0xff

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
replay(struct smtp_dialogue *d, const uint8_t *data, size_t size,
       size_t portion)
{
	size_t at = 0;

	smtp_start(d, "lb.example.net");
	while (at < size) {
		if (data[at] == END_OF_TURN) {
			smtp_sent(d);
			at++;
			continue;
		}
		size_t n = 1;
		while (n < portion && at + n < size &&
		       data[at + n] != END_OF_TURN)
			n++;
		smtp_feed(d, data + at, n);
		at += n;
		require(d->out_bytes <= sizeof(d->out));
		require(d->line_bytes <= SMTP_LINE_BYTES_MAX);
		require(d->reply_bytes <= SMTP_REPLY_BYTES_MAX);
	}
	smtp_timeout(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_dialogue whole, split;

	replay(&whole, data, size, SIZE_MAX);
	replay(&split, data, size, 1 + size % 5);
	require(smtp_over(&whole) && smtp_over(&split));
	require(whole.verdict != REASON_NONE);
	require(whole.verdict == split.verdict);
	require(whole.code == split.code);
	require(strcmp(whole.text, split.text) == 0);
	for (const char *c = whole.text; *c != '\0'; c++)
		require(*c >= ' ' && *c <= '~');
	return 0;
}
