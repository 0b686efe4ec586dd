/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors in dsr and tunnel: the backend has sent the packet as the VIP, so
 * the error goes unchanged to the backend that has the session.
 * Method: real worker_poll(); the error that leaves is the one that came,
 * behind the header of a tunnel. */
#include <stdlib.h>
#include <string.h>

#include "onerig.h"
#include "runner.h"

static const struct {
	enum rig_service service;
	bool six;
	uint16_t around; /* bytes of the tunnel */
} ways[] = {
	{RIG_DSR_TO4, false, 0},   {RIG_DSR_TO6, true, 0},
	{RIG_IPIP_TO4, false, 20}, {RIG_IPIP_TO4, true, 20},
	{RIG_IPIP_TO6, false, 40}, {RIG_IPIP_TO6, true, 40},
	{RIG_GUE_TO4, false, 28},  {RIG_GUE_TO4, true, 28},
	{RIG_GUE_TO6, false, 48},  {RIG_GUE_TO6, true, 48},
};
#define WAYS (int)RTE_DIM(ways)
#define DSRS 2

static struct talk
talk_of(int way, uint16_t port)
{
	const struct end client = talk_client(ways[way].six, port);

	return talk_make(rig, ways[way].service, &client);
}

/* The backend that gets a client's segment. */
static uint8_t
who_gets(const struct talk *talk, uint8_t flags)
{
	const struct segment said = talk_in(talk, flags);
	uint8_t out[FRAME_MAX];

	talk_send(talk, WAN, &said);
	ck_assert_uint_gt(rig_get(talk->rig, LAN, out), 0);
	return out[5];
}

/* Make an error about a packet of the backend to the client. */
static uint16_t
error_of(uint8_t *frame, const struct talk *talk, uint16_t payload_bytes)
{
	const bool six = !mx_addr_is4(&talk->client.ip);
	const struct error error = {
		.from = {.mac = talk->client.mac,
			 .ip = six ? ip6(0x2001, 0x1111, 1)
				   : ip4(192, 0, 2, 1)},
		.to = talk->vip,
		.type = six ? 2 : 3,
		.code = six ? 0 : 4,
		.mtu = 1300,
		.about = {.from = talk->vip,
			  .to = talk->client,
			  .flags = ACK,
			  .payload_bytes = payload_bytes},
		.quote_bytes = 1400,
	};

	return frame_error(frame, &error);
}

static void
assert_passed(int way, const uint8_t *frame, uint16_t bytes, uint8_t number)
{
	const uint16_t around = ways[way].around;
	uint8_t out[FRAME_MAX];

	ck_assert_uint_eq(rig_get(rig, LAN, out), bytes + around);
	ck_assert_mem_eq(out + 14 + around, frame + 14, (size_t)bytes - 14);
	ck_assert_uint_eq(out[5], number);
	talk_assert_silence(rig);
}

START_TEST(an_error_passes_to_the_backend_of_its_session)
{
	uint16_t weight[3] = {100, 100, 100};
	uint8_t frame[FRAME_MAX];

	for (uint16_t i = 0; i < 30; i++) {
		const struct talk talk = talk_of(_i, (uint16_t)(1000 + i));
		const uint8_t number = who_gets(&talk, SYN);

		/* The session decides, whatever the table says now. */
		weight[(number - 1) % 3] = 0;
		rig_set_weights(rig, weight);
		const uint16_t bytes = error_of(frame, &talk, 30);
		rig_put(rig, 0, WAN, frame, bytes);
		rig_poll(rig);
		assert_passed(_i, frame, bytes, number);
		weight[(number - 1) % 3] = 100;
		rig_set_weights(rig, weight);
	}
}
END_TEST

START_TEST(an_error_about_no_session_goes_where_its_segments_would)
{
	uint8_t frame[FRAME_MAX];

	for (uint16_t i = 0; i < 30; i++) {
		const struct talk talk = talk_of(_i, (uint16_t)(1000 + i));
		const uint16_t bytes = error_of(frame, &talk, 30);

		rig_put(rig, 0, WAN, frame, bytes);
		rig_poll(rig);
		uint8_t out[FRAME_MAX];
		ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
		ck_assert_uint_eq(out[5], who_gets(&talk, ACK));
	}
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(an_error_to_a_worker_it_is_not_for_finds_its_way)
{
	uint8_t frame[FRAME_MAX];

	rig_free(rig);
	rig = rig_make(3);
	for (uint16_t i = 0; i < 60; i++) {
		const struct talk talk = talk_of(_i, (uint16_t)(1000 + i));
		const uint8_t number = who_gets(&talk, SYN);
		const uint16_t bytes = error_of(frame, &talk, 30);

		rig_put(rig, i % 3, WAN, frame, bytes);
		rig_poll(rig);
		assert_passed(_i, frame, bytes, number);
	}
}
END_TEST

START_TEST(an_error_too_big_for_the_tunnel_is_not_answered)
{
	const int way = DSRS + _i;
	const struct talk talk = talk_of(way, 1000);
	uint8_t frame[FRAME_MAX];

	who_gets(&talk, SYN);
	const uint16_t bytes = error_of(frame, &talk, 1380);
	ck_assert_uint_gt(bytes + ways[way].around, 1400u + 14);
	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].mtu = 1400;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	/* RFC 1122 3.2.2: no error about an error. */
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TOO_BIG), 1);
	ck_assert_uint_eq(rig->count[0].made, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("passed");
	TCase *t = tcase_create("passed");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, an_error_passes_to_the_backend_of_its_session, 0,
			    WAYS);
	tcase_add_loop_test(
		t, an_error_about_no_session_goes_where_its_segments_would, 0,
		WAYS);
	tcase_add_loop_test(t, an_error_to_a_worker_it_is_not_for_finds_its_way,
			    0, WAYS);
	tcase_add_loop_test(t, an_error_too_big_for_the_tunnel_is_not_answered,
			    0, WAYS - DSRS);
	suite_add_tcase(s, t);
	return s;
}
