/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP and neighbour discovery: other hosts' questions are not answered, claims
 * to an owned address are noted, and owned addresses are announced.
 * Method: real worker_poll() over ring ports; the networks of the interfaces
 * are the test's (network_of() below). */
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "neighbour.h"
#include "network.h"
#include "runner.h"
#include "talk.h"

static struct rig *rig;
static uint8_t frame[FRAME_MAX];

static const struct rte_ether_addr stranger = {{2, 9, 9, 9, 9, 9}};
static const struct rte_ether_addr everybody = {
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static void
setup(void)
{
	rig = rig_make(1);
}

static void
teardown(void)
{
	rig_free(rig);
}

static void
put(uint16_t bytes)
{
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
}

static void
expect_none(void)
{
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].answered, 0);
}

static struct solicitation
ask_for_vip(void)
{
	struct solicitation ask = {.from = rig_client6, .target = rig_vip6};

	ask.target.mac = rig_vip.mac;
	return ask;
}

/* A solicitation's first option, and where the solicitation goes. */
#define OPTION_AT (54 + 24)
#define IP_TO_AT (14 + 24)

START_TEST(who_has_no_address_may_not_name_a_mac)
{
	struct solicitation ask = ask_for_vip();

	const uint16_t bytes = frame_solicit(frame, &ask);
	memset(frame + 22, 0, 16); /* from no address, with the option */
	frame_mend(frame, bytes);
	put(bytes);
	expect_none();
	frame[OPTION_AT] = 14; /* a nonce instead: as it should be */
	frame_mend(frame, bytes);
	put(bytes);
	ck_assert_uint_eq(rig->count[0].answered, 1);
}
END_TEST

START_TEST(who_has_no_address_asks_the_group_of_the_target)
{
	struct solicitation ask = ask_for_vip();

	ask.nameless = true;
	ask.unicast = true;
	put(frame_solicit(frame, &ask));
	expect_none();
	ask.unicast = false;
	const uint16_t bytes = frame_solicit(frame, &ask);
	frame[IP_TO_AT + 15] ^= 1; /* the group of another address */
	frame_mend(frame, bytes);
	put(bytes);
	expect_none();
}
END_TEST

START_TEST(an_option_without_or_beyond_its_length_spoils_a_solicitation)
{
	static const uint8_t lengths[] = {0, 2, 255};
	struct solicitation ask = ask_for_vip();

	const uint16_t bytes = frame_solicit(frame, &ask);
	frame[OPTION_AT + 1] = lengths[_i];
	frame_mend(frame, bytes);
	put(bytes);
	expect_none();
}
END_TEST

START_TEST(a_part_of_an_option_spoils_a_solicitation)
{
	struct solicitation ask = ask_for_vip();

	for (uint8_t more = 1; more < 8; more++) {
		const uint16_t bytes = frame_solicit(frame, &ask);
		frame[19] = (uint8_t)(frame[19] + more);
		memset(frame + bytes, 0, more);
		frame_mend(frame, (uint16_t)(bytes + more));
		put((uint16_t)(bytes + more));
	}
	expect_none();
}
END_TEST

START_TEST(an_arp_request_to_another_mac_is_not_answered)
{
	const uint16_t bytes = frame_arp(frame, &rig_client, &rig_vip);

	memcpy(frame, &stranger, 6);
	put(bytes);
	expect_none();
	memcpy(frame, &rig_vip.mac, 6); /* is it still there? */
	put(bytes);
	ck_assert_uint_eq(rig->count[0].answered, 1);
	memcpy(frame, &everybody, 6);
	put(bytes);
	ck_assert_uint_eq(rig->count[0].answered, 2);
}
END_TEST

START_TEST(an_echo_of_nothing_but_zeros_gets_a_right_checksum)
{
	struct end to = rig_vip;
	uint8_t out[FRAME_MAX];

	to.mac = rig_vip.mac;
	for (uint16_t n = 0; n < 64; n++) {
		const uint16_t bytes = frame_echo(frame, &rig_client, &to, n);
		memset(frame + 36, 0, bytes - 36u);
		frame_mend(frame, bytes);
		put(bytes);
		ck_assert_uint_eq(rig_get(rig, WAN, out), bytes);
		ck_assert_uint_eq(out[36], 0xff);
		ck_assert_uint_eq(out[37], 0xff);
		ck_assert(frame_sums_are_right(out, bytes));
	}
}
END_TEST

