/* SPDX-License-Identifier: BSD-3-Clause */
/* A client over its limit is turned away: at its SYN, or when it proves the
 * handshake, and in each mode of forwarding; others are not.
 * Method: real worker_poll(), and every frame that leaves. */
#include "limitrig.h"
#include "runner.h"
#include "turnaway.h"

START_TEST(a_client_over_its_limit_at_the_proof_is_reset_with_its_backend)
{
	static const enum rig_service modes[] = {RIG_FULLNAT_TO4, RIG_NAT_TO4,
						 RIG_V2_TO4};
	const enum rig_service mode = modes[_i];
	struct end first = talk_client(false, 1), second = first;

	limitrig_set(1, 0);
	second.port = 2;
	struct talk one = talk_make(rig, mode, &first);
	struct talk other = talk_make(rig, mode, &second);
	limitrig_almost_open(&one);
	limitrig_almost_open(
		&other); /* both are half-open: nothing is counted yet */
	limitrig_send(&one, ACK);
	rig_flush(rig);
	limitrig_send(&other, ACK);
	struct segment to_backend = talk_next(rig, LAN);
	ck_assert_uint_eq(to_backend.flags, RST);
	ck_assert_uint_eq(to_backend.seq, 1);
	ck_assert(mx_addr_equal(&to_backend.from.ip, &other.local.ip));
	ck_assert_uint_eq(to_backend.from.port, other.local.port);
	struct segment to_client = talk_next(rig, WAN);
	ck_assert_uint_eq(to_client.flags, RST | ACK);
	ck_assert_uint_eq(to_client.seq, 1);
	ck_assert_uint_eq(to_client.ack, 1);
	ck_assert(mx_addr_equal(&to_client.to.ip, &second.ip));
	ck_assert_uint_eq(to_client.to.port, 2);
	talk_assert_silence(rig);
	ck_assert_ptr_null(talk_session(&other));
	ck_assert_ptr_nonnull(talk_session(&one));
	ck_assert_uint_eq(limitrig_seen(mode, &first.ip, 128).sessions, 1);
}
END_TEST

START_TEST(drop_resets_the_backend_and_says_nothing_to_the_client)
{
	struct mx_client_limits some = limitrig_limits(1, 0);
	struct end first = talk_client(false, 1),
		   second = talk_client(false, 2);

	some.answer = MX_ANSWER_DROP;
	rig_set_limits(rig, &some);
	struct talk one = talk_make(rig, RIG_FULLNAT_TO4, &first);
	struct talk other = talk_make(rig, RIG_FULLNAT_TO4, &second);
	limitrig_almost_open(&one);
	limitrig_almost_open(&other);
	limitrig_send(&one, ACK);
	rig_flush(rig);
	limitrig_send(&other, ACK);
	ck_assert_uint_eq(talk_next(rig, LAN).flags, RST);
	talk_assert_silence(rig);
	struct talk third = talk_make(rig, RIG_FULLNAT_TO4,
				      &(struct end){
					      .mac = first.mac,
					      .ip = first.ip,
					      .port = 3,
				      });
	limitrig_send(&third, SYN);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 2);
}
END_TEST

