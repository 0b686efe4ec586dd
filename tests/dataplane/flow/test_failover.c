/* SPDX-License-Identifier: BSD-3-Clause */
/* A new session whose MTA refuses it, or is silent, goes to another MTA, and its
 * client sees nothing of it.
 * Method: sessions through real worker_poll(); the test is the client, the MTAs
 * and the clock.  Strangers and hasty clients try the same without a cause. */
#include <string.h>

#include "failover.h"
#include "onerig.h"
#include "proxytalk.h"
#include "runner.h"
#include "ways.h"

static uint8_t out[FRAME_MAX];

/* Maximum segment size 1400, window scale 7, SACK. */
static const uint8_t offered[12] = {2, 4, 0x05, 0x78, 1, 3, 3, 7, 1, 1, 4, 2};

static void
setup(void)
{
	onerig_setup();
	rig->worker[0]->resets.from_s = 0;
	for (int i = 0; i < RIG_SERVICES; i++)
		if (!mx_forward_is_direct(rig_plan(rig)->service[i].forward))
			rig_plan(rig)->service[i].fail_over =
				MX_FAIL_OVER_REFUSED | MX_FAIL_OVER_SILENT;
}

static struct proxytalk
begin(int way)
{
	struct proxytalk p =
		proxytalk_make(rig, ways[way].service, ways[way].six);
	struct segment said = talk_in(&p.talk, SYN);

	proxytalk_header_of(&p);
	said.seq = p.c;
	said.option_bytes = sizeof(offered);
	memcpy(said.option, offered, sizeof(offered));
	talk_send(&p.talk, WAN, &said);
	const struct segment sent = talk_next(rig, LAN);
	p.talk.local = sent.from;
	p.talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	return p;
}

static void
refuse(const struct proxytalk *p)
{
	struct segment said = talk_back(&p->talk, RST | ACK);

	said.seq = 0;
	said.ack = p->c + 1;
	talk_send(&p->talk, LAN, &said);
}

/* The next frame must be the client's SYN, made anew.  Returns the number of the
 * MTA that gets it. */
static int
hear_syn(struct proxytalk *p)
{
	const struct segment sent = talk_next(rig, LAN);
	const int mta = sent.to.mac.addr_bytes[5];

	ck_assert_uint_eq(sent.flags, SYN);
	ck_assert_uint_eq(sent.seq, p->c);
	ck_assert_uint_eq(sent.payload_bytes, 0);
	ck_assert_uint_eq(sent.option_bytes, sizeof(offered));
	ck_assert_mem_eq(sent.option, offered, sizeof(offered));
	ck_assert(mx_addr_equal(&sent.from.ip, &p->talk.local.ip));
	ck_assert_uint_eq(sent.from.port, p->talk.local.port);
	ck_assert_int_eq(rig_mta_number(&sent.to.ip), mta);
	p->talk.mta = rig_mta(mta);
	talk_assert_silence(rig);
	return mta;
}

/* The session goes on as with its first MTA. */
static void
go_on(struct proxytalk *p)
{
	proxytalk_hear_answer(p);
	if (p->shift > 0) {
		const struct segment ack = proxytalk_in(p, ACK, 0, 0);
		const struct segment header =
			proxytalk_header(p, p->b + 1, 65535);

		talk_send(&p->talk, WAN, &ack);
		talk_assert_left(rig, LAN, &header);
	} else {
		proxytalk_expect_in(p, ACK, 0, 0, 0);
	}
	proxytalk_expect_back(p, ACK | PSH, 0, 0, 30);
	proxytalk_expect_in(p, ACK | PSH, 0, 30, 17);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_ESTABLISHED);
	talk_assert_silence(rig);
}

static const struct mx_flow_count *
count_of(int mta)
{
	return &rig->count[0].backend[mta];
}

START_TEST(a_refused_session_goes_to_another_mta)
{
	struct proxytalk p = begin(_i);
	const int first = p.talk.mta.mac.addr_bytes[5];

	refuse(&p);
	const int second = hear_syn(&p);
	ck_assert_int_ne(first, second);
	go_on(&p);
	ck_assert_uint_eq(rig->count[0].failovers_refused, 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_FAILED_OVER), 1);
	ck_assert_uint_eq(count_of(first)->attempts, 1);
	ck_assert_uint_eq(count_of(first)->lapsed, 1);
	ck_assert_uint_eq(count_of(first)->opened, 0);
	ck_assert_uint_eq(count_of(first)->unserved[MX_UNSERVED_REFUSED], 1);
	ck_assert_uint_eq(count_of(second)->attempts, 1);
	ck_assert_uint_eq(count_of(second)->opened, 1);
	/* Nothing is repeated later. */
	rig_pass_ms(rig, 5000);
	talk_assert_silence(rig);
	/* It outlives a restart. */
	rig_restart(rig);
	proxytalk_expect_in(&p, ACK | PSH, 17, 30, 20);
}
END_TEST