static uint64_t
claims(void)
{
	return atomic_load(&rig->worker[0]->claim[WAN].count);
}

/* An announcement of an address, from a MAC address. */
static uint16_t
announced(const struct mx_addr *addr, const struct rte_ether_addr *mac)
{
	struct rte_mbuf *made = rte_pktmbuf_alloc(rig->worker[0]->frame_pool);
	const uint16_t bytes = (neighbour_announce(made, addr, mac),
				rte_pktmbuf_data_len(made));

	memcpy(frame, rte_pktmbuf_mtod(made, void *), bytes);
	rte_pktmbuf_free(made);
	return bytes;
}

START_TEST(another_host_with_an_address_of_ours_is_noted)
{
	const struct end *ours = _i == 0 ? &rig_vip : &rig_local6;
	const struct worker_claim *claim = &rig->worker[0]->claim[WAN];

	put(announced(&ours->ip, &stranger));
	ck_assert_uint_eq(claims(), 1);
	ck_assert(mx_addr_equal(&claim->addr, &ours->ip));
	ck_assert(rte_is_same_ether_addr(&claim->mac, &stranger));
	put(announced(&ours->ip, &stranger));
	ck_assert_uint_eq(claims(), 2);
}
END_TEST

START_TEST(an_arp_reply_that_claims_an_address_of_ours_is_noted)
{
	const uint16_t bytes = announced(&rig_vip.ip, &stranger);

	frame[21] = 2; /* the operation */
	put(bytes);
	ck_assert_uint_eq(claims(), 1);
	ck_assert_uint_eq(rig->count[0].answered, 0);
}
END_TEST

START_TEST(what_we_or_others_rightly_say_is_no_claim)
{
	struct solicitation ask = ask_for_vip();

	/* The other port's announcement, returned by the switch. */
	put(announced(&rig_vip.ip, &rig->worker[0]->port[LAN].mac));
	put(announced(&rig_vip6.ip, &rig->worker[0]->port[LAN].mac));
	/* Other hosts announce their own addresses. */
	put(announced(&rig_client.ip, &stranger));
	put(announced(&rig_client6.ip, &stranger));
	/* A request for an owned address is no claim. */
	put(frame_arp(frame, &rig_client, &rig_vip));
	put(frame_solicit(frame, &ask));
	/* A forged advertisement, from behind a router. */
	const uint16_t bytes = announced(&rig_vip6.ip, &stranger);
	frame[21] = 64;
	put(bytes);
	ck_assert_uint_eq(claims(), 0);
}
END_TEST

/* The networks of the two interfaces, by the first byte of an address. */
static enum network networks[2][2]; /* by port and family */

enum network
network_of(const char *interface, const struct mx_addr *addr)
{
	return networks[strcmp(interface, "lan") == 0][!mx_addr_is4(addr)];
}

static struct announcer announcer;

static void
make_announcer(void)
{
	static const char *const interface[] = {"wan", "lan"};

	for (int i = 0; i < 4; i++)
		networks[i / 2][i % 2] = NETWORK_OTHER;
	ck_assert_int_eq(announcer_make(&announcer, rig->worker[0],
					rig->worker[0]->frame_pool, interface),
			 0);
}

/* Let main look at that time, and the worker send.  Returns how many frames
 * leave, each of which must be an announcement from the port's own MAC
 * address. */
static void
let_announce(uint64_t now_ms, uint32_t left[2])
{
	uint8_t out[FRAME_MAX];

	announcer_poll(&announcer, rig->active, now_ms);
	rig_poll(rig);
	for (uint16_t port = 0; port < 2; port++) {
		uint16_t bytes;

		left[port] = 0;
		while ((bytes = rig_get(rig, port, out)) > 0) {
			const bool arp = out[12] == 8 && out[13] == 6;
			ck_assert(arp ? bytes == 42 : out[54] == 136);
			ck_assert_mem_eq(out + 6,
					 &rig->worker[0]->port[port].mac, 6);
			ck_assert(rte_is_multicast_ether_addr((void *)out));
			if (!arp)
				ck_assert(frame_sums_are_right(out, bytes));
			left[port]++;
		}
	}
}

/* VIP, two local addresses, of either family. */
#define OWN 6

