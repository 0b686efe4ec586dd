/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that are not forwarded: each is dropped for its own reason, or goes to
 * the kernel, and the worker and its accounts stay correct.
 * Method: real worker_poll() over ring ports. */
#include <stdlib.h>
#include <string.h>

#include "onerig.h"
#include "runner.h"

static uint8_t out[FRAME_MAX];

static struct talk
send_syn(uint16_t client_port)
{
	const struct end client = talk_client(false, client_port);
	struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &client);

	talk_syn(&talk);
	return talk;
}

START_TEST(a_segment_without_a_session_opens_none)
{
	static const uint8_t flags[] = {ACK, RST, FIN | ACK, SYN | ACK,
					PSH | ACK};
	const struct segment segment = {
		.from = rig_client, .to = rig_vip, .flags = flags[_i]};

	rig_send(rig, 0, WAN, &segment);
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SESSION), 1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(a_reply_must_come_from_the_backend_of_its_session)
{
	const struct talk talk = onerig_open(40000);
	struct segment segment = talk_back(&talk, ACK);

	segment.from.ip = ip4(10, 0, 2, 99);
	rig_send(rig, 0, LAN, &segment);
	segment = talk_back(&talk, ACK);
	segment.from.port = 26;
	rig_send(rig, 0, LAN, &segment);
	segment = talk_back(&talk, ACK);
	segment.to.port++;
	rig_send(rig, 0, LAN, &segment);
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NOT_OURS), 2);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SESSION), 1);
}
END_TEST

static void
refuse_syn(enum mx_drop why)
{
	const struct segment syn = {
		.from = talk_client(false, 50000), .to = rig_vip, .flags = SYN};

	const uint64_t before = rig_dropped(rig, why);
	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, why), before + 1);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
}

START_TEST(what_cannot_be_served_is_refused_with_its_reason)
{
	const struct talk talk = onerig_open(40000);
	const int id = rig_mta_number(&talk.mta.ip);

	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	refuse_syn(MX_DROP_NO_BACKEND);
	rig_set_weights(rig, (const uint16_t[]){1, 1, 1});
	for (int i = 1; i <= 3; i++)
		rig_plan(rig)->backend[i].resolved = 0;
	refuse_syn(MX_DROP_NO_NEXTHOP);
	/* The service that lost a client's frame is known. */
	ck_assert_uint_eq(rig->count[0].refused[0][MX_DROP_NO_BACKEND],
			  rig_dropped(rig, MX_DROP_NO_BACKEND));
	ck_assert_uint_eq(rig->count[0].refused[0][MX_DROP_NO_NEXTHOP],
			  rig_dropped(rig, MX_DROP_NO_NEXTHOP));
	const struct segment data = talk_in(&talk, ACK);
	rig_plan(rig)->backend[id].address.port_be ^= 1;
	rig_send(rig, 0, WAN, &data);
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BACKEND_GONE), 1);
}
END_TEST

START_TEST(a_full_table_gives_up_half_open_sessions_but_no_live_one)
{
	for (uint16_t i = 0; i < RIG_SESSIONS; i++)
		if (i < 100)
			send_syn((uint16_t)(1000 + i));
		else
			onerig_open((uint16_t)(1000 + i));
	ck_assert_uint_eq(rig_sessions(rig), RIG_SESSIONS);

	uint64_t opened = 0;
	for (uint16_t i = 0; i < 2 * RIG_SESSIONS / 100; i++) {
		const struct segment syn = {
			.from = talk_client(false, (uint16_t)(30000 + i)),
			.to = rig_vip,
			.flags = SYN};
		rig_send(rig, 0, WAN, &syn);
		rig_poll(rig);
		if (rig_get(rig, LAN, out) == 0)
			continue;
		const struct talk talk = send_syn(syn.from.port);
		talk_hear(&talk, SYN | ACK);
		talk_say(&talk, ACK);
		opened++;
	}
	ck_assert_uint_gt(opened, 0);
	ck_assert_uint_le(opened, 100);
	uint32_t onerig_live = 0;
	for (uint32_t i = 0; i < RIG_SESSIONS; i++) {
		const uint8_t state =
			atomic_load(&rig->file[0]->session[i].state);
		onerig_live += state == MX_SESSION_ESTABLISHED ||
			       state == MX_SESSION_GREETING;
	}
	ck_assert_uint_ge(onerig_live, RIG_SESSIONS - 100 + opened);
}
END_TEST

