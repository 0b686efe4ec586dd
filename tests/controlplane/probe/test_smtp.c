/* SPDX-License-Identifier: BSD-3-Clause */
/* The dialogue of a probe, replayed from transcripts: the server's lines, the
 * probe's lines, and the end.
 * Method: every transcript is fed whole, byte by byte, and in random splits
 * with a fixed seed, and must end in the same way.  Then random bytes are
 * changed, and all three must agree on the end, whatever it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "smtp.h"
#include "transcripts.h"

#define SPLITS 50
#define MUTATIONS 300

#define TRANSCRIPTS (sizeof(transcripts) / sizeof(transcripts[0]))

static struct mx_config_check check = {.type = MX_CHECK_SMTP};
static struct smtp_dialogue d;
static uint64_t seed = 20240503;

static uint32_t
random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % limit;
}

static void
start(const char *helo)
{
	const struct smtp_plan plan = {.check = &check, .thorough = true};

	check = (struct mx_config_check){.type = MX_CHECK_SMTP};
	strcpy(check.helo, helo);
	smtp_start(&d, &plan);
}

static void
start_as(const struct transcript *t)
{
	const struct smtp_plan plan = {.check = &check, .thorough = !t->hasty};

	check = t->check;
	check.type = MX_CHECK_SMTP;
	strcpy(check.helo, "lb.example.net");
	smtp_start(&d, &plan);
}

/* Begin TLS if that is the answer to the turn.  Returns the rest of the answer.
 */
static const char *
secure(const struct transcript *t, const char *out)
{
	if (out[0] != TLS[0])
		return out;
	ck_assert_msg(smtp_wants_tls(&d) && d.out_bytes == 0, "%s", t->about);
	smtp_secured(&d, false);
	return out + 1;
}

static size_t
all_at_once(size_t left)
{
	return left;
}

static size_t
one_byte(size_t left)
{
	return left > 0;
}

static size_t
some_bytes(size_t left)
{
	return left > 0 ? 1 + random_below((uint32_t)left) : 0;
}

static void
feed(const char *in, size_t bytes, size_t (*portion)(size_t left))
{
	for (size_t at = 0; at < bytes;) {
		const size_t n = portion(bytes - at);
		/* A copy of its exact size, so a sanitizer sees over-reads. */
		char *copy = malloc(n);
		memcpy(copy, in + at, n);
		smtp_feed(&d, copy, n);
		free(copy);
		at += n;
	}
}

static size_t
turn_bytes(const struct turn *turn)
{
	return turn->bytes != 0 ? turn->bytes : strlen(turn->in);
}

static void
end(enum ending ending)
{
	if (ending == CLOSES)
		smtp_closed(&d);
	else if (ending == RESETS)
		smtp_reset(&d);
	else if (ending == SILENT)
		smtp_timeout(&d);
}

static void
replay(const struct transcript *t, size_t (*portion)(size_t left))
{
	start_as(t);
	for (int i = 0; i < TURNS_MAX && t->turn[i].in != NULL; i++) {
		const struct turn *turn = &t->turn[i];

		ck_assert_msg(!smtp_over(&d), "%s: over at turn %d", t->about,
			      i);
		feed(turn->in, turn_bytes(turn), portion);
		const char *out = secure(t, turn->out);
		ck_assert_msg(d.out_bytes == strlen(out) &&
				      memcmp(d.out, out, d.out_bytes) == 0,
			      "%s: turn %d: '%.*s'", t->about, i,
			      (int)d.out_bytes, d.out);
		smtp_sent(&d);
	}
	ck_assert_msg(smtp_over(&d) == (t->ending == STAYS), "%s", t->about);
	end(t->ending);
	ck_assert_msg(smtp_over(&d), "%s", t->about);
	ck_assert_msg(d.verdict == t->verdict, "%s: %s", t->about,
		      reason_name(d.verdict));
	ck_assert_msg(strcmp(d.text, t->text) == 0, "%s: '%s'", t->about,
		      d.text);
}

