/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports with RSS: what a port is asked for, and what it makes of that.  Only a
 * port that does exactly what it was asked counts as one that chooses the
 * worker.
 * Method: a card of the test's making (fakecard.c) in place of DPDK's. */
#include <errno.h>
#include <string.h>

#include "fakecard.h"
#include "port.h"
#include "rssowner.h"
#include "runner.h"

#define TCP4 RTE_ETH_RSS_NONFRAG_IPV4_TCP
#define TCP6 RTE_ETH_RSS_NONFRAG_IPV6_TCP

static struct rss_owner rss_owner;
static struct port_traits want, found;

static void
setup(void)
{
	const struct mx_hash_key key = {{31, 32}};

	fakecard = (struct fakecard){
		.entries = 128,
		.key_bytes = 40,
		.types = TCP4 | TCP6 | RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_UDP,
	};
	rss_owner_make(&rss_owner, &key, 0, 4);
	want = (struct port_traits){
		.rss = rss_owner_wanted(&rss_owner, &key, true)};
}

/* What keeps the port from steering, or NULL. */
static const char *
start(uint16_t workers)
{
	ck_assert_int_eq(port_start(0, workers, NULL, &want, &found), 0);
	ck_assert(fakecard.started);
	ck_assert_int_eq(fakecard.configured, 1);
	ck_assert_uint_eq(fakecard.queues_set,
			  fakecard.queues != 0 ? fakecard.queues : workers);
	return found.rss.lack != NULL ? found.rss.lack
				      : rss_owner_fault(&rss_owner, &found.rss);
}

START_TEST(a_port_that_does_as_told_steers)
{
	static const uint16_t entries[] = {64, 128, 512, 2048};
	static const uint8_t key_bytes[] = {40, 52, 128};

	fakecard.entries = entries[_i % 4];
	fakecard.key_bytes = key_bytes[_i / 4];
	ck_assert_ptr_null(start(4));
	ck_assert(fakecard.rss);
	ck_assert_mem_eq(fakecard.key, want.rss.key, RSS_KEY_BYTES);
	for (uint16_t i = 0; i < fakecard.entries; i++)
		ck_assert_uint_eq(fakecard.table[i], i % 64 % 4);
}
END_TEST

START_TEST(nothing_but_tcp_is_asked_for)
{
	ck_assert_ptr_null(start(4));
	ck_assert_uint_eq(fakecard.types_set, TCP4 | TCP6);
}
END_TEST

START_TEST(one_queue_needs_no_rss)
{
	ck_assert_str_eq(start(1), "has one queue");
	ck_assert(!fakecard.rss);
}
END_TEST

START_TEST(a_port_gets_no_more_queues_than_it_has)
{
	fakecard.queues = 1;
	want.interrupts = true;
	fakecard.interrupts = 1;
	ck_assert_str_eq(start(4), "has one queue");
	ck_assert(!fakecard.rss);
	ck_assert(!found.interrupts);
}
END_TEST

START_TEST(a_port_gets_the_queues_that_the_configuration_names)
{
	want.queues = 2;
	ck_assert_int_eq(port_start(0, 4, NULL, &want, &found), 0);
	ck_assert_uint_eq(fakecard.queues_set, 2);
	ck_assert_uint_eq(found.queues, 2);
}
END_TEST

START_TEST(queues_come_in_pairs)
{
	fakecard.tx_queues = 1;
	ck_assert_int_eq(port_start(0, 2, NULL, &want, &found), 0);
	ck_assert_uint_eq(fakecard.queues_set, 1);
}
END_TEST

START_TEST(the_mtu_is_set_if_the_configuration_has_one)
{
	start(1);
	ck_assert_uint_eq(fakecard.mtu_configured, 0);
	ck_assert_uint_eq(fakecard.mtu_set, 0);
	fakecard.configured = 0;
	want.mtu = 1400;
	start(1);
	ck_assert_uint_eq(fakecard.mtu_configured, 1400);
	ck_assert_uint_eq(fakecard.mtu_set, 1400);
	fakecard.configured = 0;
	fakecard.mtu_error = -ENOTSUP;
	start(1);
	fakecard.mtu_error = -EINVAL;
	ck_assert_int_eq(port_start(0, 1, NULL, &want, &found), -EINVAL);
}
END_TEST

