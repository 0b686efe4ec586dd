/* SPDX-License-Identifier: BSD-3-Clause */
/* The pace of TLS finds what a server lacks, at any ratio of `tls-every` to
 * `interval`: TLS that fails hides no lack of work, and no lack of TLS is
 * forgotten between handshakes.
 * Method: whole dialogues with a server that is four bools, check after check,
 * and the health that comes of them; no sockets. */
#include <stdio.h>
#include <string.h>

#include "health.h"
#include "runner.h"
#include "tlspace.h"

#define INTERVAL_MS 1000
#define FALL 3

struct server {
	bool has_tls;   /* its handshakes succeed */
	bool needs_tls; /* it takes no MAIL without */
	bool works;     /* it takes the recipient */
	bool is_busy;   /* it says "try later" to MAIL */
};

static struct server server;
static struct mx_config_check check;
static struct tlspace pace;
static struct health health;
static uint64_t now_ms;
static uint32_t handshakes; /* begun */
static struct check_end last;

static void
setup(void)
{
	server = (struct server){.has_tls = true, .works = true};
	check = (struct mx_config_check){.type = MX_CHECK_SMTP,
					 .starttls = MX_STARTTLS_TRY,
					 .tls_every_ms = INTERVAL_MS,
					 .helo = "lb.example.net"};
	strcpy(check.probe_recipient, "probe@example.net");
	pace = (struct tlspace){.done = false};
	health = (struct health){.state = HEALTH_DOWN};
	now_ms = 0;
	handshakes = 0;
}

static const char *
reply_to(const struct smtp_dialogue *d)
{
	const bool may_mail = d->secured || !server.needs_tls;

	if (strncmp(d->out, "EHLO", 4) == 0)
		return d->secured ? "250 mta1\r\n"
				  : "250-mta1\r\n250 STARTTLS\r\n";
	if (strncmp(d->out, "STARTTLS", 8) == 0)
		return "220 go\r\n";
	if (strncmp(d->out, "MAIL", 4) == 0)
		return !may_mail        ? "530 TLS first\r\n"
		       : server.is_busy ? "451 later\r\n"
					: "250 ok\r\n";
	if (strncmp(d->out, "RCPT", 4) == 0)
		return server.works ? "250 ok\r\n" : "550 nobody\r\n";
	return d->out[0] == 'Q' ? "221 bye\r\n" : "250 ok\r\n";
}

static void
converse(struct smtp_dialogue *d)
{
	smtp_feed(d, "220 mta1\r\n", 10);
	while (!smtp_over(d)) {
		if (smtp_wants_tls(d)) {
			handshakes++;
			if (server.has_tls)
				smtp_secured(d, false);
			else
				smtp_break(d, REASON_TLS_FAILED, "alert");
			continue;
		}
		const char *reply = reply_to(d);
		smtp_sent(d);
		smtp_feed(d, reply, strlen(reply));
	}
}

static void
run(uint32_t checks)
{
	const struct health_policy policy = {.passes_to_rise = 1,
					     .fails_to_fall = FALL};

	for (uint32_t i = 0; i < checks; i++, now_ms += INTERVAL_MS) {
		const bool in_doubt = health_in_doubt(&health) ||
				      last.verdict == VERDICT_SOFT;
		const struct smtp_plan plan = {
			.check = &check,
			.thorough = tlspace_is_due(
				&pace, now_ms, check.tls_every_ms, in_doubt),
			.plain = tlspace_rests(&pace),
			.known_mark = pace.mark,
		};
		struct smtp_dialogue d;

		smtp_start(&d, &plan);
		converse(&d);
		last = (struct check_end){.verdict = smtp_verdict(&d),
					  .reason = d.verdict};
		tlspace_take(&pace, &d, now_ms, &last);
		health_step(&health, &policy, last.verdict);
	}
}

static const uint32_t paces_ms[] = {1, INTERVAL_MS, 2 * INTERVAL_MS,
				    60 * INTERVAL_MS};
