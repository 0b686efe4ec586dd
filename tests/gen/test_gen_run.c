/* SPDX-License-Identifier: BSD-3-Clause */
/* The generator against itself: every message arrives once whatever faults the
 * wire has, and the report shows these faults.
 * Method: both ends in one process, a wire with faults between them, made-up
 * time (genrig.h). */
#include <check.h>

#include "genrig.h"
#include "run.h"
#include "runner.h"

static const struct genrig_wire good;
static struct gen_report report;

/* All sessions have completed, and all mail has arrived once. */
static void
check_all_done(const struct gen_options *options)
{
	const struct gen_traffic *traffic = &report.traffic;
	uint64_t sessions = 0, messages = 0;

	ck_assert_uint_eq(traffic->started, options->sessions);
	ck_assert_uint_eq(traffic->ended[GEN_COMPLETED], options->sessions);
	ck_assert_uint_eq(traffic->unfinished, 0);
	ck_assert_uint_eq(traffic->server_messages, traffic->accepted);
	ck_assert_uint_eq(traffic->lost, 0);
	ck_assert_uint_eq(traffic->doubled, 0);
	ck_assert_uint_eq(traffic->damaged, 0);
	ck_assert_uint_eq(traffic->mismatch, 0);
	ck_assert_uint_eq(traffic->odd_replies, 0);
	for (uint16_t i = 0; i < report.backends; i++) {
		sessions += report.backend[i].sessions;
		messages += report.backend[i].messages;
	}
	ck_assert_uint_eq(sessions, options->sessions);
	ck_assert_uint_eq(messages, traffic->accepted);
	ck_assert_msg(report.valid && report.clean, "%s", report.verdict);
}

START_TEST(a_hundred_thousand_sessions_lose_nothing)
{
	const struct gen_options options = genrig_options(100000);

	genrig_run(&options, &good, &report);
	check_all_done(&options);
	ck_assert_uint_eq(report.traffic.accepted, 100000);
	ck_assert_uint_eq(report.client_wire.retransmits, 0);
	ck_assert_uint_eq(report.server_wire.retransmits, 0);
	ck_assert_uint_eq(report.client_wire.stray, 0);
	ck_assert_uint_eq(report.latency[GEN_WHOLE].count, 100000);
	ck_assert_uint_eq(report.reply[GEN_DOT][250 - GEN_CODE_FIRST], 100000);
	ck_assert_uint_le(report.at_once_peak, options.at_once);
}
END_TEST

START_TEST(ipv6_is_the_same)
{
	struct gen_options options = genrig_options(2000);

	genrig_use_ipv6(&options);
	genrig_run(&options, &good, &report);
	check_all_done(&options);
	ck_assert_uint_eq(report.client_wire.retransmits, 0);
}
END_TEST

/* Many frames a message, several messages a session, in groups and not. */
static struct gen_options
big_mail(void)
{
	struct gen_options options = genrig_options(400);

	options.at_once = 50;
	options.mix.size_high = 30000;
	options.mix.messages_high = 3;
	options.mix.recipients_high = 20;
	options.mix.pipelining = 0.5;
	return options;
}

static const struct genrig_wire bad[] = {
	{.lose = 17}, {.lose = 100},
	{.twice = 7}, {.damage = 19},
	{.hold = 11}, {.lose = 23, .twice = 13, .damage = 29, .hold = 7},
};

START_TEST(a_bad_wire_delivers_exactly_once)
{
	const struct gen_options options = big_mail();
	const struct genrig_wire *wire = &bad[_i];
	const struct gen_wire *client = &report.client_wire;
	const struct gen_wire *server = &report.server_wire;

	genrig_run(&options, wire, &report);
	check_all_done(&options);
	/* And the report shows all of it. */
	if (wire->lose > 0 || wire->damage > 0)
		ck_assert_uint_gt(client->retransmits + server->retransmits, 0);
	if (wire->damage > 0)
		ck_assert_uint_gt(client->bad_checksum + server->bad_checksum,
				  0);
	if (wire->twice > 0 || wire->hold > 0)
		ck_assert_uint_gt(client->out_of_order + server->out_of_order,
				  0);
}
END_TEST