START_TEST(local_ports_run_out_and_come_back)
{
	struct portmap *map = rig->worker[0]->map;

	/* One port left at each address. */
	for (int slot = 0; slot < 2; slot++)
		for (uint32_t i = 1; i < map[slot].count; i++)
			portmap_take(&map[slot], 0);
	onerig_open(1);
	send_syn(2);
	/* A session that is only half open gives way to a new one... */
	const struct talk talk = send_syn(3);
	talk_hear(&talk, SYN | ACK);
	talk_say(&talk, ACK);
	ck_assert_uint_eq(rig_sessions(rig), 2);
	/* ...but one that carries mail does not. */
	for (int i = 0; i < 100; i++)
		refuse_syn(MX_DROP_NO_PORT);
	talk_say(&talk, FIN | ACK);
	talk_hear(&talk, FIN | ACK);
	rig_pass_s(rig, 120);
	send_syn(4);
	ck_assert_uint_eq(rig_sessions(rig), 2);
}
END_TEST

START_TEST(arp_and_echo_are_answered_for_owned_addresses_only)
{
	static const struct end *const owned[] = {&rig_vip, &rig_local};
	const struct end *to = owned[_i];
	uint8_t frame[FRAME_MAX];
	struct end stranger = *to;

	rig_put(rig, 0, WAN, frame, frame_arp(frame, &rig_client, to));
	rig_poll(rig);
	ck_assert_uint_eq(rig_get(rig, WAN, out), 42);
	ck_assert_mem_eq(out, &rig_client.mac, 6);
	ck_assert_mem_eq(out + 22, &rig_vip.mac, 6); /* sender: the port */
	ck_assert_uint_eq(out[21], 2);               /* a reply */

	struct end echo_to = *to;
	echo_to.mac = rig_vip.mac;
	const uint16_t bytes = frame_echo(frame, &rig_client, &echo_to, 99);
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	ck_assert_uint_eq(rig_get(rig, WAN, out), bytes);
	ck_assert(frame_sums_are_right(out, bytes));
	ck_assert_uint_eq(out[34], 0); /* a reply */
	ck_assert_mem_eq(out + 42, frame + 42, 99);
	ck_assert_uint_eq(rig->count[0].answered, 2);

	stranger.ip.byte[15] += 2;
	rig_put(rig, 0, WAN, frame, frame_arp(frame, &rig_client, &stranger));
	rig_poll(rig);
	ck_assert_uint_eq(rig_get(rig, WAN, out), 0);
	ck_assert_uint_eq(rig->count[0].to_kernel, 1);
}
END_TEST

