/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers for owned addresses, to neighbour discovery and echo, and the frames
 * that are left to the kernel.
 * Method: real worker_poll(); answers are built from scratch. */
#include <string.h>

#include "runner.h"
#include "talk.h"

static struct rig *rig;
static uint8_t frame[FRAME_MAX];

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
put(uint16_t port, uint16_t bytes)
{
	rig_put(rig, 0, port, frame, bytes);
	rig_poll(rig);
}

/* Owned: the VIP, and both local addresses. */
static struct solicitation
ask_for(int owned)
{
	struct solicitation ask = {
		.from = rig_client6,
		.target = owned == 0 ? rig_vip6 : rig_local6,
	};

	ask.target.mac = rig_vip.mac;
	if (owned == 2)
		ask.target.ip.byte[15]++;
	return ask;
}
#define OWNED 3

static void
expect_advertisement(const struct solicitation *ask)
{
	uint8_t twin[FRAME_MAX];
	const uint16_t bytes = frame_advertise(twin, ask, &rig_vip.mac);

	talk_assert_frame(rig, WAN, twin, bytes);
	talk_assert_silence(rig);
}

START_TEST(who_looks_for_an_address_of_ours_finds_it)
{
	struct solicitation ask = ask_for(_i);

	put(WAN, frame_solicit(frame, &ask));
	expect_advertisement(&ask);
	/* The question whether an address is still there goes to its own
	 * MAC. */
	ask.unicast = true;
	put(WAN, frame_solicit(frame, &ask));
	expect_advertisement(&ask);
	/* The question whether an address is free has no sender. */
	ask.unicast = false;
	ask.nameless = true;
	put(WAN, frame_solicit(frame, &ask));
	expect_advertisement(&ask);
	ck_assert_uint_eq(rig->count[0].answered, 3);
}
END_TEST

START_TEST(whatever_else_a_solicitation_brings_along)
{
	const struct solicitation ask = ask_for(0);
	uint16_t bytes = frame_solicit(frame, &ask);

	/* Padding, behind the packet. */
	memset(frame + bytes, 0xaa, 20);
	put(WAN, (uint16_t)(bytes + 20));
	expect_advertisement(&ask);
	/* Another option (a nonce, RFC 3971), inside. */
	bytes = frame_solicit(frame, &ask);
	memcpy(frame + bytes, (uint8_t[]){14, 1, 1, 2, 3, 4, 5, 6}, 8);
	frame[19] = (uint8_t)(frame[19] + 8);
	frame_mend(frame, (uint16_t)(bytes + 8));
	put(WAN, (uint16_t)(bytes + 8));
	expect_advertisement(&ask);
}
END_TEST

START_TEST(a_forged_solicitation_is_not_answered)
{
	struct solicitation ask = ask_for(0);

	ask.unicast = _i % 2;
	ask.hops = 254; /* from behind a router */
	put(WAN, frame_solicit(frame, &ask));
	ask.hops = 255;
	const uint16_t bytes = frame_solicit(frame, &ask);
	frame[56] ^= 1; /* checksum */
	put(WAN, bytes);
	frame_solicit(frame, &ask);
	frame[55] = 1; /* code */
	frame_mend(frame, bytes);
	put(WAN, bytes);
	frame_solicit(frame, &ask);
	put(WAN, (uint16_t)(bytes - 12)); /* cut */
	frame_solicit(frame, &ask);
	frame[19] = 20; /* no room for a target */
	frame_mend(frame, bytes);
	put(WAN, bytes);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].answered, 0);
}
END_TEST

