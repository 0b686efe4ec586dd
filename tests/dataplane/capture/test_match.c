/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture of one client or backend: its frames are found on both sides of the
 * rewrite, and those of others are not.
 * Method: capturerig.h. */
#include "capturerig.h"
#include "runner.h"

START_TEST(a_client_is_found_on_both_sides_of_the_rewrite)
{
	const bool six = capturerig_kinds[_i].six;
	struct end client = talk_client(six, 40000);
	struct end other = client;

	other.ip.byte[15] = (uint8_t)(other.ip.byte[15] + 64);
	capturerig_want(&client.ip, 0xfe);
	capturerig_begin(1);
	const struct talk wanted =
		talk_open(captures.rig, capturerig_kinds[_i].service, &client);
	capturerig_look();
	ck_assert_uint_gt(captures.count, 0);
	const uint32_t handshake = captures.count;
	const struct talk unwanted =
		talk_open(captures.rig, capturerig_kinds[_i].service, &other);
	capturerig_look();
	ck_assert_uint_eq(captures.count, 0);
	/* SYN, SYN-ACK, ACK and a greeting, on both sides. */
	ck_assert_uint_ge(handshake, 8);
	for (int i = 0; i < 5; i++) {
		talk_say(&wanted, ACK);
		talk_say(&unwanted, ACK);
		talk_hear(&wanted, ACK);
		talk_hear(&unwanted, ACK);
	}
	capturerig_look();
	ck_assert_uint_eq(captures.count, 20);
}
END_TEST

START_TEST(a_backend_is_found_on_both_sides_of_the_rewrite)
{
	uint32_t wanted = 0;

	captures.filter.has_backend = 1;
	captures.filter.backend[0] = UINT64_C(1) << 2; /* mta2 */
	capturerig_begin(1);
	for (uint16_t i = 0; i < 12; i++) {
		const struct talk talk = capturerig_open(RIG_FULLNAT_TO4, false,
							 (uint16_t)(1000 + i));
		capturerig_look();
		const bool is_mta2 = rig_mta_number(&talk.mta.ip) == 2;
		ck_assert_int_eq(captures.count > 0, is_mta2);
		wanted += is_mta2;
		talk_say(&talk, ACK);
		talk_hear(&talk, ACK);
		capturerig_look();
		ck_assert_uint_eq(captures.count, is_mta2 ? 4 : 0);
	}
	ck_assert_uint_gt(wanted, 0);
	ck_assert_uint_lt(wanted, 12);
}
END_TEST

START_TEST(a_proxy_header_belongs_to_its_client)
{
	const struct end client = talk_client(false, 40000);

	capturerig_want(&client.ip, 0xff);
	capturerig_begin(1);
	talk_open(captures.rig, RIG_V2_TO4, &client);
	capturerig_look();
	uint32_t made = 0;
	for (uint32_t i = 0; i < captures.count; i++)
		made += captures.found[i].record.port == LAN &&
			captures.found[i].record.frame_bytes > 70 &&
			(captures.found[i].record.event == MX_CAPTURE_MADE ||
			 captures.found[i].record.event == MX_CAPTURE_OUT);
	ck_assert_uint_ge(made, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("match");
	TCase *t = tcase_create("match");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, capturerig_setup, capturerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_client_is_found_on_both_sides_of_the_rewrite,
			    0, CAPTURERIG_KINDS);
	tcase_add_test(t, a_backend_is_found_on_both_sides_of_the_rewrite);
	tcase_add_test(t, a_proxy_header_belongs_to_its_client);
	suite_add_tcase(s, t);
	return s;
}