START_TEST(a_client_that_resets_keeps_its_place_until_the_mta_confirms_it)
{
	struct end from = rig_client;
	struct talk talk[3];

	limitrig_set(3, 0);
	for (int i = 0; i < 3; i++) {
		from.port = (uint16_t)(i + 1);
		talk[i] = talk_make(rig, RIG_FULLNAT_TO4, &from);
		ck_assert(limitrig_opens(&talk[i]));
		struct segment reset = talk_in(&talk[i], RST);
		reset.seq = 99; /* it may be anyone's */
		rig_send(rig, 0, WAN, &reset);
		rig_poll(rig);
		rig_flush(rig);
		ck_assert_uint_eq(talk_state(&talk[i]), MX_SESSION_DOUBTED);
	}
	from.port = 9;
	ck_assert(!limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	/* One MTA knows the connection no more. */
	struct segment answer = talk_back(&talk[1], RST);
	answer.seq = 1;
	rig_send(rig, 0, LAN, &answer);
	rig_poll(rig);
	rig_flush(rig);
	ck_assert_uint_eq(
		limitrig_seen(RIG_FULLNAT_TO4, &from.ip, 128).sessions, 2);
	ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(addresses_of_a_prefix_share_its_limit)
{
	struct end from = rig_client6;

	limitrig_set(2, 20);
	/* A client of IPv6 that uses another address each time. */
	for (uint16_t i = 0; i < 40; i++) {
		from.ip.byte[14] = (uint8_t)i;
		ck_assert_int_eq(limitrig_opens_from(&from, RIG_FULLNAT_TO4),
				 i < 20);
	}
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_PREFIX_LIMIT), 20);
	from.ip.byte[7]++;
	ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(many_people_behind_one_address_are_let_in_if_it_is_allowed)
{
	struct mx_client_limits some = limitrig_limits(2, 3);
	struct mx_plan *plan = rig_plan(rig);
	struct end from = rig_client;

	some.allow_count = plan->allows = 1;
	plan->allow[0] = (struct mx_prefix){from.ip, 128};
	rig_set_limits(rig, &some);
	for (from.port = 1; from.port <= 40; from.port++)
		ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	/* They take nothing of their neighbours' prefix. */
	from.ip.byte[15]++;
	ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_uint_eq(
		limitrig_seen(RIG_FULLNAT_TO4, &from.ip, 120).sessions, 1);
}
END_TEST

START_TEST(new_sessions_are_limited_in_ten_seconds)
{
	struct mx_client_limits some = limitrig_limits(0, 0);
	struct end from = rig_client;
	int opened = 0;

	some.per_10s = 4;
	rig_set_limits(rig, &some);
	for (from.port = 1; from.port <= 10; from.port++)
		opened += limitrig_opens_from(&from, RIG_FULLNAT_TO4);
	ck_assert_int_eq(opened, 4);
	rig_pass_s(rig, 20);
	ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(with_direct_return_a_session_counts_from_its_data_on)
{
	struct end from = rig_client;
	struct segment said;

	limitrig_set(1, 0);
	for (uint16_t port = 1; port <= 2; port++) {
		from.port = port;
		struct talk talk = talk_make(rig, RIG_IPIP_TO4, &from);

		limitrig_send(&talk, SYN);
		limitrig_send(&talk, ACK);
		rig_flush(rig);
	}
	ck_assert_uint_eq(limitrig_sum(), 0);
	for (uint16_t port = 1; port <= 2; port++) {
		from.port = port;
		struct talk talk = talk_make(rig, RIG_IPIP_TO4, &from);

		said = talk_in(&talk, ACK | PSH);
		said.payload_bytes = 9;
		rig_send(rig, 0, WAN, &said);
		rig_poll(rig);
		if (port == 1)
			rig_flush(rig);
	}
	ck_assert_uint_eq(limitrig_sum(), 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 1);
	const struct segment reset = talk_next(rig, WAN);
	ck_assert_uint_eq(reset.flags, RST);
	ck_assert_uint_eq(reset.seq, 1);
	uint8_t out[FRAME_MAX];
	ck_assert_uint_eq(rig_get(rig, LAN, out), 14 + 20 + 40);
	ck_assert_uint_eq(out[14 + 20 + 20 + 13], RST | ACK);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_client_gets_its_limit_and_no_session_more)
{
	struct end from = rig_client;

	limitrig_set(5, 0);
	for (from.port = 1; from.port <= 5; from.port++)
		ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert(!limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 1);
	/* Another client, and another service, are not affected. */
	from.ip.byte[15]++;
	ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	from = rig_client;
	from.port = 77;
	ck_assert(limitrig_opens_from(&from, RIG_NAT_TO4));
}
END_TEST

/* Six neighbours, under many keys: five rarely meet in one set of four rows. */
START_TEST(neighbours_that_are_refused_have_rows_of_their_own)
{
	struct worker *w = rig->worker[0];
	int missing = 0;

	srand(1);
	for (int turn = 0; turn < 1000; turn++) {
		struct mx_addr client = rig_client.ip;

		for (int i = 0; i < 2; i++)
			w->sessions.file->key.word[i] = (uint64_t)rand() << 33 ^
							(uint64_t)rand() << 16 ^
							(uint64_t)rand();
		memset(w->count->refused_client, 0,
		       sizeof(w->count->refused_client));
		for (int i = 0; i < 6; i++, client.byte[15]++)
			turnaway_note_early(w, 0, &client, true);
		int rows = 0;
		for (int i = 0; i < MX_REFUSED_CLIENTS_MAX; i++)
			rows += w->count->refused_client[i].bits != 0;
		missing += 6 - rows;
	}
	ck_assert_int_le(missing, 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("turnaway");
	TCase *t = tcase_create("turnaway");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, limitrig_setup, onerig_teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(
		t,
		a_client_over_its_limit_at_the_proof_is_reset_with_its_backend,
		0, 3);
	tcase_add_test(t,
		       drop_resets_the_backend_and_says_nothing_to_the_client);
	tcase_add_test(
		t,
		a_client_that_resets_keeps_its_place_until_the_mta_confirms_it);
	tcase_add_test(t, addresses_of_a_prefix_share_its_limit);
	tcase_add_test(
		t, many_people_behind_one_address_are_let_in_if_it_is_allowed);
	tcase_add_test(t, new_sessions_are_limited_in_ten_seconds);
	tcase_add_test(t, with_direct_return_a_session_counts_from_its_data_on);
	tcase_add_test(t, a_client_gets_its_limit_and_no_session_more);
	tcase_add_test(t, neighbours_that_are_refused_have_rows_of_their_own);
	suite_add_tcase(s, t);
	return s;
}