START_TEST(foreign_targets_are_the_kernels)
{
	struct solicitation ask = ask_for(0);

	ask.target.ip = ip6(0x2001, 0xdb8, 0x26);
	put(WAN, frame_solicit(frame, &ask));
	ask.unicast = true;
	put(WAN, frame_solicit(frame, &ask));
	/* An owned IPv4 address in IPv6 form is not owned. */
	ask.unicast = false;
	const uint16_t bytes = frame_solicit(frame, &ask);
	memcpy(frame + 62, &rig_vip.ip, 16);
	frame_mend(frame, bytes);
	put(WAN, bytes);
	ck_assert_uint_eq(rig->count[0].to_kernel, 3);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(multicast_noise_is_the_kernels)
{
	const struct end all_nodes = {
		.mac = {{0x33, 0x33, 0, 0, 0, 1}},
		.ip = ip6(0xff02, 0, 1),
	};
	struct end from = rig_client6;
	uint64_t noise = 0;

	put(WAN, frame_echo(frame, &from, &all_nodes, 30));
	noise++;
	for (int type = 130; type <= 143; type++) {
		const uint16_t bytes = frame_echo(frame, &from, &all_nodes, 30);
		frame[54] = (uint8_t)type;
		frame_mend(frame, bytes);
		put(WAN, bytes);
		noise++;
	}
	/* Listener reports have a hop-by-hop option; mDNS is UDP. */
	const struct segment said = {
		.from = from, .to = all_nodes, .flags = ACK};
	for (int next = 0; next <= 60; next += 17) {
		const uint16_t bytes = frame_tcp(frame, &said);
		frame[20] = (uint8_t)next;
		put(WAN, bytes);
		noise++;
	}
	for (uint16_t bytes = 14; bytes < 62; bytes++) {
		frame_echo(frame, &from, &all_nodes, 30);
		put(WAN, bytes);
		noise++;
	}
	ck_assert_uint_eq(rig->count[0].to_kernel, noise);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(what_is_to_us_by_one_header_and_to_many_by_another_is_not_answered)
{
	const struct segment about = {
		.from = rig_vip6, .to = rig_client6, .flags = ACK};
	const struct error error = {
		.from = rig_client6, .to = rig_vip6, .type = 1, .about = about};
	const struct end echo_to = rig_vip6;
	uint16_t bytes = frame_echo(frame, &rig_client6, &echo_to, 30);

	memset(frame, 0x33, 2);
	put(WAN, bytes);
	put(WAN, (uint16_t)(bytes - 1)); /* its length was never checked */
	bytes = frame_error(frame, &error);
	memset(frame, 0x33, 2);
	put(WAN, bytes);
	ck_assert_uint_eq(rig->count[0].to_kernel, 3);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(echo_is_answered_for_owned_addresses_only)
{
	const bool six = _i % 2;
	const struct end from = six ? rig_client6 : rig_client;
	struct end to[3] = {six ? rig_vip6 : rig_vip,
			    six ? rig_local6 : rig_local,
			    six ? rig_mta(4) : rig_mta(1)};

	for (int i = 0; i < 3; i++) {
		struct end answer = to[i];
		uint8_t out[FRAME_MAX];

		to[i].mac = rig_vip.mac;
		const uint16_t bytes = frame_echo(frame, &from, &to[i], 99);
		const uint16_t icmp = six ? 54 : 34;
		put(WAN, bytes);
		if (i == 2)
			break;
		answer.mac = rig_vip.mac;
		ck_assert_uint_eq(rig_get(rig, WAN, out), bytes);
		/* The answer is the request, turned round, with another
		 * type. */
		frame_echo(frame, &answer, &from, 99);
		ck_assert(frame_sums_are_right(out, bytes));
		ck_assert_uint_eq(out[icmp], six ? 129 : 0);
		memcpy(out + icmp, frame + icmp, 4);
		ck_assert_mem_eq(out, frame, bytes);
	}
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].to_kernel, 1);
}
END_TEST

START_TEST(a_wrong_echo_checksum_stays_wrong)
{
	const bool six = _i % 2;
	const struct end from = six ? rig_client6 : rig_client;
	const struct end to = six ? rig_vip6 : rig_vip;
	uint8_t out[FRAME_MAX];
	const uint16_t bytes = frame_echo(frame, &from, &to, 99);

	frame[bytes - 1] ^= 1;
	put(WAN, bytes);
	ck_assert_uint_eq(rig_get(rig, WAN, out), bytes);
	ck_assert(!frame_sums_are_right(out, bytes));
}
END_TEST

/* Each row changes one byte of a good SYN. */
static const struct {
	const char *what;
	uint16_t at;
	uint8_t value;
	uint16_t bytes;   /* cut the frame; 0: whole */
	enum mx_drop why; /* NONE: to the kernel */
} spoilt[] = {
	{"cut in the Ethernet header", 0, 0x02, 13, MX_DROP_TRUNCATED},
	{"cut in the IPv6 header", 0, 0x02, 53, MX_DROP_TRUNCATED},
	{"cut in the TCP header", 0, 0x02, 73, MX_DROP_TRUNCATED},
	{"longer than the frame", 18, 0x05, 0, MX_DROP_TRUNCATED},
	{"no room for TCP", 19, 19, 0, MX_DROP_TRUNCATED},
	{"a jumbogram", 19, 0, 0, MX_DROP_TRUNCATED},
	{"IP version 4", 14, 0x40, 0, MX_DROP_BAD_HEADER},
	{"IP version 7", 14, 0x70, 0, MX_DROP_BAD_HEADER},
	{"hop-by-hop options", 20, IPPROTO_HOPOPTS, 0, MX_DROP_IP_EXTENSION},
	{"a routing header", 20, IPPROTO_ROUTING, 0, MX_DROP_IP_EXTENSION},
	{"destination options", 20, IPPROTO_DSTOPTS, 0, MX_DROP_IP_EXTENSION},
	{"authentication", 20, IPPROTO_AH, 0, MX_DROP_IP_EXTENSION},
	{"encryption", 20, IPPROTO_ESP, 0, MX_DROP_IP_EXTENSION},
	{"mobility", 20, IPPROTO_MH, 0, MX_DROP_IP_EXTENSION},
	{"a fragment", 20, IPPROTO_FRAGMENT, 0, MX_DROP_FRAGMENT},
	{"nothing", 20, IPPROTO_NONE, 0, MX_DROP_NOT_TCP},
	{"UDP", 20, IPPROTO_UDP, 0, MX_DROP_NOT_TCP},
	{"ICMP of IPv4", 20, IPPROTO_ICMP, 0, MX_DROP_NOT_TCP},
	{"no ICMP", 20, IPPROTO_ICMPV6, 0, MX_DROP_BAD_ICMP},
	{"hop limit of one", 21, 1, 0, MX_DROP_TTL},
	{"hop limit of zero", 21, 0, 0, MX_DROP_TTL},
	{"TCP header of 16", 66, 0x40, 0, MX_DROP_BAD_HEADER},
	{"TCP header of 60", 66, 0xf0, 0, MX_DROP_BAD_HEADER},
	{"no flags", 67, 0, 0, MX_DROP_BAD_HEADER},
	{"SYN and FIN", 67, SYN | FIN, 0, MX_DROP_BAD_HEADER},
	{"another port", 57, 250, 0, MX_DROP_NO_SERVICE},
	{"port 0", 57, 0, 0, MX_DROP_BAD_HEADER},
	{"another MAC", 5, 0x77, 0, MX_DROP_NONE},
	{"another address", 53, 26, 0, MX_DROP_NONE},
};

START_TEST(every_broken_frame_has_its_own_reason)
{
	const struct segment syn = {
		.from = rig_client6, .to = rig_vip6, .flags = SYN};
	uint16_t bytes = frame_tcp(frame, &syn);

	frame[spoilt[_i].at] = spoilt[_i].value;
	if (spoilt[_i].bytes != 0)
		bytes = spoilt[_i].bytes;
	put(WAN, bytes);
	if (spoilt[_i].why == MX_DROP_NONE)
		ck_assert_msg(rig->count[0].to_kernel == 1, "%s",
			      spoilt[_i].what);
	else
		ck_assert_msg(rig_dropped(rig, spoilt[_i].why) == 1, "%s",
			      spoilt[_i].what);
	ck_assert_uint_eq(rig->count[0].tx, 0);
}
END_TEST

START_TEST(ipv4_addresses_in_ipv6_packets_are_a_lie)
{
	const struct segment syn = {
		.from = rig_client6, .to = rig_vip6, .flags = SYN};
	const struct mx_addr *four = _i % 2 ? &rig_vip.ip : &rig_client.ip;

	/* The builder goes by the family, so this field is changed by hand. */
	const uint16_t bytes = frame_tcp(frame, &syn);
	memcpy(frame + (_i % 2 ? 38 : 22), four, 16);
	frame_mend(frame, bytes);
	put(WAN, bytes);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BAD_HEADER), 1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	talk_assert_silence(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("slow");
	TCase *t = tcase_create("slow");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, who_looks_for_an_address_of_ours_finds_it, 0,
			    OWNED);
	tcase_add_test(t, whatever_else_a_solicitation_brings_along);
	tcase_add_loop_test(t, a_forged_solicitation_is_not_answered, 0, 2);
	tcase_add_test(t, foreign_targets_are_the_kernels);
	tcase_add_test(t, multicast_noise_is_the_kernels);
	tcase_add_test(
		t,
		what_is_to_us_by_one_header_and_to_many_by_another_is_not_answered);
	tcase_add_loop_test(t, echo_is_answered_for_owned_addresses_only, 0, 2);
	tcase_add_loop_test(t, a_wrong_echo_checksum_stays_wrong, 0, 2);
	tcase_add_loop_test(t, every_broken_frame_has_its_own_reason, 0,
			    RTE_DIM(spoilt));
	tcase_add_loop_test(t, ipv4_addresses_in_ipv6_packets_are_a_lie, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
