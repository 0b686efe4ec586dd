/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward modes dsr and tunnel: the client's packet reaches the backend whole,
 * by its MAC address alone or inside another packet.
 * Method: real worker_poll(); the wrapped frame is built from scratch. */
#include <stdlib.h>
#include <string.h>

#include <rte_udp.h>

#include "runner.h"
#include "talk.h"

static struct rig *rig;
static uint8_t out[FRAME_MAX];

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

static const struct {
	enum rig_service service;
	bool six;      /* the client's packet */
	bool outer6;   /* the tunnel's */
	uint16_t port; /* of GUE; 0: IP in IP */
	uint16_t overhead;
} ways[] = {
	{RIG_DSR_TO4, false, false, 0, 0},
	{RIG_DSR_TO6, true, true, 0, 0},
	{RIG_IPIP_TO4, false, false, 0, 20},
	{RIG_IPIP_TO4, true, false, 0, 20},
	{RIG_IPIP_TO6, false, true, 0, 40},
	{RIG_IPIP_TO6, true, true, 0, 40},
	{RIG_GUE_TO4, false, false, 6080, 28},
	{RIG_GUE_TO4, true, false, 6080, 28},
	{RIG_GUE_TO6, false, true, 6080, 48},
	{RIG_GUE_TO6, true, true, 6080, 48},
};
#define WAYS (int)RTE_DIM(ways)
#define DSRS 2

static struct talk
talk_of(int way, uint16_t port)
{
	const struct end client = talk_client(ways[way].six, port);

	return talk_make(rig, ways[way].service, &client);
}

/* Who sent the frame in `out` through the tunnel: what a flow may choose. */
static struct end
outer_source(int way)
{
	struct segment outer;

	frame_read(out, sizeof(out), &outer);
	if (ways[way].port == 0)
		outer.from.port = 0;
	return outer.from;
}

/* The frame as it should leave, given who sent the outer packet, if any. */
static uint16_t
twin_of(uint8_t *twin, int way, const struct segment *said,
	const struct end *source)
{
	struct wrapping wrapping = {.tos = said->tos};
	uint8_t inner[FRAME_MAX];
	const uint16_t bytes = frame_tcp(inner, said);
	const struct end mta = rig_mta(out[5]);

	if (way < DSRS) {
		memcpy(twin, inner, bytes);
		memcpy(twin, &mta.mac, 6);
		memcpy(twin + 6, &rig_local.mac, 6);
		return bytes;
	}
	wrapping.from = *source;
	wrapping.from.mac = rig_local.mac;
	wrapping.to = mta;
	wrapping.to.port = ways[way].port;
	return frame_wrap(twin, &wrapping, inner, bytes);
}

static void
assert_wrapped(int way, const struct segment *said, const struct end *source)
{
	uint8_t twin[FRAME_MAX];
	const uint16_t bytes = rig_get(rig, LAN, out);
	const struct end found = outer_source(way);

	ck_assert_uint_eq(bytes, twin_of(twin, way, said,
					 source == NULL ? &found : source));
	ck_assert_mem_eq(out, twin, bytes);
}

START_TEST(the_clients_packet_arrives_whole)
{
	const struct talk talk = talk_of(_i, 40000);
	struct segment said = talk_in(&talk, SYN);

	talk_send(&talk, WAN, &said);
	assert_wrapped(_i, &said, NULL);
	const struct end source = outer_source(_i);
	for (uint32_t i = 0; i < 500; i++) {
		said = talk_in(&talk, ACK | PSH);
		said.seq = i * 2654435761u;
		said.payload_bytes = (uint16_t)(i * 7 % 1400);
		said.seed = i;
		said.tos = (uint8_t)i; /* ECN is in it */
		said.ttl = (uint8_t)(2 + i % 250);
		talk_send(&talk, WAN, &said);
		assert_wrapped(_i, &said, &source);
	}
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
}
END_TEST

START_TEST(padding_does_not_travel_inside)
{
	const struct talk talk = talk_of(_i, 40000);
	const struct segment said = talk_in(&talk, SYN);
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &said);

	memset(frame + bytes, 0x55, 6);
	rig_put(rig, 0, WAN, frame, (uint16_t)(bytes + 6));
	rig_poll(rig);
	assert_wrapped(_i, &said, NULL);
}
END_TEST

