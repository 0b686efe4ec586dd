/* SPDX-License-Identifier: BSD-3-Clause */
/* The dialogue of a probe against any bytes: it ends, it ends in the same way
 * however a turn is split, its texts for people are printable, and no byte that
 * comes between STARTTLS and TLS is believed.
 * Method: libFuzzer.  The first byte of the input says what is checked, and the
 * rest is the server's side.  Three bytes that no transcript needs: 0xff ends a
 * turn of the server, 0xfe is a TLS handshake that succeeds, 0xfd is one that
 * resumes a session. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smtp.h"

#define END_OF_TURN 0xff
#define HANDSHAKE 0xfe
#define RESUMPTION 0xfd

/* Bits of the first byte. */
#define SMTPS 1
#define STARTTLS 2
#define REQUIRED 4
#define RECIPIENT 8
#define EXPECTS 16
#define HASTY 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static struct mx_config_check
check_of(uint8_t bits)
{
	struct mx_config_check check = {
		.type = bits & SMTPS ? MX_CHECK_SMTPS : MX_CHECK_SMTP,
		.helo = "lb.example.net",
	};

	if ((bits & STARTTLS) && !(bits & SMTPS))
		check.starttls =
			bits & REQUIRED ? MX_STARTTLS_REQUIRE : MX_STARTTLS_TRY;
	if (bits & RECIPIENT)
		strcpy(check.probe_recipient, "probe@example.net");
	if (bits & EXPECTS)
		require(expectation_parse(
				"SIZE>=1000",
				&check.expect[check.expect_count++]) == 0);
	return check;
}

static void
feed(struct smtp_dialogue *d, const uint8_t *data, size_t size)
{
	const bool wanted_tls = smtp_wants_tls(d);

	smtp_feed(d, data, size);
	require(!wanted_tls || smtp_over(d));
	require(d->out_bytes <= sizeof(d->out));
	require(d->line_bytes <= SMTP_LINE_BYTES_MAX);
	require(d->reply_bytes <= SMTP_REPLY_BYTES_MAX);
	require(!smtp_wants_tls(d) || d->out_bytes == 0);
}

static void
replay(struct smtp_dialogue *d, const struct smtp_plan *plan,
       const uint8_t *data, size_t size, size_t portion)
{
	size_t at = 0;

	smtp_start(d, plan);
	while (at < size) {
		if (data[at] == END_OF_TURN) {
			smtp_sent(d);
			at++;
			continue;
		}
		if (data[at] >= RESUMPTION) {
			if (smtp_wants_tls(d))
				smtp_secured(d, data[at] == RESUMPTION);
			at++;
			continue;
		}
		size_t n = 1;
		while (n < portion && at + n < size &&
		       data[at + n] < RESUMPTION)
			n++;
		feed(d, data + at, n);
		at += n;
	}
	smtp_timeout(d);
}

static void
require_printable(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		require((*c >= ' ' && *c <= '~') || *c == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct smtp_dialogue whole, split;

	if (size == 0)
		return 0;
	const struct mx_config_check check = check_of(data[0]);
	const struct smtp_plan plan = {.check = &check,
				       .thorough = (data[0] & HASTY) == 0};

	replay(&whole, &plan, data + 1, size - 1, SIZE_MAX);
	replay(&split, &plan, data + 1, size - 1, 1 + size % 5);
	require(smtp_over(&whole) && smtp_over(&split));
	require(whole.verdict != REASON_NONE);
	require(whole.verdict == split.verdict);
	require(strcmp(whole.text, split.text) == 0);
	require(smtp_mark(&whole) == smtp_mark(&split));
	require_printable(whole.text);
	require_printable(whole.ehlo.words);
	require_printable(whole.ehlo_tls.words);
	/* Nothing passes that never came to TLS and had to. */
	if (check.type == MX_CHECK_SMTPS ||
	    check.starttls == MX_STARTTLS_REQUIRE)
		require(smtp_verdict(&whole) == VERDICT_DOWN ||
			smtp_verdict(&whole) == VERDICT_SOFT || whole.secured ||
			!whole.thorough);
	return 0;
}