START_TEST(every_address_is_announced_three_times_a_second_apart)
{
	uint32_t left[2];

	make_announcer();
	networks[0][0] = networks[0][1] = NETWORK_HOLDS;
	for (uint64_t ms = 0; ms < 10000; ms += 500) {
		let_announce(ms, left);
		ck_assert_uint_eq(left[0],
				  ms % 1000 == 0 && ms < 3000 ? OWN : 0);
		ck_assert_uint_eq(left[1], 0);
	}
	ck_assert_uint_eq(rig->count[0].made, 3 * OWN);
	announcer_free(&announcer);
}
END_TEST

START_TEST(an_address_is_announced_on_its_network)
{
	uint32_t left[2];

	make_announcer();
	networks[1][0] = NETWORK_HOLDS; /* IPv4 behind the second port */
	networks[0][1] = NETWORK_NONE;  /* IPv6 nowhere; the first may be it */
	let_announce(0, left);
	ck_assert_uint_eq(left[0], OWN / 2);
	ck_assert_uint_eq(left[1], OWN / 2);
	announcer_free(&announcer);
}
END_TEST

START_TEST(an_address_of_no_network_is_not_announced)
{
	uint32_t left[2];

	make_announcer();
	let_announce(0, left);
	ck_assert_uint_eq(left[0] + left[1], 0);
	announcer_free(&announcer);
}
END_TEST

START_TEST(a_plan_that_adds_an_address_announces_that_one)
{
	const struct mx_owned added = {.addr = ip4(198, 51, 100, 77),
				       .kind = MX_OWNED_ADDRESS};
	uint32_t left[2];

	make_announcer();
	networks[0][0] = networks[0][1] = NETWORK_HOLDS;
	for (uint64_t ms = 0; ms < 3000; ms += 1000)
		let_announce(ms, left);
	ck_assert_int_eq(mx_owned_add(&rig_plan(rig)->owned, &added), 0);
	announcer.active = NULL; /* as if it were another plan */
	for (uint64_t ms = 5000; ms < 12000; ms += 1000) {
		let_announce(ms, left);
		ck_assert_uint_eq(left[0], ms < 8000 ? 1 : 0);
	}
	announcer_free(&announcer);
}
END_TEST

START_TEST(a_link_that_comes_up_is_told_the_addresses_again)
{
	uint32_t left[2];

	make_announcer();
	networks[0][0] = NETWORK_HOLDS;
	networks[1][1] = NETWORK_HOLDS;
	for (uint64_t ms = 0; ms < 4000; ms += 1000)
		let_announce(ms, left);
	announcer_link_up(&announcer, 1, 9000);
	for (uint64_t ms = 9000; ms < 15000; ms += 1000) {
		let_announce(ms, left);
		ck_assert_uint_eq(left[0], 0);
		ck_assert_uint_eq(left[1], ms < 12000 ? OWN / 2 : 0);
	}
	announcer_free(&announcer);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("neighbour");
	TCase *t = tcase_create("neighbour");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, who_has_no_address_may_not_name_a_mac);
	tcase_add_test(t, who_has_no_address_asks_the_group_of_the_target);
	tcase_add_loop_test(
		t, an_option_without_or_beyond_its_length_spoils_a_solicitation,
		0, 3);
	tcase_add_test(t, a_part_of_an_option_spoils_a_solicitation);
	tcase_add_test(t, an_arp_request_to_another_mac_is_not_answered);
	tcase_add_test(t, an_echo_of_nothing_but_zeros_gets_a_right_checksum);
	tcase_add_loop_test(t, another_host_with_an_address_of_ours_is_noted, 0,
			    2);
	tcase_add_test(t, an_arp_reply_that_claims_an_address_of_ours_is_noted);
	tcase_add_test(t, what_we_or_others_rightly_say_is_no_claim);
	tcase_add_test(t,
		       every_address_is_announced_three_times_a_second_apart);
	tcase_add_test(t, an_address_is_announced_on_its_network);
	tcase_add_test(t, an_address_of_no_network_is_not_announced);
	tcase_add_test(t, a_plan_that_adds_an_address_announces_that_one);
	tcase_add_test(t, a_link_that_comes_up_is_told_the_addresses_again);
	suite_add_tcase(s, t);
	return s;
}