START_TEST(forged_segments_end_sessions_and_nothing_else)
{
	struct gen_options options = big_mail();
	const struct genrig_wire wire = {.forge = 5, .lose = 50};
	const struct gen_traffic *traffic = &report.traffic;
	uint64_t ended = 0;

	options.sessions = 2000;
	genrig_run(&options, &wire, &report);
	for (int i = 0; i < GEN_OUTCOMES; i++)
		ended += traffic->ended[i];
	ck_assert_uint_eq(traffic->started, options.sessions);
	ck_assert_uint_eq(ended, options.sessions);
	ck_assert_uint_gt(traffic->ended[GEN_COMPLETED], 0);
	ck_assert_uint_lt(traffic->ended[GEN_COMPLETED], options.sessions);
}
END_TEST

START_TEST(segments_of_others_are_not_answered)
{
	struct gen_options options = big_mail();
	const struct genrig_wire wire = {.others = 2};

	options.sessions = 500;
	genrig_run(&options, &wire, &report);
	check_all_done(&options);
	ck_assert_uint_gt(report.client_wire.stray, 1000);
	ck_assert_uint_gt(report.server_wire.stray, 1000);
	ck_assert_uint_eq(report.client_wire.resets_sent, 0);
	ck_assert_uint_eq(report.server_wire.resets_sent, 0);
}
END_TEST

START_TEST(its_own_losses_are_counted)
{
	struct gen_options options = big_mail();

	options.client.drop_every = 31;
	options.server.drop_every = 37;
	genrig_run(&options, &good, &report);
	check_all_done(&options);
	ck_assert_uint_gt(report.client_wire.injected, 100);
	ck_assert_uint_gt(report.server_wire.injected, 100);
	ck_assert_uint_gt(report.client_wire.retransmits, 0);
	ck_assert_uint_gt(report.server_wire.retransmits, 0);
}
END_TEST

START_TEST(a_wrong_client_address_shows)
{
	struct gen_options options = genrig_options(500);
	const struct genrig_wire wire = {.masquerade = true};

	genrig_run(&options, &wire, &report);
	ck_assert_uint_eq(report.traffic.accepted, 500);
	ck_assert_uint_eq(report.traffic.mismatch, 500);
	ck_assert(report.valid && !report.clean);
	options.seen = GEN_SEEN_NOBODY;
	genrig_run(&options, &wire, &report);
	check_all_done(&options);
}
END_TEST

START_TEST(a_missing_proxy_header_shows)
{
	struct gen_options options = genrig_options(50);

	options.seen = GEN_SEEN_PROXY_V2;
	options.timeout_ms = 5000;
	genrig_run(&options, &good, &report);
	ck_assert_uint_eq(report.traffic.ended[GEN_TIMED_OUT], 50);
	ck_assert_uint_eq(report.traffic.accepted, 0);
	ck_assert_uint_gt(report.client_wire.timeouts, 0);
}
END_TEST

START_TEST(a_lost_and_a_doubled_message_show)
{
	const struct gen_options options = genrig_options(50);
	struct gen *gen = genrig_run_on(&options, &good);

	/* As if one message had not come, and another had come twice. */
	gen->ids.outcome[7] &= (uint8_t)~IDS_ARRIVALS;
	ids_arrived(&gen->ids, 9);
	gen_report_read(gen, &report);
	gen_free(gen);
	ck_assert_uint_eq(report.traffic.lost, 1);
	ck_assert_uint_eq(report.traffic.doubled, 1);
	ck_assert(report.valid && !report.clean);
}
END_TEST

START_TEST(refusals_are_heard_by_phase_and_code)
{
	struct gen_options options = genrig_options(4000);
	const struct gen_traffic *traffic = &report.traffic;
	uint64_t dots = 0;

	options.mix.messages_high = 3;
	options.mix.recipients_high = 5;
	options.mix.pipelining = 0.5;
	options.behaviour.busy = 0.1;
	options.behaviour.refuse4 = 0.1;
	options.behaviour.refuse5 = 0.1;
	genrig_run(&options, &good, &report);
	ck_assert_uint_eq(report.reply[GEN_BANNER][421 - GEN_CODE_FIRST],
			  traffic->ended[GEN_REFUSED]);
	ck_assert_uint_gt(traffic->ended[GEN_REFUSED], 300);
	ck_assert_uint_eq(traffic->ended[GEN_REFUSED] +
				  traffic->ended[GEN_COMPLETED],
			  options.sessions);
	for (int phase = GEN_MAIL; phase <= GEN_RCPT; phase++) {
		ck_assert_uint_gt(report.reply[phase][450 - GEN_CODE_FIRST], 0);
		ck_assert_uint_gt(report.reply[phase][550 - GEN_CODE_FIRST], 0);
	}
	for (uint32_t code = 0; code < GEN_CODES; code++)
		dots += report.reply[GEN_DOT][code];
	ck_assert_uint_eq(report.reply[GEN_DOT][250 - GEN_CODE_FIRST],
			  traffic->accepted);
	ck_assert_uint_gt(dots, traffic->accepted);
	ck_assert_uint_gt(traffic->refused, 0);
	ck_assert_uint_eq(traffic->server_messages, traffic->accepted);
	ck_assert(report.clean);
}
END_TEST

