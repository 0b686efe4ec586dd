/* SPDX-License-Identifier: BSD-3-Clause */
/* The fast path: what goes in by one port comes out of the other as it should,
 * byte for byte, and everything else is dropped for the right reason.
 * Method: real worker_poll() over ring ports; the expected frame is built from
 * scratch with its checksums computed in full. */
#include <stdlib.h>
#include <string.h>

#include <rte_icmp.h>
#include <rte_ip.h>

#include "rig.h"
#include "runner.h"

static struct rig *rig;
static uint8_t out[2048];

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

/* One session as both ends see it. */
struct talk {
	struct end client;
	struct end local;
	struct end mta;
};

static struct end
client_of(uint16_t port)
{
	struct end client = rig_client;

	client.port = port;
	return client;
}

static struct segment
from_client(const struct talk *talk, uint8_t flags)
{
	return (struct segment){
		.from = talk->client, .to = rig_vip, .flags = flags};
}

static struct segment
from_mta(const struct talk *talk, uint8_t flags)
{
	return (struct segment){
		.from = talk->mta, .to = talk->local, .flags = flags};
}

/* What became of a client's SYN, read off the frame in `out`. */
static struct talk
read_syn(uint16_t client_port)
{
	const struct rte_ipv4_hdr *ip = (void *)(out + 14);
	const struct rte_tcp_hdr *tcp = (void *)(out + 34);
	struct talk talk = {.client = client_of(client_port)};

	talk.mta = rig_mta((int)(rte_be_to_cpu_32(ip->dst_addr) & 0xff) - 10);
	talk.local = rig_local;
	talk.local.ip = rte_be_to_cpu_32(ip->src_addr);
	talk.local.port = rte_be_to_cpu_16(tcp->src_port);
	return talk;
}

static struct talk
send_syn(uint16_t client_port)
{
	const struct segment syn = {
		.from = client_of(client_port), .to = rig_vip, .flags = SYN};

	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
	return read_syn(client_port);
}

static void
in(const struct talk *talk, uint8_t flags)
{
	const struct segment segment = from_client(talk, flags);

	rig_send(rig, 0, WAN, &segment);
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
}

static void
back(const struct talk *talk, uint8_t flags)
{
	const struct segment segment = from_mta(talk, flags);

	rig_send(rig, 0, LAN, &segment);
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, WAN, out), 0);
}

static struct talk
establish(uint16_t client_port)
{
	const struct talk talk = send_syn(client_port);

	back(&talk, SYN | ACK);
	in(&talk, ACK);
	return talk;
}

static uint8_t
state_of(const struct talk *talk)
{
	const struct session_table *table = &rig->worker[0]->sessions;
	const struct mx_flow4 flow = {rte_cpu_to_be_32(talk->client.ip),
				      rte_cpu_to_be_32(rig_vip.ip),
				      rte_cpu_to_be_16(talk->client.port),
				      rte_cpu_to_be_16(rig_vip.port)};
	const struct mx_session *s =
		session_find(table, session_hash(table, &flow), &flow);

	return s == NULL ? MX_SESSION_FREE : atomic_load(&s->state);
}

/* The frame that just left is the one that `expected` describes. */
static void
assert_left(uint16_t port, const struct segment *expected)
{
	uint8_t twin[2048];
	const uint16_t bytes = frame_tcp(twin, expected);

	ck_assert_uint_eq(rig_get(rig, port, out), bytes);
	ck_assert_mem_eq(out, twin, bytes);
}