START_TEST(every_transcript_ends_as_it_should_however_it_is_split)
{
	for (size_t i = 0; i < TRANSCRIPTS; i++) {
		replay(&transcripts[i], all_at_once);
		replay(&transcripts[i], one_byte);
		for (int split = 0; split < SPLITS; split++)
			replay(&transcripts[i], some_bytes);
	}
}
END_TEST

/* Feed the turns of a transcript, one byte of one turn changed. */
static struct smtp_dialogue
replay_changed(const struct transcript *t, uint32_t place, char byte,
	       size_t (*portion)(size_t left))
{
	static char in[4096];

	start_as(t);
	for (int i = 0; i < TURNS_MAX && t->turn[i].in != NULL; i++) {
		const size_t bytes = turn_bytes(&t->turn[i]);

		memcpy(in, t->turn[i].in, bytes);
		if (place % TURNS_MAX == (uint32_t)i && bytes > 0)
			in[place / TURNS_MAX % bytes] = byte;
		feed(in, bytes, portion);
		smtp_sent(&d);
		if (smtp_wants_tls(&d))
			smtp_secured(&d, false);
		smtp_sent(&d);
	}
	smtp_timeout(&d);
	return d;
}

START_TEST(a_changed_byte_never_makes_splits_disagree)
{
	for (size_t i = 0; i < TRANSCRIPTS; i++) {
		for (int m = 0; m < MUTATIONS; m++) {
			const uint32_t place = random_below(10000);
			const char byte = (char)random_below(256);
			const struct smtp_dialogue a = replay_changed(
				&transcripts[i], place, byte, all_at_once);
			const struct smtp_dialogue b = replay_changed(
				&transcripts[i], place, byte, some_bytes);

			ck_assert(smtp_over(&a) && smtp_over(&b));
			ck_assert_int_ne(a.verdict, REASON_NONE);
			ck_assert_int_eq(a.verdict, b.verdict);
			ck_assert_str_eq(a.text, b.text);
		}
	}
}
END_TEST

/* A reply line of so many bytes before its LF, at most 4096. */
static void
feed_line(const char *head, size_t bytes)
{
	static char line[4096];

	memset(line, 'x', sizeof(line));
	memcpy(line, head, strlen(head));
	line[bytes] = '\n';
	feed(line, bytes + 1, all_at_once);
}

START_TEST(a_line_may_be_as_long_as_the_limit_and_no_longer)
{
	start("lb.example.net");
	feed_line("220 ", SMTP_LINE_BYTES_MAX);
	ck_assert_int_eq(d.phase, SMTP_EHLO);
	smtp_sent(&d);
	smtp_timeout(&d);
	ck_assert_uint_eq(strlen(d.text), REASON_REPLY_MAX - 1);

	start("lb.example.net");
	feed_line("220 ", SMTP_LINE_BYTES_MAX + 1);
	ck_assert_int_eq(d.verdict, REASON_LINE_TOO_LONG);
}
END_TEST

START_TEST(a_reply_may_have_as_many_lines_as_the_limit_and_no_more)
{
	for (size_t extra = 0; extra <= 1; extra++) {
		start("lb.example.net");
		for (size_t i = 1; i < SMTP_REPLY_LINES_MAX + extra; i++)
			feed_line("220-", 10);
		feed_line("220 ", 10);
		ck_assert_int_eq(d.verdict, extra == 0 ? REASON_NONE
						       : REASON_REPLY_TOO_LONG);
	}
}
END_TEST

START_TEST(a_reply_may_have_as_many_bytes_as_the_limit_and_no_more)
{
	const size_t line_bytes = 2048; /* with LF: 32 lines are the limit */

	for (size_t extra = 0; extra <= 1; extra++) {
		start("lb.example.net");
		for (size_t i = 1; i < SMTP_REPLY_BYTES_MAX / line_bytes; i++)
			feed_line("220-", line_bytes - 1);
		feed_line("220 ", line_bytes - 1 + extra);
		ck_assert_int_eq(d.verdict, extra == 0 ? REASON_NONE
						       : REASON_REPLY_TOO_LONG);
	}
}
END_TEST

