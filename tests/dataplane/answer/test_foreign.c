/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors that fit no session, or contradict themselves: each is dropped or
 * goes to the kernel, and no other host gets it.
 * Method: real worker_poll(); a good error is changed in one place. */
#include <string.h>

#include "errortalk.h"
#include "runner.h"

/* The reason why an error fits no session; NONE: the kernel gets it. */
enum fault {
	SUM,
	OUTER_CUT,
	QUOTE_7,
	ANOTHER_TYPE,
	ECHO_REPLY,
	NOT_TCP,
	ANOTHER_PORT,
	ANOTHER_SERVER,
	ANOTHER_SENDER,
	LOW_PORT,
	FAULTS,
};

/* Change an error about a packet to the backend (as its frame shows it). */
static uint16_t
spoil(uint8_t *frame, uint16_t bytes, enum fault fault)
{
	const bool four = frame_is4(frame);
	uint8_t *icmp = frame + 14 + (four ? 20 : 40);
	uint8_t *inner = icmp + 8;
	uint8_t *tcp = inner + (four ? 20 : 40);

	switch (fault) {
	case SUM:
		icmp[2] ^= 1;
		return bytes;
	case OUTER_CUT:
		return (uint16_t)(icmp - frame + 7);
	case ANOTHER_TYPE:
		icmp[0] = four ? 5 : 137; /* redirect */
		break;
	case ECHO_REPLY:
		icmp[0] = four ? 0 : 129;
		break;
	case NOT_TCP:
		inner[four ? 9 : 6] = IPPROTO_UDP;
		break;
	case ANOTHER_PORT:
		tcp[1] ^= 1;
		break;
	case ANOTHER_SERVER:
		tcp[-1] ^= 0x40;
		break;
	case ANOTHER_SENDER:
		tcp[four ? -5 : -17] ^= 0x40;
		break;
	case LOW_PORT:
		tcp[0] = 0;
		break;
	default:
		break;
	}
	frame_mend(frame, bytes);
	return bytes;
}

START_TEST(what_is_no_error_of_ours_is_dropped)
{
	const int way = _i / FAULTS;
	const enum fault fault = (enum fault)(_i % FAULTS);
	const struct proxytalk p = errortalk_open(way);
	const bool nat = !errortalk_is4(&p.talk.local)
				 ? errortalk_ways[way].service == RIG_NAT_TO6
				 : errortalk_ways[way].service == RIG_NAT_TO4;
	const struct segment left =
		talk_left_in(&p.talk, proxytalk_in(&p, ACK, 0, 0));
	struct error error = talk_error(LAN, &left);
	uint8_t frame[FRAME_MAX];

	if (fault == QUOTE_7)
		error.quote_bytes = 7;
	const uint16_t bytes = spoil(frame, frame_error(frame, &error), fault);
	rig_put(rig, 0, LAN, frame, bytes);
	rig_poll(rig);
	talk_assert_silence(rig);
	/* In nat the error is not to mxsteer. */
	if (nat)
		ck_assert_uint_eq(rig->count[0].to_kernel, 1);
	else
		ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BAD_ICMP) +
					  rig_dropped(rig, MX_DROP_TRUNCATED),
				  1);
}
END_TEST

START_TEST(an_error_to_a_vip_without_a_session_is_dropped)
{
	const struct talk talk =
		talk_make(rig, errortalk_ways[_i].service,
			  &(struct end){rig_client.mac,
					errortalk_ways[_i].six ? rig_client6.ip
							       : rig_client.ip,
					4000});
	const struct segment about = {
		.from = talk.vip, .to = talk.client, .flags = ACK};
	struct error error = talk_error(WAN, &about);

	errortalk_put(0, WAN, &error);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BAD_ICMP), 1);
	/* Nor is an error about a port that no service has. */
	error.about.from.port = 9999;
	errortalk_put(0, WAN, &error);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BAD_ICMP), 2);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(without_nat_what_is_not_to_us_is_the_kernels)
{
	const struct segment about = {
		.from = errortalk_ways[_i].six ? rig_client6 : rig_client,
		.to = rig_mta(errortalk_ways[_i].six ? 4 : 1),
		.flags = ACK};
	const struct error error = talk_error(LAN, &about);

	rig_plan(rig)->nat = 0;
	errortalk_put(0, LAN, &error);
	ck_assert_uint_eq(rig->count[0].to_kernel, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("foreign");
	TCase *t = tcase_create("foreign");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, what_is_no_error_of_ours_is_dropped, 0,
			    ERRORTALK_WAYS * FAULTS);
	tcase_add_loop_test(t, an_error_to_a_vip_without_a_session_is_dropped,
			    0, ERRORTALK_WAYS);
	tcase_add_loop_test(t, without_nat_what_is_not_to_us_is_the_kernels, 0,
			    2);
	suite_add_tcase(s, t);
	return s;
}