/* Unless the port says that nobody has summed the inner one up. */
START_TEST(what_is_wrong_inside_is_wrong_outside)
{
	const int way = WAYS - 1 - _i / 2; /* GUE over IPv6 */
	const struct talk talk = talk_of(way, 40000);
	struct segment said = talk_in(&talk, SYN);
	struct rte_udp_hdr *udp = (void *)(out + 54);

	/* In a session that has begun: what would move it must be right. */
	talk_send(&talk, WAN, &said);
	said = talk_in(&talk, ACK);
	said.payload_bytes = 9;
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &said);

	frame[bytes - 3] ^= 0x11; /* of the checksum */
	rig->said = _i % 2 ? RTE_MBUF_F_RX_L4_CKSUM_NONE : 0;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
	const uint16_t sum = udp->dgram_cksum;
	udp->dgram_cksum = 0;
	ck_assert((sum == frame_sum(out, udp)) == _i % 2);
}
END_TEST

START_TEST(flows_spread_over_sources_and_ports_within_their_bounds)
{
	const bool outer6 = ways[_i].outer6;
	const struct mx_addr base =
		outer6 ? ip6(0xfd00, 3, 0) : ip4(10, 0, 2, 64);
	bool seen[256] = {false}, seen_port[256] = {false};
	uint32_t sources = 0, ports = 0;

	for (uint16_t i = 0; i < 500; i++) {
		const struct talk talk = talk_of(_i, (uint16_t)(1000 + i));
		const struct segment said = talk_in(&talk, SYN);

		talk_send(&talk, WAN, &said);
		assert_wrapped(_i, &said, NULL);
		const struct end source = outer_source(_i);
		const uint8_t last = source.ip.byte[15];
		if (outer6) {
			ck_assert_mem_eq(&source.ip, &base, 8);
		} else {
			ck_assert_mem_eq(&source.ip, &base, 15);
			ck_assert_uint_eq(last & 0xc0, 64);
		}
		sources += !seen[last];
		seen[last] = true;
		if (ways[_i].port == 0)
			continue;
		ck_assert_uint_ge(source.port, 49152);
		ports += !seen_port[source.port & 255];
		seen_port[source.port & 255] = true;
	}
	ck_assert_uint_ge(sources, 60);
	ck_assert(ways[_i].port == 0 || ports > 200);
}
END_TEST

START_TEST(a_packet_too_big_for_the_tunnel_is_answered)
{
	const int way = DSRS + _i;
	const uint16_t room = (uint16_t)(1500 - ways[way].overhead);
	const uint16_t headers = ways[way].six ? 60 : 40;
	const struct talk talk = talk_of(way, 40000);
	struct segment said = talk_in(&talk, SYN);
	uint8_t twin[FRAME_MAX];

	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].mtu = 1500;
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	said = talk_in(&talk, ACK);
	said.payload_bytes = (uint16_t)(room - headers);
	talk_send(&talk, WAN, &said);
	assert_wrapped(way, &said, NULL);

	said.payload_bytes++;
	said.ttl = 17;
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TOO_BIG), 1);
	ck_assert_uint_eq(rig->count[0].made, 1);
	struct error error = {
		.from = talk.vip,
		.to = talk.client,
		.type = ways[way].six ? 2 : 3,
		.code = ways[way].six ? 0 : 4,
		.mtu = room,
		.about = said,
		.made = true,
	};
	error.about.made = true;
	talk_assert_frame(rig, WAN, twin, frame_error(twin, &error));
	talk_assert_silence(rig);
}
END_TEST

START_TEST(an_mtu_nobody_knows_refuses_nothing)
{
	const int way = DSRS + _i;
	const struct talk talk = talk_of(way, 40000);
	struct segment said = talk_in(&talk, SYN);

	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	said = talk_in(&talk, ACK);
	said.payload_bytes = 1400;
	talk_send(&talk, WAN, &said);
	assert_wrapped(way, &said, NULL);
}
END_TEST

START_TEST(the_segment_size_is_clamped_to_what_the_tunnel_holds)
{
	const int way = DSRS + _i;
	const uint16_t most = (uint16_t)(1500 - ways[way].overhead -
					 (ways[way].six ? 60 : 40));
	static const uint16_t sizes[] = {536, 1300, 1460, 9000, 65535};
	struct talk talk = talk_of(way, 40000);

	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].mtu = 1500;
	for (size_t i = 0; i < RTE_DIM(sizes); i++) {
		for (uint8_t odd = 0; odd < 2; odd++) {
			struct segment said = talk_in(&talk, SYN);
			const uint16_t left = sizes[i] < most ? sizes[i] : most;
			uint8_t *mss = said.option + odd;

			said.option_bytes = 8;
			memset(said.option, 1, 8);
			memcpy(mss, (uint8_t[]){2, 4}, 2);
			mss[2] = (uint8_t)(sizes[i] >> 8);
			mss[3] = (uint8_t)sizes[i];
			talk.client.port++;
			said.from.port = talk.client.port;
			talk_send(&talk, WAN, &said);
			mss[2] = (uint8_t)(left >> 8);
			mss[3] = (uint8_t)left;
			assert_wrapped(way, &said, NULL);
		}
	}
}
END_TEST