START_TEST(a_session_is_rewritten_both_ways_to_the_byte)
{
	struct talk talk = send_syn(40000);
	const struct end lan_port = rig_local;

	ck_assert(frame_sums_are_right(out, 54));
	for (uint32_t i = 0; i < 3000; i++) {
		const uint16_t bytes = (uint16_t)(i * 7 % 1461);
		struct segment segment = from_client(&talk, ACK | PSH);
		segment.seq = i * 2654435761u;
		segment.ack = i * 40503u;
		segment.payload_bytes = bytes;
		segment.seed = i;
		segment.ttl = (uint8_t)(2 + i % 250);
		rig_send(rig, 0, WAN, &segment);
		rig_poll(rig);

		segment.from = talk.local;
		segment.from.mac = lan_port.mac;
		segment.to = talk.mta;
		segment.ttl--;
		assert_left(LAN, &segment);

		segment = from_mta(&talk, ACK);
		segment.seq = ~i;
		segment.payload_bytes = bytes;
		segment.ttl = (uint8_t)(2 + i % 250);
		rig_send(rig, 0, LAN, &segment);
		rig_poll(rig);
		segment.from = rig_vip;
		segment.to = talk.client;
		segment.ttl--;
		assert_left(WAN, &segment);
	}
	ck_assert_uint_eq(rig->count[0].service[0].packets_in, 3001);
	ck_assert_uint_eq(rig->count[0].service[0].packets_out, 3000);
}
END_TEST

START_TEST(many_addresses_and_ports_keep_their_checksums_right)
{
	srand(1);
	for (int i = 0; i < 2000; i++) {
		struct segment syn = {.from = rig_client,
				      .to = rig_vip,
				      .flags = SYN,
				      .payload_bytes = (uint16_t)(rand() % 64)};
		syn.from.ip = (uint32_t)rand() | 0x01000000;
		syn.from.port = (uint16_t)(1 + rand() % 65535);
		rig_send(rig, 0, WAN, &syn);
		rig_poll(rig);
		const uint16_t bytes = rig_get(rig, LAN, out);
		ck_assert_uint_gt(bytes, 0);
		ck_assert(frame_sums_are_right(out, bytes));
	}
}
END_TEST

START_TEST(a_wrong_tcp_checksum_stays_wrong)
{
	uint8_t frame[2048];
	const struct segment syn = {
		.from = rig_client, .to = rig_vip, .flags = SYN};
	const uint16_t bytes = frame_tcp(frame, &syn);

	frame[50] ^= 0x40;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	ck_assert_uint_eq(rig_get(rig, LAN, out), bytes);
	ck_assert(!frame_sums_are_right(out, bytes));
}
END_TEST

START_TEST(a_session_lives_from_handshake_to_both_fins)
{
	const struct talk talk = send_syn(40000);

	ck_assert_uint_eq(state_of(&talk), MX_SESSION_OPENING);
	back(&talk, SYN | ACK);
	ck_assert_uint_eq(state_of(&talk), MX_SESSION_ANSWERED);
	in(&talk, ACK);
	ck_assert_uint_eq(state_of(&talk), MX_SESSION_ESTABLISHED);
	in(&talk, FIN | ACK);
	ck_assert_uint_eq(state_of(&talk), MX_SESSION_CLIENT_FIN);
	back(&talk, ACK | PSH);
	back(&talk, FIN | ACK);
	ck_assert_uint_eq(state_of(&talk), MX_SESSION_CLOSING);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 1);
	in(&talk, ACK);
	rig->worker[0]->now_s += 120;
	for (int i = 0; i < RIG_SESSIONS; i++)
		rig_poll(rig);
	ck_assert_uint_eq(state_of(&talk), MX_SESSION_FREE);
	ck_assert_uint_eq(rig->count[0].service[0].opened, 1);
	ck_assert_uint_eq(rig->count[0].service[0].established, 1);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 1);
	ck_assert_uint_eq(rig->count[0].service[0].abandoned, 0);
}
END_TEST

START_TEST(timers_are_those_of_the_state)
{
	static const struct {
		uint32_t after_s;
		bool established;
		bool lives;
	} cases[] = {
		{29, false, true},
		{30, false, false},
		{899, true, true},
		{900, true, false},
	};
	const struct talk talk =
		cases[_i].established ? establish(40000) : send_syn(40000);

	rig->worker[0]->now_s += cases[_i].after_s;
	for (int i = 0; i < RIG_SESSIONS; i++)
		rig_poll(rig);
	ck_assert_int_eq(state_of(&talk) != MX_SESSION_FREE, cases[_i].lives);
	ck_assert_uint_eq(rig->count[0].service[0].abandoned,
			  cases[_i].lives ? 0 : 1);
}
END_TEST