/* Each row changes one thing of a good SYN: it sets, or or-s, one byte. */
static const struct {
	const char *what;
	uint16_t at;
	uint8_t value;
	uint16_t bytes;   /* cut the frame; 0: whole */
	bool sum;         /* mend the IPv4 checksum afterwards */
	enum mx_drop why; /* NONE: to the kernel */
} spoilt[] = {
	{"cut in the Ethernet header", 0, 0x02, 13, false, MX_DROP_TRUNCATED},
	{"cut in the IPv4 header", 0, 0x02, 33, false, MX_DROP_TRUNCATED},
	{"cut in the TCP header", 0, 0x02, 53, false, MX_DROP_TRUNCATED},
	{"longer than the frame", 16, 0x05, 0, true, MX_DROP_TRUNCATED},
	{"shorter than its header", 17, 19, 0, true, MX_DROP_BAD_HEADER},
	{"no room for TCP", 17, 39, 0, true, MX_DROP_TRUNCATED},
	{"IP version 6", 14, 0x65, 0, true, MX_DROP_BAD_HEADER},
	{"header of 16 bytes", 14, 0x44, 0, true, MX_DROP_BAD_HEADER},
	{"options", 14, 0x46, 0, true, MX_DROP_IP_OPTIONS},
	{"wrong checksum", 24, 0x5a, 0, false, MX_DROP_BAD_CHECKSUM},
	{"more fragments", 20, 0x20, 0, true, MX_DROP_FRAGMENT},
	{"a later fragment", 21, 0x08, 0, true, MX_DROP_FRAGMENT},
	{"ttl of one", 22, 1, 0, true, MX_DROP_TTL},
	{"ttl of zero", 22, 0, 0, true, MX_DROP_TTL},
	{"UDP", 23, IPPROTO_UDP, 0, true, MX_DROP_NOT_TCP},
	{"no ICMP", 23, IPPROTO_ICMP, 0, true, MX_DROP_BAD_ICMP},
	{"TCP header of 16", 46, 0x40, 0, false, MX_DROP_BAD_HEADER},
	{"TCP header of 60", 46, 0xf0, 0, false, MX_DROP_BAD_HEADER},
	{"no flags", 47, 0, 0, false, MX_DROP_BAD_HEADER},
	{"SYN and FIN", 47, SYN | FIN, 0, false, MX_DROP_BAD_HEADER},
	{"SYN and RST", 47, SYN | RST, 0, false, MX_DROP_BAD_HEADER},
	{"another port", 37, 250, 0, false, MX_DROP_NO_SERVICE},
	{"port 0", 37, 0, 0, false, MX_DROP_BAD_HEADER},
	{"the port's own frame", 11, 0x01, 0, false, MX_DROP_OWN_FRAME},
	{"another MAC", 5, 0x77, 0, false, MX_DROP_NONE},
	{"another address", 33, 26, 0, true, MX_DROP_NONE},
	{"another type", 12, 0x86, 0, false, MX_DROP_NONE},
};

START_TEST(every_broken_frame_has_its_own_reason)
{
	const struct segment syn = {
		.from = rig_client, .to = rig_vip, .flags = SYN};
	uint8_t frame[FRAME_MAX];
	struct rte_ipv4_hdr *ip = (void *)(frame + 14);
	uint16_t bytes = frame_tcp(frame, &syn);

	frame[spoilt[_i].at] = spoilt[_i].value;
	if (spoilt[_i].why == MX_DROP_OWN_FRAME)
		memcpy(frame + 6, &rig_vip.mac, 6);
	if (spoilt[_i].sum) {
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	if (spoilt[_i].bytes != 0)
		bytes = spoilt[_i].bytes;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	if (spoilt[_i].why == MX_DROP_NONE)
		ck_assert_msg(rig->count[0].to_kernel == 1, "%s",
			      spoilt[_i].what);
	else
		ck_assert_msg(rig_dropped(rig, spoilt[_i].why) == 1, "%s",
			      spoilt[_i].what);
	ck_assert_uint_eq(rig->count[0].tx, 0);
}
END_TEST

/* What a port reports of a right frame, or of a wrong IPv4 checksum. */
#define IP_SAYS(what) RTE_MBUF_F_RX_IP_CKSUM_##what
#define TCP_SAYS(what) RTE_MBUF_F_RX_L4_CKSUM_##what
/* clang-format off */
static const struct {
	uint64_t said;
	bool wrong, six, dropped;
} judged[] = {
	{IP_SAYS(GOOD) | TCP_SAYS(GOOD), false, false, false},
	{IP_SAYS(GOOD) | TCP_SAYS(GOOD), false, true, false},
	{IP_SAYS(GOOD) | TCP_SAYS(GOOD), true, false, false}, /* believed */
	{IP_SAYS(BAD), false, false, true},
	{IP_SAYS(BAD) | TCP_SAYS(GOOD), false, false, true},
	{IP_SAYS(GOOD) | TCP_SAYS(BAD), false, false, true},
	{TCP_SAYS(BAD), false, false, true},
	{TCP_SAYS(BAD), false, true, true},
	/* The port does not know: software checks. */
	{IP_SAYS(NONE), false, false, false},
	{IP_SAYS(NONE), true, false, true},
	{TCP_SAYS(NONE), false, true, false},
	{IP_SAYS(NONE) | TCP_SAYS(NONE), false, false, false},
	{IP_SAYS(NONE) | TCP_SAYS(BAD), false, false, true},
	{IP_SAYS(BAD) | TCP_SAYS(NONE), false, false, true},
};
/* clang-format on */

START_TEST(what_a_port_says_of_checksums_counts)
{
	const bool six = judged[_i].six;
	const struct segment syn = {.from = six ? rig_client6 : rig_client,
				    .to = six ? rig_vip6 : rig_vip,
				    .flags = SYN};
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &syn);

	frame[24] ^= judged[_i].wrong;
	rig->said = judged[_i].said;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BAD_CHECKSUM),
			  judged[_i].dropped);
	ck_assert_uint_eq(rig->count[0].tx, !judged[_i].dropped);
}
END_TEST