START_TEST(the_client_gets_the_refusal_of_the_last_mta)
{
	struct proxytalk p = begin(_i);
	bool seen[8] = {false};

	seen[p.talk.mta.mac.addr_bytes[5]] = true;
	for (int i = 0; i < FAILOVERS_MAX; i++) {
		refuse(&p);
		const int mta = hear_syn(&p);
		ck_assert(!seen[mta]);
		seen[mta] = true;
	}
	refuse(&p);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, RST | ACK);
	ck_assert_uint_eq(left.ack, p.c + 1);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
	ck_assert_uint_eq(rig->count[0].failovers_refused, FAILOVERS_MAX);
	ck_assert_uint_eq(rig->count[0].failovers_none, 1);
}
END_TEST

START_TEST(a_silent_mta_is_asked_twice_and_then_another)
{
	struct proxytalk p = begin(_i);
	const int first = p.talk.mta.mac.addr_bytes[5];

	rig_pass_ms(rig, 299);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 1);
	ck_assert_int_eq(hear_syn(&p), first);
	rig_pass_ms(rig, 600);
	const int second = hear_syn(&p);
	ck_assert_int_ne(second, first);
	rig_pass_ms(rig, 300);
	ck_assert_int_eq(hear_syn(&p), second);
	rig_pass_ms(rig, 600);
	const int third = hear_syn(&p);
	ck_assert_int_ne(third, first);
	ck_assert_int_ne(third, second);
	rig_pass_ms(rig, 60000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].failovers_silent, 2);
	ck_assert_uint_eq(count_of(first)->unserved[MX_UNSERVED_SILENT], 1);
	ck_assert_uint_eq(count_of(second)->unserved[MX_UNSERVED_SILENT], 1);
	ck_assert_uint_eq(count_of(third)->unserved[MX_UNSERVED_SILENT], 0);
	go_on(&p);
}
END_TEST

/* A session that has left its first MTA, which was silent.  Returns what that MTA
 * says late. */
static struct segment
leave_silent(struct proxytalk *p)
{
	struct segment late = talk_back(&p->talk, SYN | ACK);

	rig_pass_ms(rig, 300);
	rig_flush(rig);
	rig_pass_ms(rig, 600);
	hear_syn(p);
	late.seq = 0x1000;
	late.ack = p->c + 1;
	return late;
}

/* The MTA that was left gets a reset, at the number that it expects. */
static void
assert_reset(const struct proxytalk *p, const struct end *mta)
{
	const struct segment left = talk_next(rig, LAN);

	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, p->c + 1);
	ck_assert_uint_eq(left.payload_bytes, 0);
	ck_assert(mx_addr_equal(&left.to.ip, &mta->ip));
	ck_assert_uint_eq(left.to.port, mta->port);
	ck_assert(mx_addr_equal(&left.from.ip, &p->talk.local.ip));
	ck_assert_uint_eq(left.from.port, p->talk.local.port);
	talk_assert_silence(rig);
}

START_TEST(the_late_answer_of_the_first_mta_is_reset)
{
	struct proxytalk p = begin(_i);
	const struct end first = p.talk.mta;
	const struct segment late = leave_silent(&p);

	talk_send(&p.talk, LAN, &late);
	assert_reset(&p, &first);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_FAILED_OVER), 1);
	ck_assert_uint_eq(rig->count[0].to_kernel, 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_OPENING);
	go_on(&p);
	/* Again, as its reset was lost. */
	talk_send(&p.talk, LAN, &late);
	assert_reset(&p, &first);
	proxytalk_expect_in(&p, ACK | PSH, 17, 30, 20);
}
END_TEST

/* What an MTA says that was left is not reset if it may be of another
 * connection, or of somebody else. */