/* As if the session were at another box, or its table were lost. */
START_TEST(a_segment_of_no_session_goes_where_the_table_says)
{
	struct talk talk = talk_of(_i, 1000);

	for (uint16_t i = 0; i < 100; i++) {
		talk.client.port = (uint16_t)(1000 + i);
		struct segment said = talk_in(&talk, ACK | PSH);

		talk_send(&talk, WAN, &said);
		assert_wrapped(_i, &said, NULL);
		const uint8_t number = out[5];
		said = talk_in(&talk, SYN);
		talk_send(&talk, WAN, &said);
		assert_wrapped(_i, &said, NULL);
		ck_assert_uint_eq(out[5], number);
	}
	ck_assert_uint_eq(rig_sessions(rig), 100);
}
END_TEST

START_TEST(however_loaded_that_backend_is)
{
	struct talk talk = talk_of(_i, 1000);
	struct segment said = talk_in(&talk, ACK);
	struct mx_plan *plan = rig_plan(rig);

	talk_send(&talk, WAN, &said);
	assert_wrapped(_i, &said, NULL);
	const uint8_t number = out[5];
	/* Sessions of others fill it up. */
	plan->backend[number].sessions_max = 1;
	rig->count[0].backend[number].opened = 1;
	talk_send(&talk, WAN, &said);
	assert_wrapped(_i, &said, NULL);
	ck_assert_uint_eq(out[5], number);
	ck_assert_uint_eq(rig->count[0].diverted, 0);
	said = talk_in(&talk, SYN);
	talk_send(&talk, WAN, &said);
	assert_wrapped(_i, &said, NULL);
	ck_assert_uint_ne(out[5], number);
}
END_TEST

START_TEST(a_session_stays_when_the_table_changes)
{
	const struct talk talk = talk_of(_i, 40000);
	struct segment said = talk_in(&talk, SYN);
	uint16_t weight[3] = {100, 100, 100};

	talk_send(&talk, WAN, &said);
	assert_wrapped(_i, &said, NULL);
	const uint8_t number = out[5];
	weight[(number - 1) % 3] = 0;
	rig_set_weights(rig, weight);
	said = talk_in(&talk, ACK);
	talk_send(&talk, WAN, &said);
	assert_wrapped(_i, &said, NULL);
	ck_assert_uint_eq(out[5], number);
	rig_restart(rig);
	talk_send(&talk, WAN, &said);
	assert_wrapped(_i, &said, NULL);
	ck_assert_uint_eq(out[5], number);
}
END_TEST

START_TEST(a_session_whose_service_forwards_otherwise_now_is_refused)
{
	const struct talk talk = talk_of(_i, 40000);
	struct segment said = talk_in(&talk, SYN);
	struct mx_service *service = &rig_plan(rig)->service[talk.service];

	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	service->forward = _i < DSRS ? MX_FORWARD_TUNNEL : MX_FORWARD_DSR;
	said = talk_in(&talk, ACK);
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SERVICE), 1);
	talk_assert_silence(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("bypass");
	TCase *t = tcase_create("bypass");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, the_clients_packet_arrives_whole, 0, WAYS);
	tcase_add_loop_test(t, padding_does_not_travel_inside, DSRS, WAYS);
	tcase_add_loop_test(t, what_is_wrong_inside_is_wrong_outside, 0, 4);
	tcase_add_loop_test(
		t, flows_spread_over_sources_and_ports_within_their_bounds,
		DSRS, WAYS);
	tcase_add_loop_test(t, a_packet_too_big_for_the_tunnel_is_answered, 0,
			    WAYS - DSRS);
	tcase_add_loop_test(t, an_mtu_nobody_knows_refuses_nothing, 0,
			    WAYS - DSRS);
	tcase_add_loop_test(
		t, the_segment_size_is_clamped_to_what_the_tunnel_holds, 0,
		WAYS - DSRS);
	tcase_add_loop_test(
		t, a_segment_of_no_session_goes_where_the_table_says, 0, WAYS);
	tcase_add_loop_test(t, however_loaded_that_backend_is, 0, WAYS);
	tcase_add_loop_test(t, a_session_stays_when_the_table_changes, 0, WAYS);
	tcase_add_loop_test(
		t, a_session_whose_service_forwards_otherwise_now_is_refused, 0,
		WAYS);
	suite_add_tcase(s, t);
	return s;
}
