/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: values as people write them, and errors.
 * Method: whole command lines, as argv. */
#include <string.h>

#include "command.h"
#include "runner.h"

#define WORDS_MAX 24

static struct command command;

/* Parse words that are split at blanks. */
static int
parse(const char *line)
{
	static char text[512];
	char *argv[WORDS_MAX] = {"mxsteer-gen"};
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word != NULL;
	     word = strtok(NULL, " ")) {
		ck_assert_int_lt(argc, WORDS_MAX - 1);
		argv[argc++] = word;
	}
	return command_parse(&command, argc, argv);
}

START_TEST(a_ring_needs_nothing_else)
{
	ck_assert_int_eq(parse("--ring"), 0);
	ck_assert(command.gen.client.on && command.gen.server.on);
	ck_assert_uint_eq(command.gen.target_count, 1);
	ck_assert_uint_eq(command.gen.mta_count, 1);
	ck_assert_int_eq(command.gen.seen, GEN_SEEN_SOURCE);
	ck_assert_uint_eq(command.gen.sessions, 1000);
}
END_TEST

START_TEST(values_are_read_as_people_write_them)
{
	const struct gen_options *gen = &command.gen;

	ck_assert_int_eq(parse("--ring --rate 1.5k/s --poisson --duration 5m "
			       "--at-once=50k --size 500-20k --messages 1-5 "
			       "--pipelining 30% --slow 0.25 --idle-for 90s "
			       "--delay 10ms-0.2s --client-seen proxy-v1"),
			 0);
	ck_assert_double_eq(gen->rate, 1500);
	ck_assert(gen->poisson);
	ck_assert_uint_eq(gen->duration_ms, 300000);
	ck_assert_uint_eq(gen->sessions, 0);
	ck_assert_uint_eq(gen->at_once, 50000);
	ck_assert_uint_eq(gen->mix.size_low, 500);
	ck_assert_uint_eq(gen->mix.size_high, 20000);
	ck_assert_uint_eq(gen->mix.messages_high, 5);
	ck_assert_double_eq_tol(gen->mix.pipelining, 0.3, 1e-9);
	ck_assert_double_eq(gen->mix.slow, 0.25);
	ck_assert_uint_eq(gen->mix.idle_ms, 90000);
	ck_assert_uint_eq(gen->behaviour.delay_low_ms, 10);
	ck_assert_uint_eq(gen->behaviour.delay_high_ms, 200);
	ck_assert_int_eq(gen->seen, GEN_SEEN_PROXY_V1);
}
END_TEST

START_TEST(two_devices_have_addresses_of_both_families)
{
	const struct gen_options *gen = &command.gen;

	ck_assert_int_eq(
		parse("--client-vdev net_af_packet0,iface=eth1 --server-vdev "
		      "0000:01:00.0 --clients 198.51.100.128/25 --clients "
		      "2001:db8::/64 --target 198.51.100.25 --target "
		      "[2001:db8:1::25]:465 --server 10.0.2.11:2525 "
		      "--client-gateway 198.51.100.1 --peer-mac "
		      "02:00:00:00:00:07 -- --log-level=8"),
		0);
	ck_assert_uint_eq(gen->prefix_count, 2);
	ck_assert_uint_eq(gen->prefix[0].bits, 96 + 25);
	ck_assert_uint_eq(gen->prefix[1].bits, 64);
	ck_assert_uint_eq(gen->target[0].port_be, htons(25));
	ck_assert_uint_eq(gen->target[1].port_be, htons(465));
	ck_assert_uint_eq(gen->mta[0].port_be, htons(2525));
	ck_assert(mx_addr_is4(&gen->client.gateway[0]));
	ck_assert_uint_eq(gen->client.peer_mac.addr_bytes[5], 7);
	ck_assert_int_eq(gen->seen, GEN_SEEN_NOBODY);
	ck_assert_int_eq(command.eal_count, 1);
}
END_TEST

static const char *const wrong[] = {
	"",
	"--ring --rin",
	"--ring extra",
	"--ring --rate",
	"--ring --rate fast",
	"--ring --rate -1",
	"--ring --ring=yes",
	"--ring --idle 1.5",
	"--ring --idle 150%",
	"--ring --sessions 1.5",
	"--ring --messages 5-1",
	"--ring --messages 70000",
	"--ring --recipients 0",
	"--ring --recipients 21",
	"--ring --size 17M",
	"--ring --size exp",
	"--ring --at-once 0",
	"--ring --at-once 5G",
	"--ring --duration 5x",
	"--ring --refuse-4xx 60% --refuse-5xx 60%",
	"--ring --clients 10.0.0.1",
	"--ring --clients fd00::/64",
	"--ring --client-seen proxy",
	"--ring --peer-mac 02:00",
	"--client-vdev net_null0",
	"--server-vdev net_null0",
};

START_TEST(what_makes_no_sense_is_refused)
{
	ck_assert_msg(parse(wrong[_i]) < 0, "%s", wrong[_i]);
}
END_TEST

START_TEST(help_is_no_error)
{
	ck_assert_int_eq(parse("--help"), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_command");
	TCase *c = tcase_create("gen_command");

	tcase_add_test(c, a_ring_needs_nothing_else);
	tcase_add_test(c, values_are_read_as_people_write_them);
	tcase_add_test(c, two_devices_have_addresses_of_both_families);
	tcase_add_loop_test(c, what_makes_no_sense_is_refused, 0,
			    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(c, help_is_no_error);
	suite_add_tcase(s, c);
	return s;
}