START_TEST(no_reset_ends_another_connection)
{
	struct proxytalk p = begin(_i);
	const struct segment late = leave_silent(&p);
	struct segment other = late;
	uint8_t frame[FRAME_MAX];

	other.ack++;
	talk_send(&p.talk, LAN, &other);
	other = late;
	other.flags = SYN;
	talk_send(&p.talk, LAN, &other);
	other.flags = RST | ACK;
	talk_send(&p.talk, LAN, &other);
	other = late;
	other.to.port++;
	talk_send(&p.talk, LAN, &other);
	/* By the port of the clients. */
	other = late;
	other.to.mac = rig_vip.mac;
	talk_send(&p.talk, WAN, &other);
	const uint16_t bytes = frame_tcp(frame, &late);
	frame[bytes - 1] ^= 0x55;
	rig_put(rig, 0, LAN, frame, bytes);
	rig_poll(rig);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 0);
	go_on(&p);
}
END_TEST

/* Another MTA answers the SYN of a session that has left none. */
START_TEST(an_mta_that_had_no_session_is_not_reset)
{
	struct proxytalk p = begin(_i);
	struct segment late = talk_back(&p.talk, SYN | ACK);
	const int own = p.talk.mta.mac.addr_bytes[5];

	late.from = rig_mta(own == 1 || own == 4 ? own + 1 : own - 1);
	late.ack = p.c + 1;
	talk_send(&p.talk, LAN, &late);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 0);
	go_on(&p);
}
END_TEST

START_TEST(an_answer_in_time_ends_the_watch)
{
	struct proxytalk p = begin(_i);

	proxytalk_hear_answer(&p);
	rig_pass_ms(rig, 5000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].failovers_silent, 0);
}
END_TEST

/* RSTs that refuse nothing: whose number is wrong, or that come too late. */
START_TEST(a_stranger_moves_no_session)
{
	struct proxytalk p = begin(_i);
	struct segment said = talk_back(&p.talk, RST | ACK);

	said.seq = 0;
	said.ack = p.c + 2;
	talk_send(&p.talk, LAN, &said);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
	said.flags = RST;
	talk_send(&p.talk, LAN, &said);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_OPENING);
	rig_flush(rig);
	/* From the clients' side. */
	refuse(&p);
	hear_syn(&p);
	said.ack = p.c + 1;
	said.flags = RST | ACK;
	said.from = p.talk.mta;
	talk_send(&p.talk, WAN, &said);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
	rig_flush(rig);
	/* Once the client has heard of the MTA. */
	proxytalk_hear_answer(&p);
	refuse(&p);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
	rig_flush(rig);
	ck_assert_uint_eq(rig->count[0].failovers_refused, 1);
}
END_TEST

START_TEST(a_wrong_checksum_refuses_nothing)
{
	struct proxytalk p = begin(0);
	struct segment said = talk_back(&p.talk, RST | ACK);
	uint8_t frame[FRAME_MAX];

	said.seq = 0;
	said.ack = p.c + 1;
	const uint16_t bytes = frame_tcp(frame, &said);
	frame[bytes - 1] ^= 0x55; /* the urgent pointer */
	rig_put(rig, 0, LAN, frame, bytes);
	rig_poll(rig);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BAD_CHECKSUM), 1);
}
END_TEST

START_TEST(a_service_without_fail_over_passes_the_refusal_on)
{
	rig_plan(rig)->service[RIG_FULLNAT_TO4].fail_over =
		_i == 0 ? 0 : MX_FAIL_OVER_SILENT;
	struct proxytalk p = begin(0);

	refuse(&p);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
	ck_assert_uint_gt(rig_get(rig, WAN, out), 0);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_RESET);
	rig_pass_ms(rig, 5000);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_full_mta_and_one_without_a_next_hop_get_no_session)
{
	for (int i = 0; i < 100; i++) {
		struct proxytalk p =
			proxytalk_make(rig, RIG_FULLNAT_TO4, false);

		p.talk.client.port = (uint16_t)(3000 + i);
		proxytalk_syn(&p);
		const int first = p.talk.mta.mac.addr_bytes[5];
		const int other = first % 3 + 1;
		rig_plan(rig)->backend[other].resolved = 0;
		refuse(&p);
		const struct segment sent = talk_next(rig, LAN);
		ck_assert_int_ne(sent.to.mac.addr_bytes[5], other);
		ck_assert_int_ne(sent.to.mac.addr_bytes[5], first);
		rig_plan(rig)->backend[other].resolved = 1;
		rig_flush(rig);
	}
}
END_TEST

/* A session that begins with MTA 1 is diverted, as that one is full for a
 * moment. */
static struct proxytalk
begin_diverted(uint16_t port)
{
	struct mx_backend *first = &rig_plan(rig)->backend[1];
	struct proxytalk p = proxytalk_make(rig, RIG_FULLNAT_TO4, false);

	first->sessions_max = 1;
	p.talk.client.port = port;
	proxytalk_syn(&p);
	first->sessions_max = 0;
	return p;
}