START_TEST(the_limits_are_of_one_reply_not_of_the_dialogue)
{
	start("lb.example.net");
	for (int reply = 0; reply < 2; reply++) {
		for (int i = 1; i < SMTP_REPLY_LINES_MAX; i++)
			feed_line("250-", 400);
		feed_line("250 ", 400);
		smtp_sent(&d);
	}
	ck_assert_int_eq(d.phase, SMTP_QUIT);
	ck_assert_int_eq(d.verdict, REASON_OK);
}
END_TEST

START_TEST(the_longest_name_fits_into_a_command)
{
	char name[MX_HOSTNAME_MAX];
	char expected[MX_HOSTNAME_MAX + 8];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(expected, sizeof(expected), "EHLO %s\r\n", name);
	start(name);
	smtp_feed(&d, "220 x\n", 6);
	ck_assert_uint_eq(d.out_bytes, strlen(expected));
	ck_assert_mem_eq(d.out, expected, d.out_bytes);
}
END_TEST

START_TEST(an_end_is_final)
{
	start("lb.example.net");
	smtp_timeout(&d);
	smtp_closed(&d);
	smtp_reset(&d);
	smtp_feed(&d, "220 x\r\n", 7);
	ck_assert_int_eq(d.verdict, REASON_BANNER_TIMEOUT);
	ck_assert_uint_eq(d.out_bytes, 0);
}
END_TEST

START_TEST(every_reason_has_a_name_of_its_own)
{
	for (int a = 0; a < REASON_COUNT; a++) {
		ck_assert_uint_gt(strlen(reason_text((enum reason)a)), 0);
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(reason_name((enum reason)a),
					 reason_name((enum reason)b));
	}
	ck_assert_int_eq(reason_kind(REASON_NO_GOODBYE), REASON_PASSES);
	ck_assert_int_eq(reason_kind(REASON_LOCAL_FAULT), REASON_SAYS_NOTHING);
	ck_assert_int_eq(reason_kind(REASON_EARLY_DATA), REASON_FAILS);
}
END_TEST

