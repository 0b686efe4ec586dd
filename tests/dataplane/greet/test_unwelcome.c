/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that are denied, or over a limit, are told so in SMTP: at once, for the
 * first reason of deny lists, limits and room, and not too often.
 * Method: real worker_poll(), in all forward modes and both families; the clock
 * is the test's. */
#include <stdlib.h>
#include <string.h>

#include "denyone.h"
#include "limitrig.h"
#include "refuserig.h"
#include "runner.h"

#define TEXT_DENIED "421 4.7.1 " HOST " your address is denied    \r\n"
#define TEXT_DENIED_554 "554 5.7.1 " HOST " your address is denied    \r\n"
#define TEXT_PREFIX "554 5.7.0 " HOST " too many from your network\r\n"

static struct mx_deny_table *list;

/* All backends serve, and the service has no other answer than those of the
 * test. */
static void
setup(void)
{
	refuserig_setup();
	refuserig_set_answer(MX_ANSWER_DROP);
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	list = NULL;
}

static void
teardown(void)
{
	memset(rig->active->deny, 0, sizeof(rig->active->deny));
	rig->active->rules = NULL;
	free(list);
	onerig_teardown();
}

static struct mx_service *
service_of(enum rig_service service)
{
	return &rig_plan(rig)->service[service];
}

static void
deny(enum rig_service service, bool six, enum mx_answer answer)
{
	const struct end client = talk_client(six, 40000);

	list = denyone(&client.ip, six ? 128 : 32, MX_DENY_DENIED,
		       MX_DENY_BY_FILES);
	rig->active->deny[service] = list;
	service_of(service)->deny.answer = (uint8_t)answer;
}

static void
forgive(enum rig_service service)
{
	rig->active->deny[service] = NULL;
}

/* Limits of an address, or else of its prefix. */
static void
limit(uint32_t sessions, uint32_t prefix_sessions, enum mx_answer answer)
{
	struct mx_client_limits some =
		limitrig_limits(sessions, prefix_sessions);

	some.answer = (uint8_t)answer;
	rig_set_limits(rig, &some);
}

static void
assert_told(const struct refused *r, const char *text)
{
	const struct segment ack = refuserig_in(r, 0, 0, 0);

	refuserig_put(&ack);
	refuserig_assert_text(r, text, 0);
	talk_assert_silence(rig);
}

START_TEST(a_denied_client_is_told_at_once)
{
	const struct refuserig_way *way = &refuserig_ways[_i];

	deny(way->service, way->six, MX_ANSWER_421);
	const struct refused r = refuserig_begin(way->service, way->six, 40000);
	assert_told(&r, TEXT_DENIED);
	ck_assert_uint_eq(
		refuserig_told(way->service, MX_ANSWER_421, MX_DROP_DENIED), 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_DENIED), 0);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(a_denied_client_can_be_told_to_stay_away)
{
	const struct refuserig_way *way = &refuserig_ways[_i];

	deny(way->service, way->six, MX_ANSWER_554);
	const struct refused r = refuserig_begin(way->service, way->six, 40000);
	assert_told(&r, TEXT_DENIED_554);
	ck_assert_uint_eq(
		refuserig_told(way->service, MX_ANSWER_554, MX_DROP_DENIED), 1);
}
END_TEST