/* The MTAs that are asked in turn, each refusing: how many they are. */
static int
count_asked(struct proxytalk *p)
{
	bool seen[8] = {false};
	int asked = 0;

	for (;;) {
		const int mta = p->talk.mta.mac.addr_bytes[5];
		struct segment sent;
		ck_assert(!seen[mta]);
		seen[mta] = true;
		asked++;
		refuse(p);
		const uint16_t bytes = rig_get(rig, LAN, out);
		if (bytes == 0)
			break;
		frame_read(out, bytes, &sent);
		ck_assert_uint_eq(sent.flags, SYN);
		p->talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	}
	ck_assert_uint_eq(talk_next(rig, WAN).flags, RST | ACK);
	rig_flush(rig);
	return asked;
}

START_TEST(a_session_comes_to_each_mta_once_wherever_it_began)
{
	struct talk other = onerig_open(1);

	for (uint16_t port = 2; other.mta.mac.addr_bytes[5] != 1; port++)
		other = onerig_open(port);
	for (uint16_t i = 0; i < 60; i++) {
		struct proxytalk p = begin_diverted((uint16_t)(3000 + i));

		ck_assert_int_eq(count_asked(&p), 3);
		/* A second later, other candidates would be drawn. */
		rig->worker[0]->now_s++;
	}
	/* With the first one out of service after it was left. */
	for (uint16_t i = 0; i < 60; i++) {
		struct proxytalk p = begin_diverted((uint16_t)(4000 + i));
		const int first = p.talk.mta.mac.addr_bytes[5];
		uint16_t weight[3] = {1, 1, 1};

		refuse(&p);
		p.talk.mta = rig_mta(talk_next(rig, LAN).to.mac.addr_bytes[5]);
		weight[first - 1] = 0;
		rig_set_weights(rig, weight);
		ck_assert_int_eq(count_asked(&p), 2);
		rig_set_weights(rig, (const uint16_t[]){1, 1, 1});
	}
}
END_TEST

START_TEST(no_mta_of_two_is_asked_twice)
{
	rig_set_weights(rig, (const uint16_t[]){1, 1, 0});
	for (uint16_t i = 0; i < 60; i++) {
		struct proxytalk p =
			proxytalk_make(rig, RIG_FULLNAT_TO4, false);

		p.talk.client.port = (uint16_t)(3000 + i);
		proxytalk_syn(&p);
		ck_assert_int_eq(count_asked(&p), 2);
	}
}
END_TEST

START_TEST(a_flood_to_silent_mtas_makes_a_bounded_number_of_syns)
{
	rig->worker[0]->failover.second_s = rig->worker[0]->now_s;
	rig->worker[0]->failover.sent = 1000000;
	struct proxytalk p = begin(0);

	rig_pass_ms(rig, 300);
	rig_pass_ms(rig, 600);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].failovers_missed, 2);
	/* The client's own repeat goes on. */
	struct segment said = talk_in(&p.talk, SYN);
	said.seq = p.c;
	talk_send(&p.talk, WAN, &said);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("failover");
	TCase *t = tcase_create("failover");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_refused_session_goes_to_another_mta, 0, WAYS);
	tcase_add_loop_test(t, the_client_gets_the_refusal_of_the_last_mta, 0,
			    WAYS);
	tcase_add_loop_test(t, a_silent_mta_is_asked_twice_and_then_another, 0,
			    WAYS);
	tcase_add_loop_test(t, the_late_answer_of_the_first_mta_is_reset, 0,
			    WAYS);
	tcase_add_loop_test(t, no_reset_ends_another_connection, 0, WAYS);
	tcase_add_loop_test(t, an_mta_that_had_no_session_is_not_reset, 0,
			    WAYS);
	tcase_add_loop_test(t, an_answer_in_time_ends_the_watch, 0, WAYS);
	tcase_add_loop_test(t, a_stranger_moves_no_session, 0, WAYS);
	tcase_add_test(t, a_wrong_checksum_refuses_nothing);
	tcase_add_loop_test(
		t, a_service_without_fail_over_passes_the_refusal_on, 0, 2);
	tcase_add_test(t, a_full_mta_and_one_without_a_next_hop_get_no_session);
	tcase_add_test(t, a_session_comes_to_each_mta_once_wherever_it_began);
	tcase_add_test(t, no_mta_of_two_is_asked_twice);
	tcase_add_test(t,
		       a_flood_to_silent_mtas_makes_a_bounded_number_of_syns);
	suite_add_tcase(s, t);
	return s;
}