START_TEST(an_answer_after_nine_silent_minutes_arrives_even_half_closed)
{
	const struct talk talk = establish(40000);

	in(&talk, FIN | ACK);
	rig->worker[0]->now_s += 9 * 60;
	for (int i = 0; i < RIG_SESSIONS; i++)
		rig_poll(rig);
	back(&talk, ACK | PSH);
}
END_TEST

START_TEST(a_reset_is_passed_on_and_data_revives)
{
	const struct talk talk = establish(40000);

	in(&talk, RST);
	ck_assert_uint_eq(state_of(&talk), MX_SESSION_RESET);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 1);
	back(&talk, ACK | PSH);
	ck_assert_uint_eq(state_of(&talk), MX_SESSION_ESTABLISHED);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 0);
}
END_TEST

START_TEST(a_repeated_syn_goes_where_the_first_one_went)
{
	const struct talk first = send_syn(40000);
	const struct talk again = send_syn(40000);

	ck_assert_uint_eq(first.mta.ip, again.mta.ip);
	ck_assert_uint_eq(first.local.port, again.local.port);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(a_syn_on_a_live_session_leaves_it_alone)
{
	const struct talk first = establish(40000);
	const struct talk again = send_syn(40000);

	ck_assert_uint_eq(first.local.port, again.local.port);
	ck_assert_uint_eq(state_of(&first), MX_SESSION_ESTABLISHED);
}
END_TEST

START_TEST(a_syn_on_a_closing_session_opens_a_new_one)
{
	const struct talk first = establish(40000);

	in(&first, FIN | ACK);
	back(&first, FIN | ACK);
	const struct talk again = send_syn(40000);
	ck_assert(first.local.port != again.local.port ||
		  first.local.ip != again.local.ip);
	ck_assert_uint_eq(state_of(&again), MX_SESSION_OPENING);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(a_syn_never_follows_an_old_session_to_a_backend_that_is_down)
{
	const struct talk first = establish(40000);
	const int gone = (int)(first.mta.ip & 0xff) - 11;
	uint16_t weight[3] = {100, 100, 100};

	weight[gone] = 0;
	rig_set_weights(rig, weight);
	rig_plan(rig)->backend[gone + 1].up = 0;
	const struct talk again = send_syn(40000);
	ck_assert_uint_ne(first.mta.ip, again.mta.ip);
}
END_TEST

START_TEST(a_syn_on_a_live_session_of_a_draining_backend_leaves_it_alone)
{
	const struct talk live = establish(40000);
	const struct talk half = send_syn(40001);
	const int live_at = (int)(live.mta.ip & 0xff) - 11;
	const int half_at = (int)(half.mta.ip & 0xff) - 11;
	uint16_t weight[3] = {100, 100, 100};

	weight[live_at] = weight[half_at] = 0;
	rig_set_weights(rig, weight);
	ck_assert_uint_eq(send_syn(40000).local.port, live.local.port);
	ck_assert_uint_eq(state_of(&live), MX_SESSION_ESTABLISHED);
	/* A handshake that has not finished goes elsewhere. */
	ck_assert_uint_ne(send_syn(40001).mta.ip, half.mta.ip);
}
END_TEST

START_TEST(a_session_stays_with_a_backend_that_takes_no_new_ones)
{
	const struct talk talk = establish(40000);
	const int gone = (int)(talk.mta.ip & 0xff) - 11;
	uint16_t weight[3] = {100, 100, 100};

	weight[gone] = 0;
	rig_set_weights(rig, weight);
	in(&talk, ACK | PSH);
	back(&talk, ACK | PSH);
	for (uint16_t port = 1000; port < 1200; port++)
		ck_assert_uint_ne(send_syn(port).mta.ip, talk.mta.ip);
}
END_TEST

START_TEST(sessions_outlive_the_process)
{
	struct talk talk[200];

	for (uint16_t i = 0; i < 200; i++)
		talk[i] = establish((uint16_t)(2000 + i));
	rig_restart(rig);
	ck_assert_uint_eq(rig_sessions(rig), 200);
	ck_assert_uint_eq(rig->count[0].service[0].opened, 200);
	for (uint16_t i = 0; i < 200; i++) {
		in(&talk[i], ACK | PSH);
		back(&talk[i], ACK | PSH);
	}
	const struct talk fresh = send_syn(5000);
	for (uint16_t i = 0; i < 200; i++)
		ck_assert(fresh.local.port != talk[i].local.port ||
			  fresh.local.ip != talk[i].local.ip);
}
END_TEST

START_TEST(sessions_of_a_spoilt_file_are_left_behind)
{
	struct mx_session *session = rig->file[0]->session;

	establish(2000);
	establish(2001);
	establish(2002);
	establish(2003);
	establish(2004);
	/* Indexes are given out in order. */
	atomic_store(&session[0].state, 77);
	session[1].backend = 60000;
	session[2].local_port_be = session[3].local_port_be;
	session[2].local_be = session[3].local_be;
	session[4].client_port = 200;
	rig_restart(rig);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

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
	const struct talk talk = establish(40000);
	struct segment segment = from_mta(&talk, ACK);

	segment.from.ip = RTE_IPV4(10, 0, 2, 99);
	rig_send(rig, 0, LAN, &segment);
	segment = from_mta(&talk, ACK);
	segment.from.port = 26;
	rig_send(rig, 0, LAN, &segment);
	segment = from_mta(&talk, ACK);
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
		.from = client_of(50000), .to = rig_vip, .flags = SYN};

	const uint64_t before = rig_dropped(rig, why);
	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, why), before + 1);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
}

