/* SPDX-License-Identifier: BSD-3-Clause */
/* `syn-cookies: auto`: a flood turns cookies on, cookies stay on while the flood
 * lasts, and 30 s after it they are off.
 * Method: one worker of real worker_poll(), made-up clients and a made-up clock.
 * The rig has few slots, so few handshakes are many. */
#include "greet.h"
#include "pressure.h"
#include "runner.h"
#include "talk.h"

#define HALF_MAX (RIG_SESSIONS / 16u)
#define HALF_OPEN_S 30u

static struct rig *rig;
static uint16_t port; /* of the last client */

static void
setup(void)
{
	const struct offer all = {1460, 7, true};
	const struct profile says = {true, all, 60000};

	rig = rig_make(1);
	for (int i = 0; i < RIG_SERVICES; i++) {
		struct mx_service *service = &rig_plan(rig)->service[i];

		if (!mx_forward_is_direct(service->forward))
			service->cookies = MX_COOKIES_AUTO;
		service->half_open_s = HALF_OPEN_S;
	}
	for (uint16_t id = 1; id <= 6; id++)
		profiles_learn(&rig->worker[0]->profiles, id, &all, &says);
	port = 1000;
}

static void
teardown(void)
{
	rig_free(rig);
}

static struct talk
next_client(enum rig_service service)
{
	const struct end client = talk_client(false, ++port);

	return talk_make(rig, service, &client);
}

/* A SYN of a client that is not there.  Returns whether mxsteer answered it. */
static bool
is_answered(enum rig_service service)
{
	const struct talk talk = next_client(service);
	const struct segment syn = talk_in(&talk, SYN);
	const uint64_t before = rig->count[0].synacks;

	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
	rig_flush(rig);
	return rig->count[0].synacks > before;
}

/* SYNs of one second.  Returns how many were answered. */
static uint32_t
flood(uint32_t syns)
{
	uint32_t answered = 0;

	for (uint32_t i = 0; i < syns; i++)
		answered += is_answered(RIG_FULLNAT_TO4);
	rig_pass_s(rig, 1);
	rig_flush(rig);
	return answered;
}

static bool
is_on(void)
{
	return pressure_is_on(rig->worker[0], rig->active, RIG_FULLNAT_TO4);
}

/* A client that is there gets its session. */
static void
call(void)
{
	const struct talk talk = next_client(RIG_FULLNAT_TO4);
	const uint64_t before = rig_sessions(rig);
	struct segment said = talk_in(&talk, SYN);

	said.seq = 7000;
	talk_send(&talk, WAN, &said);
	const struct segment synack = talk_next(rig, WAN);
	said.flags = ACK;
	said.seq = 7001;
	said.ack = synack.seq + 1;
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(talk_next(rig, LAN).flags, SYN);
	ck_assert_uint_eq(rig_sessions(rig), before + 1);
}

START_TEST(few_syns_turn_nothing_on)
{
	ck_assert_uint_eq(flood(HALF_MAX), 0);
	ck_assert(!is_on());
	ck_assert_uint_eq(rig_sessions(rig), HALF_MAX);
}
END_TEST

START_TEST(a_flood_takes_no_more_slots)
{
	ck_assert_uint_eq(flood(3000), 3000 - HALF_MAX - 1);
	ck_assert(is_on());
	ck_assert_uint_eq(rig_sessions(rig), HALF_MAX + 1);
	call();
}
END_TEST

START_TEST(each_service_has_its_own_flood)
{
	flood(3000);
	ck_assert(!is_answered(RIG_FULLNAT_TO6));
	ck_assert(!is_answered(RIG_NAT_TO4));
}
END_TEST