START_TEST(a_port_is_asked_to_report_that_it_was_unplugged_if_it_can)
{
	static const uint16_t workers[] = {1, 4};

	start(workers[_i]);
	ck_assert(!fakecard.unplug_configured);
	fakecard.configured = 0;
	fakecard.reports_unplug = true;
	start(workers[_i]);
	ck_assert(fakecard.unplug_configured);
}
END_TEST

/* Neighbour discovery for an address goes to a group of its own. */
START_TEST(a_port_takes_all_multicast_frames_if_it_can)
{
	start(1);
	ck_assert(found.all_multicast);
	fakecard.configured = 0;
	fakecard.filters_multicast = true;
	start(1);
	ck_assert(!found.all_multicast);
}
END_TEST

START_TEST(a_queue_that_is_full_does_not_stop_the_others)
{
	start(4);
	ck_assert_uint_eq(fakecard.queues_dropping, 4);
	fakecard.configured = fakecard.queues_dropping = 0;
	start(1);
	ck_assert_uint_eq(fakecard.queues_dropping, 0);
}
END_TEST

START_TEST(ipv6_counts_only_if_it_is_wanted)
{
	fakecard.types = TCP4;
	want.rss.ipv6 = false;
	ck_assert_ptr_null(start(4));
	ck_assert_uint_eq(fakecard.types_set, TCP4);

	fakecard.configured = 0;
	want.rss.ipv6 = true;
	ck_assert_str_eq(start(4), "has no RSS of TCP over IPv6");
}
END_TEST

/* clang-format off */
static const struct {
	const char *lack;
	bool asked; /* for RSS, and took it */
	struct fakecard card;
} lacking[] = {
	{"has no RSS", false, {.entries = 0, .key_bytes = 40, .types = TCP4 | TCP6}},
	{"has no RSS of TCP over IPv4", false, {.entries = 128, .key_bytes = 40, .types = RTE_ETH_RSS_IPV4}},
	{"has no RSS key that can be set", false, {.entries = 128, .types = TCP4 | TCP6}},
	{"has no RSS key that can be set", false, {.entries = 128, .key_bytes = 16, .types = TCP4 | TCP6}},
	{"has no RSS key that can be set", false, {.entries = 128, .key_bytes = 129, .types = TCP4 | TCP6}},
	{"has an RSS table of an odd size", false, {.entries = 32, .key_bytes = 40, .types = TCP4 | TCP6}},
	{"has an RSS table of an odd size", false, {.entries = 192, .key_bytes = 40, .types = TCP4 | TCP6}},
	{"has an RSS table of an odd size", false, {.entries = 4096, .key_bytes = 40, .types = TCP4 | TCP6}},
	{"refuses RSS", false, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .refuses_rss = true}},
	{"refuses its RSS table", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .refuses_table = true}},
	{"does not say its RSS key", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .hides_key = true}},
	{"does not say its RSS table", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .hides_table = true}},
	{"does not hash TCP as configured", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .forgets = TCP4}},
	{"does not hash TCP as configured", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .forgets = TCP6}},
	{"has another RSS key than it was given", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .keeps_key = true}},
	{"has another RSS table than it was given", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .keeps_table = true}},
	{"has another RSS table than it was given", true, {.entries = 128, .key_bytes = 40, .types = TCP4 | TCP6, .keeps_table = true, .table = {[64] = 1}}},
};
/* clang-format on */

START_TEST(a_port_that_falls_short_says_in_what_and_works_all_the_same)
{
	fakecard = lacking[_i].card;
	ck_assert_str_eq(start(4), lacking[_i].lack);
	ck_assert(fakecard.rss == lacking[_i].asked);
}
END_TEST

#define TCP_BOTH (TCP4 | TCP6)

/* Cards as their DPDK drivers describe them (22.11), none of which was at hand.
 * lack: NULL if the card steers. */