START_TEST(what_cannot_be_served_is_refused_with_its_reason)
{
	const struct talk talk = establish(40000);
	const int id = (int)(talk.mta.ip & 0xff) - 10;

	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	refuse_syn(MX_DROP_NO_BACKEND);
	rig_set_weights(rig, (const uint16_t[]){1, 1, 1});
	for (int i = 1; i <= 3; i++)
		rig_plan(rig)->backend[i].resolved = 0;
	refuse_syn(MX_DROP_NO_NEXTHOP);
	const struct segment data = from_client(&talk, ACK);
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
			establish((uint16_t)(1000 + i));
	ck_assert_uint_eq(rig_sessions(rig), RIG_SESSIONS);

	uint64_t opened = 0;
	for (uint16_t i = 0; i < 2 * RIG_SESSIONS / 100; i++) {
		const struct segment syn = {
			.from = client_of((uint16_t)(30000 + i)),
			.to = rig_vip,
			.flags = SYN};
		rig_send(rig, 0, WAN, &syn);
		rig_poll(rig);
		if (rig_get(rig, LAN, out) == 0)
			continue;
		const struct talk talk = read_syn(syn.from.port);
		back(&talk, SYN | ACK);
		in(&talk, ACK);
		opened++;
	}
	ck_assert_uint_gt(opened, 0);
	ck_assert_uint_le(opened, 100);
	uint32_t established = 0;
	for (uint32_t i = 0; i < RIG_SESSIONS; i++)
		established += atomic_load(&rig->file[0]->session[i].state) ==
			       MX_SESSION_ESTABLISHED;
	ck_assert_uint_ge(established, RIG_SESSIONS - 100 + opened);
}
END_TEST

START_TEST(local_ports_run_out_and_come_back)
{
	struct portmap *map = rig->worker[0]->map;
	struct talk talk;

	/* One port left at each address. */
	for (int slot = 0; slot < 2; slot++)
		for (uint32_t i = 1; i < map[slot].count; i++)
			portmap_take(&map[slot], 0);
	establish(1);
	send_syn(2);
	/* A session that is only half open gives way to a new one, as soon as
	 * the search of one of its SYNs comes by... */
	const struct segment syn = {
		.from = client_of(3), .to = rig_vip, .flags = SYN};
	for (int i = 0; i < RIG_SESSIONS && rig_get(rig, LAN, out) == 0; i++) {
		rig_send(rig, 0, WAN, &syn);
		rig_poll(rig);
	}
	talk = read_syn(3);
	back(&talk, SYN | ACK);
	in(&talk, ACK);
	ck_assert_uint_eq(rig_sessions(rig), 2);
	/* ...but one that carries mail does not. */
	for (int i = 0; i < 100; i++)
		refuse_syn(MX_DROP_NO_PORT);
	in(&talk, FIN | ACK);
	back(&talk, FIN | ACK);
	rig->worker[0]->now_s += 120;
	for (int i = 0; i < RIG_SESSIONS; i++)
		rig_poll(rig);
	send_syn(4);
	ck_assert_uint_eq(rig_sessions(rig), 2);
}
END_TEST