START_TEST(odd_clients_are_of_the_wanted_share)
{
	struct gen_options options = genrig_options(4000);
	const struct gen_traffic *traffic = &report.traffic;

	options.mix.slow = 0.1;
	options.mix.idle = 0.1;
	options.mix.abort = 0.1;
	options.mix.early = 0.1;
	options.behaviour.delay_high_ms = 20;
	genrig_run(&options, &good, &report);
	ck_assert_uint_gt(traffic->ended[GEN_ABORTED], 300);
	ck_assert_uint_lt(traffic->ended[GEN_ABORTED], 500);
	ck_assert_uint_eq(traffic->ended[GEN_ABORTED] +
				  traffic->ended[GEN_COMPLETED],
			  options.sessions);
	/* Sessions that were aborted before could not speak early. */
	ck_assert_uint_gt(traffic->early_talkers, 200);
	ck_assert_uint_lt(traffic->early_talkers, 500);
	/* Idle ones wait for ten seconds, slow ones for one. */
	ck_assert_double_gt(report.latency[GEN_WHOLE].max_us, 10e6);
	ck_assert_double_lt(report.latency[GEN_DOT].p90_us, 1e6);
	ck_assert_uint_eq(traffic->lost, 0);
	ck_assert_uint_eq(traffic->doubled, 0);
}
END_TEST

START_TEST(the_same_seed_makes_the_same_sessions)
{
	struct gen_options options = big_mail();
	uint64_t bytes, replies;

	genrig_run(&options, &good, &report);
	bytes = report.traffic.body_bytes;
	replies = report.reply[GEN_RCPT][250 - GEN_CODE_FIRST];
	genrig_run(&options, &bad[0], &report);
	ck_assert_uint_eq(report.traffic.body_bytes, bytes);
	ck_assert_uint_eq(report.reply[GEN_RCPT][250 - GEN_CODE_FIRST],
			  replies);
	options.seed++;
	genrig_run(&options, &good, &report);
	ck_assert_uint_ne(report.traffic.body_bytes, bytes);
}
END_TEST

START_TEST(an_open_loop_keeps_its_rate_and_a_full_table_is_told)
{
	struct gen_options options = genrig_options(0);

	options.rate = 2000;
	options.poisson = _i == 1;
	options.duration_ms = 2000;
	options.at_once = 2000;
	genrig_run(&options, &good, &report);
	ck_assert_uint_gt(report.traffic.started, 3700);
	ck_assert_uint_lt(report.traffic.started, 4300);
	/* Sessions last longer than there is room for: they start late. */
	options.mix.idle = 1;
	genrig_run(&options, &good, &report);
	ck_assert_uint_gt(report.traffic.late, 0);
	ck_assert_uint_gt(report.client_wire.table_full, 0);
	ck_assert(!report.valid);
	ck_assert_ptr_nonnull(strstr(report.verdict, "--at-once"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_run");
	TCase *c = tcase_create("gen_run");

	tcase_set_timeout(c, 0);
	tcase_add_test(c, a_hundred_thousand_sessions_lose_nothing);
	tcase_add_test(c, ipv6_is_the_same);
	tcase_add_loop_test(c, a_bad_wire_delivers_exactly_once, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(c, forged_segments_end_sessions_and_nothing_else);
	tcase_add_test(c, segments_of_others_are_not_answered);
	tcase_add_test(c, its_own_losses_are_counted);
	tcase_add_test(c, a_wrong_client_address_shows);
	tcase_add_test(c, a_missing_proxy_header_shows);
	tcase_add_test(c, a_lost_and_a_doubled_message_show);
	tcase_add_test(c, refusals_are_heard_by_phase_and_code);
	tcase_add_test(c, odd_clients_are_of_the_wanted_share);
	tcase_add_test(c, the_same_seed_makes_the_same_sessions);
	tcase_add_loop_test(
		c, an_open_loop_keeps_its_rate_and_a_full_table_is_told, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