#define PACES ((int)(sizeof(paces_ms) / sizeof(paces_ms[0])))

/* What becomes of each kind of server, at each pace: first well, then so. */
static const struct {
	struct server server;
	enum health_state becomes;
	enum reason reason; /* at the end */
} kinds[] = {
	{{true, false, true, false}, HEALTH_UP, REASON_OK},
	{{true, true, true, false}, HEALTH_UP, REASON_OK},
	{{true, false, false, false}, HEALTH_DOWN, REASON_RCPT_REFUSED},
	{{false, false, true, false}, HEALTH_UP, REASON_TLS_FAILED},
	{{false, false, false, false}, HEALTH_DOWN, REASON_RCPT_REFUSED},
	/* Who wants TLS for MAIL and has none takes no mail. */
	{{false, true, true, false}, HEALTH_DOWN, REASON_TLS_FAILED},
	{{false, true, false, false}, HEALTH_DOWN, REASON_TLS_FAILED},
};
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

START_TEST(no_lack_is_hidden_at_any_pace)
{
	check.tls_every_ms = paces_ms[_i % PACES];
	run(3);
	ck_assert_int_eq(health.state, HEALTH_UP);
	server = kinds[_i / PACES].server;
	/* A lack of TLS alone is seen at the pace of TLS. */
	run(70);
	ck_assert_int_eq(health.state, kinds[_i / PACES].becomes);
	ck_assert_int_eq(last.reason, kinds[_i / PACES].reason);
	/* And it is forgotten when all is well. */
	server = (struct server){.has_tls = true, .works = true};
	run(70);
	ck_assert_int_eq(health.state, HEALTH_UP);
	ck_assert_int_eq(last.reason, REASON_OK);
}
END_TEST

/* A server that comes up so, and was never well. */
START_TEST(no_lack_is_hidden_from_the_start)
{
	check.tls_every_ms = paces_ms[_i % PACES];
	server = kinds[_i / PACES].server;
	run(10);
	ck_assert_int_eq(health_serves(&health),
			 kinds[_i / PACES].becomes == HEALTH_UP);
	ck_assert_int_eq(last.reason, kinds[_i / PACES].reason);
}
END_TEST

START_TEST(a_server_that_needs_tls_no_longer_is_up_again)
{
	run(3);
	server = (struct server){.needs_tls = true, .works = true};
	run(10);
	ck_assert_int_eq(health.state, HEALTH_DOWN);
	server.needs_tls = false;
	run(10);
	ck_assert_int_eq(health.state, HEALTH_UP);
	ck_assert_int_eq(last.verdict, VERDICT_DEGRADED);
}
END_TEST

START_TEST(try_later_keeps_the_pace)
{
	check.tls_every_ms = 60 * INTERVAL_MS;
	run(3);
	server.is_busy = true;
	handshakes = 0;
	run(50);
	ck_assert_int_eq(last.reason, REASON_MAIL_LATER);
	ck_assert_uint_eq(handshakes, 0);
	run(70);
	ck_assert_uint_le(handshakes, 3);
	server.is_busy = false;
	run(1);
	ck_assert_int_eq(last.reason, REASON_OK);
}
END_TEST

START_TEST(handshakes_that_fail_keep_the_pace)
{
	check.tls_every_ms = 10 * INTERVAL_MS;
	server.has_tls = false;
	run(100);
	ck_assert_uint_ge(handshakes, 9);
	ck_assert_uint_le(handshakes, 11);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tlspace");
	TCase *t = tcase_create("tlspace");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, no_lack_is_hidden_at_any_pace, 0, KINDS * PACES);
	tcase_add_loop_test(t, no_lack_is_hidden_from_the_start, 0,
			    KINDS * PACES);
	tcase_add_test(t, a_server_that_needs_tls_no_longer_is_up_again);
	tcase_add_test(t, try_later_keeps_the_pace);
	tcase_add_test(t, handshakes_that_fail_keep_the_pace);
	suite_add_tcase(s, t);
	return s;
}