START_TEST(arp_and_echo_are_answered_for_owned_addresses_only)
{
	static const struct end *const owned[] = {&rig_vip, &rig_local};
	const struct end *to = owned[_i];
	uint8_t frame[2048];
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
	ck_assert_uint_eq(out[34], RTE_IP_ICMP_ECHO_REPLY);
	ck_assert_mem_eq(out + 42, frame + 42, 99);
	ck_assert_uint_eq(rig->count[0].answered, 2);

	stranger.ip++;
	stranger.ip++;
	rig_put(rig, 0, WAN, frame, frame_arp(frame, &rig_client, &stranger));
	rig_poll(rig);
	ck_assert_uint_eq(rig_get(rig, WAN, out), 0);
	ck_assert_uint_eq(rig->count[0].to_kernel, 1);
}
END_TEST

/* Each row spoils one thing of a good SYN: or-ing, or setting, one byte. */
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
	{"an ICMP error", 23, IPPROTO_ICMP, 0, true, MX_DROP_NOT_TCP},
	{"TCP header of 16", 46, 0x40, 0, false, MX_DROP_BAD_HEADER},
	{"TCP header of 60", 46, 0xf0, 0, false, MX_DROP_BAD_HEADER},
	{"no flags", 47, 0, 0, false, MX_DROP_BAD_HEADER},
	{"SYN and FIN", 47, SYN | FIN, 0, false, MX_DROP_BAD_HEADER},
	{"SYN and RST", 47, SYN | RST, 0, false, MX_DROP_BAD_HEADER},
	{"another port", 37, 26, 0, false, MX_DROP_NO_SERVICE},
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
	uint8_t frame[2048];
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

START_TEST(no_frame_upsets_the_worker_or_its_accounts)
{
	struct talk talk = establish(40000);
	uint8_t frame[2048];

	srand(2);
	for (int i = 0; i < 100000; i++) {
		const struct segment segment =
			rand() % 2 ? from_client(&talk, (uint8_t)rand())
				   : from_mta(&talk, (uint8_t)rand());
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
	const struct talk talk = establish(40000);
	const struct segment data = from_client(&talk, ACK);

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
	Suite *s = suite_create("poll");
	TCase *t = tcase_create("poll");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_session_is_rewritten_both_ways_to_the_byte);
	tcase_add_test(t, many_addresses_and_ports_keep_their_checksums_right);
	tcase_add_test(t, a_wrong_tcp_checksum_stays_wrong);
	tcase_add_test(t, a_session_lives_from_handshake_to_both_fins);
	tcase_add_loop_test(t, timers_are_those_of_the_state, 0, 4);
	tcase_add_test(
		t,
		an_answer_after_nine_silent_minutes_arrives_even_half_closed);
	tcase_add_test(t, a_reset_is_passed_on_and_data_revives);
	tcase_add_test(t, a_repeated_syn_goes_where_the_first_one_went);
	tcase_add_test(t, a_syn_on_a_live_session_leaves_it_alone);
	tcase_add_test(t, a_syn_on_a_closing_session_opens_a_new_one);
	tcase_add_test(
		t,
		a_syn_never_follows_an_old_session_to_a_backend_that_is_down);
	tcase_add_test(
		t,
		a_syn_on_a_live_session_of_a_draining_backend_leaves_it_alone);
	tcase_add_test(t,
		       a_session_stays_with_a_backend_that_takes_no_new_ones);
	tcase_add_test(t, sessions_outlive_the_process);
	tcase_add_test(t, sessions_of_a_spoilt_file_are_left_behind);
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
