/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists of sessions that may be given up, and of those that wait for a
 * greeting: each session is in the list of its state and in no other, older ones
 * first.
 * Method: a random walk of few clients through fewer places, with every kind of
 * segment from both sides, time that passes, and restarts.  After each step
 * all lists are compared with all sessions. */
#include <stdlib.h>

#include "runner.h"
#include "talk.h"
#include "tcpstate.h"

#define PLACES 24u
#define CLIENTS 40u

static struct rig *rig;

static void
setup(void)
{
	rig = rig_make_sized(1, PLACES, 1);
}

static void
teardown(void)
{
	rig_free(rig);
}

static void
say_at_random(uint32_t n, bool direct)
{
	static const uint8_t flags[] = {SYN,       SYN,       ACK,
					ACK | PSH, FIN | ACK, RST};
	const uint8_t its = flags[rand() % 6];
	const enum rig_service service = direct ? RIG_DSR_TO4 : RIG_FULLNAT_TO4;
	struct segment said = {.from = talk_client(false, (uint16_t)(1 + n)),
			       .to = rig_vip_of(service, false),
			       .flags = its,
			       .seq = its == SYN ? n : n + 1,
			       .ack = its & ACK ? 1 : 0};

	said.payload_bytes = its & PSH ? 9 : 0;
	if (its == SYN && rand() % 8 == 0)
		said.seq += 1000; /* the client has begun anew */
	rig_send(rig, 0, WAN, &said);
}

static void
answer_at_random(const struct mx_session *s)
{
	static const uint8_t flags[] = {SYN | ACK, SYN | ACK, ACK,
					ACK | PSH, FIN | ACK, RST | ACK};
	const uint8_t its = flags[rand() % 6];
	struct segment said = {.from = rig_mta(s->backend),
			       .to = rig_local,
			       .flags = its,
			       .seq = its & SYN ? 0 : 1,
			       .ack = s->client_seq};

	said.to.ip = mx_addr_from4(s->local_be);
	said.to.port = rte_be_to_cpu_16(s->local_port_be);
	said.payload_bytes = its & PSH ? 9 : 0;
	rig_send(rig, 0, LAN, &said);
}

/* Each list has a number: IN_GREETING and the number of the service, and so
 * on. */
enum listed { IN_NONE, IN_HALF, IN_OVER, IN_GREETING };

static enum listed
list_of(const struct mx_session *s)
{
	const enum session_class class =
		session_class_of(s->state, session_is_direct(s));

	if (class == SESSION_CLASS_HALF)
		return IN_HALF;
	if (class == SESSION_CLASS_OVER)
		return IN_OVER;
	return s->state == MX_SESSION_GREETING ? IN_GREETING + s->service
					       : IN_NONE;
}

/* Walk a list from its oldest session; returns how many it has. */
static uint32_t
check_list(const struct reclaim_list *list, enum listed its)
{
	const struct worker *w = rig->worker[0];
	const struct reclaim_link *link = w->reclaim.link;
	uint32_t before = SESSION_NONE, count = 0;

	for (uint32_t at = list->oldest; at != SESSION_NONE;
	     before = at, at = link[at].newer, count++) {
		const struct mx_session *s = &rig->file[0]->session[at];

		ck_assert_uint_lt(count, PLACES);
		ck_assert_uint_eq(link[at].older, before);
		ck_assert(before == SESSION_NONE ||
			  link[before].since_s <= link[at].since_s);
		ck_assert_uint_ne(s->state, MX_SESSION_FREE);
		ck_assert_int_eq(list_of(s), its);
	}
	ck_assert_uint_eq(list->newest, before);
	return count;
}

/* Returns how many sessions are in a list. */
static uint32_t
check_lists(void)
{
	const struct reclaim *reclaim = &rig->worker[0]->reclaim;
	uint32_t of[IN_GREETING + MX_SERVICES_MAX] = {0}, all = 0;

	for (uint32_t i = 0; i < PLACES; i++) {
		const struct mx_session *s = &rig->file[0]->session[i];

		if (s->state == MX_SESSION_FREE)
			continue;
		of[list_of(s)]++;
		all += list_of(s) != IN_NONE;
	}
	ck_assert_uint_eq(check_list(&reclaim->half, IN_HALF), of[IN_HALF]);
	ck_assert_uint_eq(check_list(&reclaim->over, IN_OVER), of[IN_OVER]);
	for (int i = 0; i < MX_SERVICES_MAX; i++) {
		const enum listed in = (enum listed)(IN_GREETING + i);

		ck_assert_uint_eq(check_list(&reclaim->greeting[i], in),
				  of[in]);
	}
	return all;
}

START_TEST(each_session_is_in_the_list_of_its_class_whatever_happens)
{
	uint64_t listed = 0;

	srand(7);
	for (int i = 0; i < 20000; i++) {
		const struct mx_session *s =
			&rig->file[0]->session[(uint32_t)rand() % PLACES];

		if (rand() % 2)
			say_at_random((uint32_t)rand() % CLIENTS,
				      rand() % 4 == 0);
		else if (s->state != MX_SESSION_FREE && !session_is_direct(s))
			answer_at_random(s);
		rig_poll(rig);
		if (rand() % 50 == 0)
			rig_pass_s(rig, (uint32_t)rand() % 60);
		if (rand() % 1000 == 0)
			rig_restart(rig);
		rig_flush(rig);
		listed += check_lists();
	}
	ck_assert_uint_gt(listed, 100000); /* the walk reached many sessions */
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reclaim");
	TCase *t = tcase_create("reclaim");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(
		t, each_session_is_in_the_list_of_its_class_whatever_happens);
	suite_add_tcase(s, t);
	return s;
}
