/* SPDX-License-Identifier: BSD-3-Clause */
/* In a service with snat_stays all sessions to a backend come from one address:
 * also those that come from another backend, and but for those that find all of
 * its ports in use.
 * Method: sessions through real worker_poll(); the MTAs look at whom they see. */
#include <string.h>

#include "account.h"
#include "failover.h"
#include "localport.h"
#include "onerig.h"
#include "runner.h"

static const struct {
	enum rig_service service;
	bool six; /* the client's family */
} ways[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_V2_TO4, false},      {RIG_V2_TO6, true},
};

#define SNATS 2
#define SESSIONS 60

static struct mx_service *
service_of(int way)
{
	return &rig->active->plan.service[ways[way].service];
}

/* MTAs of even numbers see the second address. */
static uint8_t
at_of(int mta)
{
	return mta % 2 == 0;
}

static void
setup(void)
{
	onerig_setup();
	for (int i = 0; i < (int)RTE_DIM(ways); i++) {
		service_of(i)->snat_stays = 1;
		service_of(i)->fail_over = MX_FAIL_OVER_REFUSED;
		for (uint16_t id = 1; id <= 6; id++)
			rig->active->plan.snat_at[ways[i].service][id] =
				at_of(id);
	}
}

/* The place of a local address among those of its family. */
static uint8_t
seen_at(const struct mx_addr *local)
{
	const struct mx_plan *plan = &rig->active->plan;
	const uint16_t first = mx_addr_is4(local) ? 0 : SNATS;

	for (uint8_t at = 0; at < SNATS; at++)
		if (mx_addr_equal(&plan->snat[first + at], local))
			return at;
	ck_abort_msg("not a local address");
}

static struct talk
begin(int way, uint16_t port)
{
	struct talk talk = onerig_talk(ways[way].service, ways[way].six, port);

	talk_syn(&talk);
	return talk;
}

static struct portmap *
map_of(int way, uint8_t at)
{
	const uint16_t first = service_of(way)->pool == 0 ? 0 : SNATS;

	return &rig->worker[0]->map[rig->active->snat_slot[first + at]];
}

START_TEST(each_backend_sees_one_address)
{
	bool seen[SNATS] = {false};

	for (uint16_t i = 0; i < SESSIONS; i++) {
		const struct talk talk = begin(_i, (uint16_t)(1000 + i));
		const uint8_t at = at_of(rig_mta_number(&talk.mta.ip));

		ck_assert_uint_eq(seen_at(&talk.local.ip), at);
		seen[at] = true;
	}
	ck_assert(seen[0] && seen[1]);
	ck_assert_uint_eq(map_of(_i, 0)->spilled + map_of(_i, 1)->spilled, 0);
}
END_TEST

START_TEST(in_other_services_each_backend_sees_all_addresses)
{
	bool seen[7][SNATS] = {{false}};

	service_of(_i)->snat_stays = 0;
	for (uint16_t i = 0; i < SESSIONS; i++) {
		const struct talk talk = begin(_i, (uint16_t)(1000 + i));

		seen[rig_mta_number(&talk.mta.ip)][seen_at(&talk.local.ip)] =
			true;
	}
	for (int mta = 1; mta <= 6; mta++)
		ck_assert(seen[mta][0] == seen[mta][1]);
}
END_TEST

/* A place that is out of the range is taken for the first one: the plan comes
 * from another process. */
START_TEST(an_impossible_place_is_the_first)
{
	memset(rig->active->plan.snat_at, 200,
	       sizeof(rig->active->plan.snat_at));
	for (uint16_t i = 0; i < SESSIONS; i++) {
		const struct talk talk = begin(_i, (uint16_t)(1000 + i));

		ck_assert_uint_eq(seen_at(&talk.local.ip), 0);
	}
}
END_TEST

START_TEST(sessions_spill_when_the_ports_are_used_up_and_are_counted)
{
	struct portmap *map = map_of(_i, 1);
	uint32_t spilled = 0;

	while (map->count - map->used > 3)
		portmap_take(map, 0);
	for (uint16_t i = 0; i < SESSIONS; i++) {
		const struct talk talk = begin(_i, (uint16_t)(1000 + i));
		const uint8_t at = seen_at(&talk.local.ip);

		talk_hear(&talk, SYN | ACK);
		talk_say(&talk, ACK);
		if (at_of(rig_mta_number(&talk.mta.ip)) == 0)
			ck_assert_uint_eq(at, 0);
		else
			spilled += at == 0;
	}
	ck_assert_uint_gt(spilled, 0);
	ck_assert_uint_eq(map->used, map->count);
	ck_assert_uint_eq(map->spilled, spilled);
	ck_assert_uint_eq(map_of(_i, 0)->spilled, 0);
}
END_TEST

/* The MTA refuses the SYN: the next one sees the address that it always sees. */
START_TEST(a_session_that_goes_to_another_backend_changes_its_address)
{
	uint32_t moved = 0;

	rig->worker[0]->resets.from_s = 0;
	for (uint16_t i = 0; i < SESSIONS; i++) {
		struct talk talk = begin(_i, (uint16_t)(1000 + i));
		const uint8_t before = seen_at(&talk.local.ip);
		struct segment refusal = talk_back(&talk, RST | ACK);

		refusal.seq = 0;
		refusal.ack = 1;
		talk_send(&talk, LAN, &refusal);
		const struct segment syn = talk_next(rig, LAN);
		const int mta = rig_mta_number(&syn.to.ip);
		const uint8_t at = seen_at(&syn.from.ip);

		ck_assert_uint_eq(syn.flags, SYN);
		ck_assert_uint_eq(at, at_of(mta));
		moved += at != before;
		/* Its answers find it, and the port of before is free. */
		talk.local.ip = syn.from.ip;
		talk.local.port = syn.from.port;
		talk.mta = rig_mta(mta);
		talk_hear(&talk, SYN | ACK);
		talk_say(&talk, ACK);
	}
	ck_assert_uint_gt(moved, 0);
	ck_assert_uint_eq(map_of(_i, 0)->used + map_of(_i, 1)->used, SESSIONS);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("localport");
	TCase *t = tcase_create("localport");
	const int count = RTE_DIM(ways);

	rig_start_dpdk();
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_add_loop_test(t, each_backend_sees_one_address, 0, count);
	tcase_add_loop_test(
		t, in_other_services_each_backend_sees_all_addresses, 0, count);
	tcase_add_loop_test(t, an_impossible_place_is_the_first, 0, count);
	tcase_add_loop_test(
		t, sessions_spill_when_the_ports_are_used_up_and_are_counted, 0,
		count);
	tcase_add_loop_test(
		t, a_session_that_goes_to_another_backend_changes_its_address,
		0, count);
	suite_add_tcase(s, t);
	return s;
}
