/* SPDX-License-Identifier: BSD-3-Clause */
/* The reply of a server that `doctor mail` shows to a person, against any bytes:
 * it is the same however it is split, printable, within its limits, and the
 * addresses in it are found or not, without harm.
 * Method: libFuzzer.  The input is what the server sends. */
#include <stdlib.h>
#include <string.h>

#include "sighting.h"
#include "smtpreply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Feed it in portions.  Returns how many bytes it took. */
static size_t
replay(struct smtpreply *reply, const char *bytes, size_t size, size_t portion)
{
	size_t at = 0;

	smtpreply_begin(reply);
	while (at < size) {
		const size_t left = size - at;
		const size_t count = left < portion ? left : portion;
		const size_t taken = smtpreply_feed(reply, bytes + at, count);

		at += taken;
		if (taken < count || reply->whole || reply->fault != NULL)
			break;
	}
	return at;
}

static void
require_printable(const struct smtpreply *reply)
{
	require(reply->text_bytes < sizeof(reply->text));
	for (size_t i = 0; i < reply->text_bytes; i++) {
		const char c = reply->text[i];

		require((c >= ' ' && c <= '~') || c == '\n');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct smtpreply whole, split;
	const char *bytes = (const char *)data;
	struct mx_addr seen;

	const size_t taken = replay(&whole, bytes, size, SIZE_MAX);
	require(replay(&split, bytes, size, 1 + size % 5) == taken);
	require(memcmp(&whole, &split, sizeof(whole)) == 0);
	require(taken == size || whole.whole || whole.fault != NULL);
	require(!whole.whole || (whole.code >= 200 && whole.code <= 599));
	require(whole.lines <= SMTP_REPLY_LINES_MAX);
	require_printable(&whole);
	require(smtpreply_first_line(&whole) <= (int)whole.text_bytes);
	smtpreply_offers(&whole, "STARTTLS");
	sighting_in_hello(whole.text, &seen);
	sighting_in_received(whole.text, &seen);
	sighting_in_refusal(whole.text, &seen);
	return 0;
}