START_TEST(lack_of_tls_is_worse_if_tls_is_required)
{
	static const struct {
		enum mx_check_type type;
		enum mx_starttls starttls;
		enum verdict verdict;
	} cases[] = {
		{MX_CHECK_SMTP, MX_STARTTLS_TRY, VERDICT_DEGRADED},
		{MX_CHECK_SMTP, MX_STARTTLS_REQUIRE, VERDICT_DOWN},
		{MX_CHECK_SMTPS, MX_STARTTLS_OFF, VERDICT_DOWN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct smtp_plan plan = {.check = &check,
					       .thorough = true};

		check = (struct mx_config_check){.type = cases[i].type,
						 .starttls = cases[i].starttls};
		smtp_start(&d, &plan);
		smtp_flaw(&d, REASON_CERTIFICATE, "expired");
		ck_assert_int_eq(smtp_verdict(&d), VERDICT_DEGRADED);
		smtp_break(&d, REASON_TLS_FAILED, "no shared cipher");
		ck_assert_int_eq(smtp_verdict(&d), cases[i].verdict);
		ck_assert_str_eq(d.text, cases[i].verdict == VERDICT_DOWN
						 ? "no shared cipher"
						 : "expired");
	}
}
END_TEST

START_TEST(smtps_has_tls_first_and_the_banner_inside)
{
	const struct smtp_plan plan = {.check = &check, .thorough = true};

	check = (struct mx_config_check){.type = MX_CHECK_SMTPS,
					 .helo = "lb.example.net"};
	smtp_start(&d, &plan);
	ck_assert(smtp_wants_tls(&d));
	ck_assert_uint_eq(d.out_bytes, 0);
	smtp_secured(&d, false);
	feed("220 a\r\n", 7, all_at_once);
	ck_assert_uint_eq(d.out_bytes, strlen(EHLO));
	smtp_sent(&d);
	/* Inside TLS it makes no difference what is offered. */
	feed("250-a\r\n250 STARTTLS\r\n", 21, all_at_once);
	ck_assert_int_eq(d.phase, SMTP_QUIT);
	ck_assert_int_eq(d.verdict, REASON_OK);
}
END_TEST

START_TEST(a_hasty_check_of_known_words_leaves_tls_out)
{
	static const char words[] = "250-a\r\n250 STARTTLS\r\n";
	struct smtp_plan plan = {.check = &check, .thorough = true};

	check = (struct mx_config_check){.starttls = MX_STARTTLS_TRY,
					 .type = MX_CHECK_SMTP};
	for (int round = 0; round < 3; round++) {
		smtp_start(&d, &plan);
		/* In round 2 another host greets. */
		feed(round < 2 ? "220 a x\r\n" : "220 b x\r\n", 9, all_at_once);
		smtp_sent(&d);
		feed(words, strlen(words), all_at_once);
		ck_assert_int_eq(d.phase,
				 round == 1 ? SMTP_QUIT : SMTP_STARTTLS);
		ck_assert(d.thorough == (round != 1));
		plan.thorough = false;
		plan.known_mark = smtp_mark(&d);
	}
}
END_TEST

START_TEST(mail_that_needs_tls_brings_tls_into_a_hasty_check)
{
	struct smtp_plan plan = {.check = &check, .thorough = true};

	check = (struct mx_config_check){.starttls = MX_STARTTLS_TRY,
					 .type = MX_CHECK_SMTP,
					 .probe_recipient = "a@b"};
	for (int round = 0; round < 2; round++) {
		smtp_start(&d, &plan);
		feed("220 a x\r\n", 9, all_at_once);
		smtp_sent(&d);
		feed("250-a\r\n250 STARTTLS\r\n", 21, all_at_once);
		plan.thorough = false;
		plan.known_mark = smtp_mark(&d);
	}
	ck_assert_int_eq(d.phase, SMTP_MAIL);
	smtp_sent(&d);
	feed("530 first\r\n", 11, all_at_once);
	ck_assert_int_eq(d.phase, SMTP_STARTTLS);
	ck_assert_int_eq(d.verdict, REASON_NONE);
	ck_assert(d.thorough);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("smtp");
	TCase *t = tcase_create("smtp");

	tcase_set_timeout(t, 60);
	tcase_add_test(t,
		       every_transcript_ends_as_it_should_however_it_is_split);
	tcase_add_test(t, a_changed_byte_never_makes_splits_disagree);
	tcase_add_test(t, a_line_may_be_as_long_as_the_limit_and_no_longer);
	tcase_add_test(t,
		       a_reply_may_have_as_many_lines_as_the_limit_and_no_more);
	tcase_add_test(t,
		       a_reply_may_have_as_many_bytes_as_the_limit_and_no_more);
	tcase_add_test(t, the_limits_are_of_one_reply_not_of_the_dialogue);
	tcase_add_test(t, the_longest_name_fits_into_a_command);
	tcase_add_test(t, an_end_is_final);
	tcase_add_test(t, every_reason_has_a_name_of_its_own);
	tcase_add_test(t, lack_of_tls_is_worse_if_tls_is_required);
	tcase_add_test(t, smtps_has_tls_first_and_the_banner_inside);
	tcase_add_test(t, a_hasty_check_of_known_words_leaves_tls_out);
	tcase_add_test(t, mail_that_needs_tls_brings_tls_into_a_hasty_check);
	suite_add_tcase(s, t);
	return s;
}