/* clang-format off */
static const struct {
	const char *name;
	const char *lack;
	struct fakecard card;
} named[] = {
	{"i40e: X710, XL710",       NULL, {.entries = 512, .key_bytes = 52, .types = TCP_BOTH | RTE_ETH_RSS_IPV4}},
	{"ice: E810",               NULL, {.entries = 512, .key_bytes = 52, .types = TCP_BOTH}},
	{"ice without its package", "has no RSS", {.entries = 0}},
	{"mlx5: ConnectX",          NULL, {.entries = 512, .key_bytes = 40, .types = TCP_BOTH, .shrinks = true}},
	{"mlx5 that stays small",   "refuses its RSS table", {.entries = 512, .key_bytes = 40, .types = TCP_BOTH, .shrinks = true, .stays_small = true}},
	{"ixgbe: 82599",            NULL, {.entries = 128, .key_bytes = 40, .types = TCP_BOTH}},
	{"ixgbe: X550",             NULL, {.entries = 512, .key_bytes = 40, .types = TCP_BOTH}},
	{"a VF of 82599 or X540",   "has no RSS", {.entries = 0, .key_bytes = 40, .types = TCP_BOTH}},
	{"a VF of X550",            NULL, {.entries = 64, .key_bytes = 40, .types = TCP_BOTH}},
	{"igb, igc",                NULL, {.entries = 128, .key_bytes = 40, .types = TCP_BOTH}},
	{"ena",                     NULL, {.entries = 128, .key_bytes = 40, .types = TCP_BOTH}},
	{"ena that keeps its key",  "does not say its RSS key", {.entries = 128, .key_bytes = 40, .types = TCP_BOTH, .keeps_key = true, .hides_key = true}},
	{"ena without a table",     "refuses its RSS table", {.entries = 128, .key_bytes = 40, .types = TCP_BOTH, .refuses_table = true}},
	{"virtio",                  NULL, {.entries = 128, .key_bytes = 40, .types = TCP_BOTH}},
	{"vmxnet3, e1000, tap",     "has no RSS", {.entries = 0, .types = TCP_BOTH}},
	{"one that lies of its key",   "has another RSS key than it was given", {.entries = 128, .key_bytes = 40, .types = TCP_BOTH, .keeps_key = true}},
	{"one that lies of its table", "has another RSS table than it was given", {.entries = 128, .key_bytes = 40, .types = TCP_BOTH, .keeps_table = true}},
	{"one that lies of its types", "does not hash TCP as configured", {.entries = 128, .key_bytes = 40, .types = TCP_BOTH, .forgets = TCP6}},
};
/* clang-format on */

START_TEST(each_kind_of_card_steers_or_says_why_not)
{
	fakecard = named[_i].card;
	const char *lack = start(4);
	if (named[_i].lack == NULL)
		ck_assert_msg(lack == NULL, "%s %s", named[_i].name, lack);
	else
		ck_assert_str_eq(lack, named[_i].lack);
	/* Whatever it lacks, the reason fits the region. */
	ck_assert(lack == NULL || strlen(lack) < MX_LACK_MAX);
	if (lack != NULL)
		return;
	for (uint16_t i = 0; i < fakecard.entries; i++)
		ck_assert_uint_eq(fakecard.table[i], i % 64 % 4);
	ck_assert(fakecard.table_entries == fakecard.entries);
}
END_TEST

START_TEST(a_port_that_cannot_be_configured_is_an_error)
{
	fakecard.fails = -22;
	ck_assert_int_eq(port_start(0, 4, NULL, &want, &found), -22);
	ck_assert(!fakecard.started);
}
END_TEST

/* clang-format off */
static const struct {
	bool wanted, configured, found;
	struct fakecard card;
} interrupting[] = {
	{false, false, false, {.interrupts = 2}},
	{true, true, true, {.interrupts = 2}},
	{true, true, false, {.interrupts = 1}},
	{true, true, false, {.interrupts = 0}},
	{true, true, false, {.interrupts = 2, .hides_interrupts = true}},
	{true, false, false, {.interrupts = 2, .refuses_interrupts = true}},
};
/* clang-format on */