START_TEST(a_client_over_its_limit_is_told_at_once)
{
	limit(1, 0, MX_ANSWER_421);
	onerig_open(1000);
	rig_flush(rig);
	const struct refused r = refuserig_begin(RIG_FULLNAT_TO4, false, 1001);
	assert_told(&r, TEXT_CLIENT);
	ck_assert_uint_eq(refuserig_told(RIG_FULLNAT_TO4, MX_ANSWER_421,
					 MX_DROP_CLIENT_LIMIT),
			  1);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(a_client_of_a_prefix_over_its_limit_is_told_so)
{
	limit(0, 1, MX_ANSWER_554);
	onerig_open(1000);
	rig_flush(rig);
	const struct refused r = refuserig_begin(RIG_FULLNAT_TO4, false, 1001);
	assert_told(&r, TEXT_PREFIX);
	ck_assert_uint_eq(refuserig_told(RIG_FULLNAT_TO4, MX_ANSWER_554,
					 MX_DROP_PREFIX_LIMIT),
			  1);
}
END_TEST

/* First the lists, then the limits, then the room. */
START_TEST(the_first_reason_counts)
{
	limit(1, 0, MX_ANSWER_421);
	onerig_open(1000);
	rig_flush(rig);
	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	refuserig_set_answer(MX_ANSWER_421);
	const struct refused over =
		refuserig_begin(RIG_FULLNAT_TO4, false, 1001);
	deny(RIG_FULLNAT_TO4, false, MX_ANSWER_421);
	const struct refused denied =
		refuserig_begin(RIG_FULLNAT_TO4, false, 1002);
	assert_told(&denied, TEXT_DENIED);
	forgive(RIG_FULLNAT_TO4);
	assert_told(&over, TEXT_CLIENT);
}
END_TEST

static bool
is_direct(int way)
{
	return mx_forward_is_direct(
		rig_plan(rig)->service[refuserig_ways[way].service].forward);
}

/* Its cookie opens a session, unless replies go past mxsteer: then its number is
 * none of a backend's, and it is refused for the reason of its SYN. */
START_TEST(a_client_may_be_allowed_meanwhile)
{
	const struct refuserig_way *way = &refuserig_ways[_i];

	deny(way->service, way->six, MX_ANSWER_421);
	const struct refused r = refuserig_begin(way->service, way->six, 40000);
	forgive(way->service);
	if (!is_direct(_i)) {
		const struct segment ack = refuserig_in(&r, 0, 0, 0);

		refuserig_put(&ack);
		ck_assert_uint_eq(rig_sessions(rig), 1);
		ck_assert_uint_eq(refuserig_told(way->service, MX_ANSWER_421,
						 MX_DROP_DENIED),
				  0);
		rig_flush(rig);
		return;
	}
	assert_told(&r, TEXT_DENIED);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	/* Its next SYN opens a session. */
	const struct segment syn =
		refuserig_says(way->service, way->six, 40001, SYN);
	refuserig_put(&syn);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig_flush(rig);
}
END_TEST

/* A reason that is forgotten is not that of another client: a 554 would be
 * final. */
START_TEST(a_client_does_not_hear_the_reason_of_another)
{
	const struct refuserig_way *way = &refuserig_ways[_i];

	if (!is_direct(_i))
		return;
	refuserig_set_answer(MX_ANSWER_421);
	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	refuserig_outlast(way->service, way->six);
	const struct refused r = refuserig_begin(way->service, way->six, 40001);
	deny(way->service, way->six, MX_ANSWER_554);
	refuserig_begin(way->service, way->six, 40000);
	forgive(way->service);
	memset(rig->worker[0]->greet->echoes.slot, 0,
	       ECHO_SLOTS * sizeof(struct echo));
	rig_set_weights(rig, (const uint16_t[]){100, 100, 100});
	assert_told(&r, TEXT_NONE);
}
END_TEST

/* Returns how many texts a client gets that connects `times` times. */
static uint32_t
texts_of(bool six, uint16_t port, uint32_t times)
{
	uint32_t texts = 0;
	uint8_t frame[FRAME_MAX];

	for (uint32_t i = 0; i < times; i++, port++) {
		const struct refused r =
			refuserig_begin(RIG_FULLNAT_TO4, six, port);
		const struct segment ack = refuserig_in(&r, 0, 0, 0);

		refuserig_put(&ack);
		texts += rig_get(rig, WAN, frame) != 0;
		talk_assert_silence(rig);
	}
	return texts;
}

START_TEST(a_client_gets_ten_texts_a_second)
{
	const bool six = _i != 0;

	deny(RIG_FULLNAT_TO4, six, MX_ANSWER_421);
	ck_assert_uint_eq(texts_of(six, 40000, 30), 10);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_ANSWER_RATE), 20);
	ck_assert_uint_eq(
		refuserig_told(RIG_FULLNAT_TO4, MX_ANSWER_421, MX_DROP_DENIED),
		10);
	rig_pass_s(rig, 1);
	rig_flush(rig);
	ck_assert_uint_eq(texts_of(six, 41000, 30), 10);
}
END_TEST

/* What one client loses by the rate, another does not. */
START_TEST(other_clients_get_their_texts)
{
	limit(1, 0, MX_ANSWER_421);
	onerig_open(1000);
	struct talk six = onerig_talk(RIG_FULLNAT_TO4, true, 1000);
	ck_assert(limitrig_opens(&six));
	rig_flush(rig);
	ck_assert_uint_eq(texts_of(false, 2000, 30), 10);
	ck_assert_uint_eq(texts_of(true, 2000, 30), 10);
}
END_TEST

/* With `syn-cookies: always` each SYN is answered, whoever sent it. */
static void
answer_all(enum rig_service service)
{
	static const struct offer all = {1460, 7, true};
	static const struct profile says = {true, {1360, 9, true}, 60000};

	for (uint16_t id = 1; id <= 6; id++)
		profiles_learn(&rig->worker[0]->profiles, id, &all, &says);
	service_of(service)->cookies = MX_COOKIES_ALWAYS;
	rig->worker[0]->resets.from_s = 0;
}

/* All answers. */
static const enum mx_answer answers[] = {MX_ANSWER_DROP, MX_ANSWER_421,
					 MX_ANSWER_554, MX_ANSWER_RESET};
#define ANSWERS (int)RTE_DIM(answers)

static bool
is_text(enum mx_answer answer)
{
	return answer == MX_ANSWER_421 || answer == MX_ANSWER_554;
}