START_TEST(no_frame_upsets_the_worker_or_its_accounts)
{
	struct talk talk = onerig_open(40000);
	uint8_t frame[FRAME_MAX];

	srand(2);
	for (int i = 0; i < 100000; i++) {
		const struct segment segment =
			rand() % 2 ? talk_in(&talk, (uint8_t)rand())
				   : talk_back(&talk, (uint8_t)rand());
		uint16_t bytes = frame_tcp(frame, &segment);
		const int changes = rand() % 4;

		for (int k = 0; k < changes; k++)
			frame[rand() % 54] = (uint8_t)rand();
		if (rand() % 4 == 0)
			bytes = (uint16_t)(rand() % (bytes + 1));
		if (rand() % 2) {
			struct rte_ipv4_hdr *ip = (void *)(frame + 14);
			ip->hdr_checksum = 0;
			ip->hdr_checksum = rte_ipv4_cksum(ip);
		}
		rig_put(rig, 0, rand() % 2 ? WAN : LAN, frame, bytes);
		if (i % 16 == 0) {
			rig_poll(rig); /* checks the equation */
			rig_flush(rig);
		}
	}
	rig_poll(rig);
}
END_TEST

START_TEST(a_full_port_costs_frames_and_is_counted)
{
	const struct talk talk = onerig_open(40000);
	const struct segment data = talk_in(&talk, ACK);

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 500; i++)
			rig_send(rig, 0, WAN, &data);
		rig_poll(rig);
	}
	ck_assert_uint_gt(rig_dropped(rig, MX_DROP_TX_FULL), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drops");
	TCase *t = tcase_create("drops");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, what_a_port_says_of_checksums_counts, 0,
			    (int)(sizeof(judged) / sizeof(judged[0])));
	tcase_add_loop_test(t, a_segment_without_a_session_opens_none, 0, 5);
	tcase_add_test(t, a_reply_must_come_from_the_backend_of_its_session);
	tcase_add_test(t, what_cannot_be_served_is_refused_with_its_reason);
	tcase_add_test(
		t, a_full_table_gives_up_half_open_sessions_but_no_live_one);
	tcase_add_test(t, local_ports_run_out_and_come_back);
	tcase_add_loop_test(
		t, arp_and_echo_are_answered_for_owned_addresses_only, 0, 2);
	tcase_add_loop_test(t, every_broken_frame_has_its_own_reason, 0,
			    sizeof(spoilt) / sizeof(spoilt[0]));
	tcase_add_test(t, no_frame_upsets_the_worker_or_its_accounts);
	tcase_add_test(t, a_full_port_costs_frames_and_is_counted);
	suite_add_tcase(s, t);
	return s;
}