START_TEST(interrupts_are_there_if_wanted_and_if_every_queue_has_one)
{
	fakecard = interrupting[_i].card;
	want.interrupts = interrupting[_i].wanted;
	start(2);
	ck_assert(fakecard.interrupts_set == interrupting[_i].configured);
	ck_assert(found.interrupts == interrupting[_i].found);
}
END_TEST

START_TEST(who_refuses_interrupts_may_steer_all_the_same)
{
	fakecard.refuses_interrupts = true;
	want.interrupts = true;
	ck_assert_ptr_null(start(4));
	ck_assert(fakecard.rss);
}
END_TEST

/* clang-format off */
static const struct {
	uint64_t has, asked;
} checksums[] = {
	{0, 0},
	{RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_TCP_LRO, 0},
	{RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM},
	{RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0},
	{UINT64_MAX, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM},
};
/* clang-format on */

START_TEST(a_port_checks_what_it_can_but_not_tcp_alone)
{
	fakecard.rx_offloads = checksums[_i / 2].has;
	fakecard.tx_offloads = UINT64_MAX;
	ck_assert((start(_i % 2 ? 4 : 1) == NULL) == _i % 2);
	ck_assert_uint_eq(fakecard.rx_offloads_set, checksums[_i / 2].asked);
	ck_assert_uint_eq(fakecard.tx_offloads_set, 0);
	ck_assert(!found.strips_tags && !found.inserts_tags);
	ck_assert_uint_eq(found.checksums, checksums[_i / 2].asked);
}
END_TEST

START_TEST(a_card_handles_the_tags_of_a_tagged_port_if_it_can)
{
	const bool can = _i;

	want.tagged = true;
	fakecard.rx_offloads = can ? RTE_ETH_RX_OFFLOAD_VLAN_STRIP : 0;
	fakecard.tx_offloads = can ? RTE_ETH_TX_OFFLOAD_VLAN_INSERT : 0;
	ck_assert_ptr_null(start(4));
	ck_assert_uint_eq(fakecard.rx_offloads_set, fakecard.rx_offloads);
	ck_assert_uint_eq(fakecard.tx_offloads_set, fakecard.tx_offloads);
	ck_assert_int_eq(found.strips_tags, can);
	ck_assert_int_eq(found.inserts_tags, can);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("port");
	TCase *t = tcase_create("port");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, a_port_that_does_as_told_steers, 0, 12);
	tcase_add_test(t, nothing_but_tcp_is_asked_for);
	tcase_add_test(t, one_queue_needs_no_rss);
	tcase_add_loop_test(
		t, a_card_handles_the_tags_of_a_tagged_port_if_it_can, 0, 2);
	tcase_add_test(t, a_port_gets_no_more_queues_than_it_has);
	tcase_add_test(t, a_port_gets_the_queues_that_the_configuration_names);
	tcase_add_test(t, queues_come_in_pairs);
	tcase_add_test(t, the_mtu_is_set_if_the_configuration_has_one);
	tcase_add_loop_test(
		t, a_port_is_asked_to_report_that_it_was_unplugged_if_it_can, 0,
		2);
	tcase_add_test(t, a_port_takes_all_multicast_frames_if_it_can);
	tcase_add_test(t, a_queue_that_is_full_does_not_stop_the_others);
	tcase_add_test(t, ipv6_counts_only_if_it_is_wanted);
	tcase_add_loop_test(
		t, a_port_that_falls_short_says_in_what_and_works_all_the_same,
		0, (int)(sizeof(lacking) / sizeof(lacking[0])));
	tcase_add_loop_test(t, each_kind_of_card_steers_or_says_why_not, 0,
			    (int)(sizeof(named) / sizeof(named[0])));
	tcase_add_test(t, a_port_that_cannot_be_configured_is_an_error);
	tcase_add_loop_test(
		t, interrupts_are_there_if_wanted_and_if_every_queue_has_one, 0,
		(int)(sizeof(interrupting) / sizeof(interrupting[0])));
	tcase_add_loop_test(
		t, a_port_checks_what_it_can_but_not_tcp_alone, 0,
		2 * (int)(sizeof(checksums) / sizeof(checksums[0])));
	tcase_add_test(t, who_refuses_interrupts_may_steer_all_the_same);
	suite_add_tcase(s, t);
	return s;
}