/* Ways and answers in one loop variable. */
START_TEST(a_denied_client_gets_no_cookie_but_for_a_text)
{
	const struct refuserig_way *way = &refuserig_ways[_i % REFUSERIG_WAYS];
	const enum mx_answer answer = answers[_i / REFUSERIG_WAYS];

	if (is_direct(_i % REFUSERIG_WAYS))
		return;
	answer_all(way->service);
	deny(way->service, way->six, answer);
	if (is_text(answer)) {
		const struct refused r =
			refuserig_begin(way->service, way->six, 40000);
		assert_told(&r, answer == MX_ANSWER_554 ? TEXT_DENIED_554
							: TEXT_DENIED);
	} else {
		const struct segment syn =
			refuserig_says(way->service, way->six, 40000, SYN);

		refuserig_put(&syn);
		if (answer == MX_ANSWER_RESET)
			ck_assert_uint_eq(talk_next(rig, WAN).flags, RST | ACK);
		talk_assert_silence(rig);
		ck_assert_uint_eq(rig->count[0].synacks, 0);
	}
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_DENIED),
			  answer == MX_ANSWER_DROP);
	if (answer != MX_ANSWER_DROP)
		ck_assert_uint_eq(
			refuserig_told(way->service, answer, MX_DROP_DENIED),
			1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

/* By a rule of the operator, where the service has no list. */
START_TEST(a_client_denied_by_command_gets_no_cookie)
{
	const struct refuserig_way *way = &refuserig_ways[_i];
	const struct end client = talk_client(way->six, 40000);
	const struct segment syn =
		refuserig_says(way->service, way->six, 40000, SYN);

	if (is_direct(_i))
		return;
	answer_all(way->service);
	list = denyone(&client.ip, way->six ? 128 : 32, MX_DENY_DENIED,
		       MX_DENY_BY_RULES);
	rig->active->rules = list;
	refuserig_put(&syn);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].synacks, 0);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_DENIED), 1);
}
END_TEST

/* The list, or its neighbour's session, came between SYN and ACK. */
static void
assert_refused(const struct refused *r, enum mx_answer answer, enum mx_drop why)
{
	const struct segment ack = refuserig_in(r, 0, 0, 0);
	const char *code = answer == MX_ANSWER_554 ? "554 5.7." : "421 4.7.";

	refuserig_put(&ack);
	if (answer == MX_ANSWER_DROP) {
		ck_assert_uint_eq(rig_dropped(rig, why), 1);
	} else {
		const struct segment left = talk_next(rig, WAN);

		ck_assert_uint_eq(left.flags,
				  is_text(answer) ? ACK | PSH | FIN : RST);
		ck_assert_uint_eq(left.seq, r->synack.seq + 1);
		if (is_text(answer))
			ck_assert_mem_eq(left.payload, code, strlen(code));
	}
	talk_assert_silence(rig);
}

START_TEST(a_client_with_a_cookie_may_be_denied_meanwhile)
{
	const struct refuserig_way *way = &refuserig_ways[_i % REFUSERIG_WAYS];
	const enum mx_answer answer = answers[_i / REFUSERIG_WAYS];

	if (is_direct(_i % REFUSERIG_WAYS))
		return;
	answer_all(way->service);
	const struct refused r = refuserig_begin(way->service, way->six, 40000);
	deny(way->service, way->six, answer);
	assert_refused(&r, answer, MX_DROP_DENIED);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

/* A flood of SYNs takes nothing of a limit, so a SYN is answered whatever the
 * limit, and the client is judged when it brings its cookie back. */
START_TEST(a_client_with_a_cookie_is_told_of_its_limit)
{
	const struct refuserig_way *way = &refuserig_ways[_i % REFUSERIG_WAYS];
	const enum mx_answer answer = answers[_i / REFUSERIG_WAYS];
	struct talk other = onerig_talk(way->service, way->six, 1000);

	if (is_direct(_i % REFUSERIG_WAYS))
		return;
	limit(1, 0, answer);
	ck_assert(limitrig_opens(&other));
	rig_flush(rig);
	answer_all(way->service);
	const struct refused r = refuserig_begin(way->service, way->six, 40000);
	assert_refused(&r, answer, MX_DROP_CLIENT_LIMIT);
	if (answer != MX_ANSWER_DROP)
		ck_assert_uint_eq(refuserig_told(way->service, answer,
						 MX_DROP_CLIENT_LIMIT),
				  1);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(limitrig_sum(), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("unwelcome");
	TCase *t = tcase_create("unwelcome");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_denied_client_is_told_at_once, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_denied_client_can_be_told_to_stay_away, 0,
			    REFUSERIG_WAYS);
	tcase_add_test(t, a_client_over_its_limit_is_told_at_once);
	tcase_add_test(t, a_client_of_a_prefix_over_its_limit_is_told_so);
	tcase_add_test(t, the_first_reason_counts);
	tcase_add_loop_test(t, a_client_may_be_allowed_meanwhile, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_does_not_hear_the_reason_of_another, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_gets_ten_texts_a_second, 0, 2);
	tcase_add_test(t, other_clients_get_their_texts);
	tcase_add_loop_test(t, a_denied_client_gets_no_cookie_but_for_a_text, 0,
			    ANSWERS * REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_denied_by_command_gets_no_cookie, 0,
			    REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_with_a_cookie_may_be_denied_meanwhile,
			    0, ANSWERS * REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_client_with_a_cookie_is_told_of_its_limit, 0,
			    ANSWERS * REFUSERIG_WAYS);
	suite_add_tcase(s, t);
	return s;
}