START_TEST(cookies_stay_on_while_the_flood_lasts)
{
	for (int second = 0; second < 200; second++) {
		flood(200);
		if (second > 1)
			ck_assert(is_on());
	}
	/* The flood's sessions are long gone. */
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(cookies_are_off_soon_after_the_flood)
{
	for (uint32_t second = 0; second < HALF_OPEN_S + 5; second++)
		flood(300);
	for (uint32_t second = 0; second < PRESSURE_CALM_S - 2; second++) {
		ck_assert(is_on());
		flood(1);
	}
	for (int second = 0; second < PRESSURE_WINDOW_S + 2; second++)
		flood(1);
	ck_assert(!is_on());
	ck_assert_uint_eq(flood(10), 0);
}
END_TEST

/* At the rate that just turns them on, and at one a little less. */
START_TEST(cookies_do_not_go_on_and_off_at_the_limit)
{
	const uint32_t rate = HALF_MAX / HALF_OPEN_S * (_i == 0 ? 12 : 9) / 10;
	int changes = 0;
	bool before = false;

	flood(_i == 0 ? 0 : HALF_MAX + 1);
	for (int second = 0; second < 300; second++) {
		flood(rate);
		changes += is_on() != before;
		before = is_on();
	}
	ck_assert(before);
	ck_assert_int_eq(changes, 1);
}
END_TEST

START_TEST(clients_that_come_back_are_no_flood)
{
	flood(HALF_MAX + 1);
	ck_assert(!is_on());
	ck_assert(is_answered(RIG_FULLNAT_TO4));
	for (int second = 0; second < 70; second++) {
		for (int i = 0; i < 6 && is_on(); i++)
			call();
		rig_pass_s(rig, 1);
		rig_flush(rig);
	}
	ck_assert(!is_on());
}
END_TEST

START_TEST(little_room_turns_cookies_on)
{
	struct session_table *sessions = &rig->worker[0]->sessions;
	struct portmap *map = rig->worker[0]->map;

	if (_i == 0)
		sessions->used += RIG_SESSIONS * 7 / 8 + 1;
	else
		for (int i = 0; i < 2; i++)
			map[i].used += map[i].count * 7 / 8 + 1;
	ck_assert(is_answered(RIG_FULLNAT_TO4));
	call();
	if (_i == 0)
		sessions->used -= RIG_SESSIONS * 7 / 8 + 1;
	else
		for (int i = 0; i < 2; i++)
			map[i].used -= map[i].count * 7 / 8 + 1;
	rig_pass_s(rig, PRESSURE_CALM_S);
	rig_flush(rig);
	ck_assert(!is_answered(RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(never_is_never_and_always_is_always)
{
	struct mx_service *service = &rig_plan(rig)->service[RIG_FULLNAT_TO4];

	service->cookies = MX_COOKIES_NEVER;
	ck_assert_uint_eq(flood(2 * HALF_MAX), 0);
	ck_assert(!is_on());
	service->cookies = MX_COOKIES_ALWAYS;
	rig_pass_s(rig, 100);
	ck_assert(is_on());
	ck_assert(is_answered(RIG_FULLNAT_TO4));
}
END_TEST

/* What was given while cookies were on is still good. */
START_TEST(a_client_brings_its_cookie_back_after_they_are_off)
{
	flood(HALF_MAX + 1);
	const struct talk talk = next_client(RIG_FULLNAT_TO4);
	struct segment said = talk_in(&talk, SYN);
	said.seq = 7000;
	talk_send(&talk, WAN, &said);
	const struct segment synack = talk_next(rig, WAN);
	rig_pass_s(rig, 2 * PRESSURE_CALM_S);
	rig_flush(rig);
	ck_assert(!is_on());
	said.flags = ACK;
	said.seq = 7001;
	said.ack = synack.seq + 1;
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(talk_next(rig, LAN).flags, SYN);
}
END_TEST

/* A client whose session ends as an MTA's does is known. */
static struct end
make_known(void)
{
	const struct mx_client_limits limits = {.sessions = 10000,
						.prefix4 = 96 + 24,
						.prefix6 = 64,
						.used = 1,
						.answer = MX_ANSWER_RESET};
	struct end client = talk_client(false, 1);

	client.ip.byte[14] = 77;
	rig_set_limits(rig, &limits);
	const struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);
	struct segment said = talk_in(&talk, ACK | PSH);
	said.payload_bytes = 6;
	rig_send(rig, 0, WAN, &said);
	said = talk_back(&talk, FIN | ACK);
	said.ack = 7;
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	said = talk_in(&talk, FIN | ACK);
	said.seq = 7;
	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
	rig_flush(rig);
	return client;
}

/* Does the next SYN of a client go to a backend? */
static bool
goes_to_backend(struct end *client)
{
	client->port++;
	const struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, client);
	const struct segment syn = talk_in(&talk, SYN);
	const uint64_t before = rig->count[0].synacks;

	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
	rig_flush(rig);
	return rig->count[0].synacks == before && talk_session(&talk) != NULL;
}

START_TEST(a_known_client_needs_no_cookie_while_there_is_room)
{
	struct end known = make_known();
	uint32_t passed = 0;

	/* What the flood began with is half-open for a while. */
	flood(3000);
	ck_assert(!goes_to_backend(&known));
	for (uint32_t s = 0; s < HALF_OPEN_S; s++)
		flood(100);
	ck_assert(is_on());
	ck_assert(is_answered(RIG_FULLNAT_TO4));
	ck_assert(goes_to_backend(&known));
	/* A flood with its address is bounded. */
	for (uint32_t i = 0; i < 2 * HALF_MAX; i++)
		passed += goes_to_backend(&known);
	ck_assert_uint_eq(passed, HALF_MAX / 2 - 1);
}
END_TEST

START_TEST(without_limits_nobody_is_known)
{
	struct end client = make_known();

	rig_set_limits(rig, &(struct mx_client_limits){0});
	for (uint32_t s = 0; s <= HALF_OPEN_S; s++)
		flood(s == 0 ? 3000 : 100);
	ck_assert(is_on());
	ck_assert(!goes_to_backend(&client));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("pressure");
	TCase *t = tcase_create("pressure");

	rig_start_dpdk();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, few_syns_turn_nothing_on);
	tcase_add_test(t, a_flood_takes_no_more_slots);
	tcase_add_test(t, each_service_has_its_own_flood);
	tcase_add_test(t, cookies_stay_on_while_the_flood_lasts);
	tcase_add_test(t, cookies_are_off_soon_after_the_flood);
	tcase_add_loop_test(t, cookies_do_not_go_on_and_off_at_the_limit, 0, 2);
	tcase_add_test(t, clients_that_come_back_are_no_flood);
	tcase_add_loop_test(t, little_room_turns_cookies_on, 0, 2);
	tcase_add_test(t, never_is_never_and_always_is_always);
	tcase_add_test(t, a_client_brings_its_cookie_back_after_they_are_off);
	tcase_add_test(t, a_known_client_needs_no_cookie_while_there_is_room);
	tcase_add_test(t, without_limits_nobody_is_known);
	suite_add_tcase(s, t);
	return s;
}
