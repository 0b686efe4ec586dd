/* SPDX-License-Identifier: BSD-3-Clause */
/* A session of a peer is carried on by whoever gets its packets.
 * Method: borrowrig.h */
#include <stdlib.h>
#include <string.h>

#include "borrowrig.h"
#include "runner.h"

static const struct {
	enum rig_service service;
	bool six;
} kinds[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
};
#define KINDS (int)RTE_DIM(kinds)

static void
assert_live(void)
{
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
	ck_assert_uint_eq(rig->count[0].borrowed, 1);
	ck_assert_uint_eq(borrowrig_refused_in_all(), 0);
	ck_assert_uint_eq(rig->count[0].service[talk.service].opened, 1);
	talk_say_data(&talk);
	talk_hear_data(&talk);
	talk_say(&talk, FIN | ACK);
	talk_hear(&talk, FIN | ACK);
	ck_assert_uint_eq(rig->count[0].service[talk.service].closed, 1);
	rig_pass_s(rig, 1000);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}

START_TEST(a_clients_segment_takes_the_session_up)
{
	borrowrig_lend(kinds[_i].service, kinds[_i].six);
	talk_say(&talk, ACK);
	assert_live();
}
END_TEST

START_TEST(a_reply_takes_the_session_up)
{
	borrowrig_lend(kinds[_i].service, kinds[_i].six);
	talk_hear(&talk, ACK);
	assert_live();
}
END_TEST

START_TEST(what_no_peer_knows_stays_unknown)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk.client.port++;
	talk.local.port++;
	borrowrig_say_in_vain(_i);
	ck_assert_uint_eq(borrowrig_refused_in_all(), 0);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SESSION), 1);
}
END_TEST

START_TEST(while_a_peer_is_heard_out_nobody_is_reset)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk.client.port++;
	talk.local.port++;
	file[1]->state = MX_SHADOW_TEACHING;
	borrowrig_say_in_vain(_i);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 0);
	file[1]->state = MX_SHADOW_LOST;
	borrowrig_say_in_vain(_i);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 1);
}
END_TEST

/* Its shadows are SYNCED for ever. */
START_TEST(without_mxsteer_replica_nobody_is_reset)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	assert_live();
	talk.client.port++;
	talk.local.port++;
	shadows.kept = false;
	const struct segment said = talk_in(&talk, ACK);
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 0);
}
END_TEST

START_TEST(a_backend_under_another_id_is_found)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	struct mx_backend *backend = rig_plan(rig)->backend;
	const uint32_t id = (uint32_t)rig_mta_number(&talk.mta.ip);

	backend[500] = backend[id];
	backend[id].used = 0;
	talk_say(&talk, ACK);
	ck_assert_uint_eq(talk_session(&talk)->backend, 500);
}
END_TEST

START_TEST(the_clients_end_is_of_the_session_that_is_here)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	const struct talk lent = talk;

	talk = talk_make(rig, RIG_FULLNAT_TO4, &lent.client);
	talk_syn(&talk);
	/* Unless the two have one local port. */
	ck_assert_uint_eq(rig_sessions(rig), 1);
	if (talk.local.port == lent.local.port)
		return;
	const struct segment reply = talk_back(&lent, ACK);
	talk_send(&lent, LAN, &reply);
	ck_assert_uint_eq(borrowrig_refused(MX_BORROW_TAKEN), 1);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

/* Another session here has the local port.  Its owner's word is newer.  While the owner
 * is away, the session that began later has the port. */
START_TEST(a_local_port_goes_to_the_session_of_its_home)
{
	const bool synced = _i == 1, later = _i == 2;

	borrowrig_lend(RIG_FULLNAT_TO4, false);
	const struct end stranger = talk_client(false, 50000);
	struct talk other = talk_make(rig, RIG_FULLNAT_TO4, &stranger);
	talk_syn(&other);
	struct mx_session *s = talk_session(&other);
	struct portmap *map = &rig->worker[0]->map[s->snat_slot];
	const struct mx_owned *row =
		mx_owned_find(&rig_plan(rig)->owned, &talk.local.ip, 0);
	/* Give it the port of the peer's session. */
	portmap_give(map, rte_be_to_cpu_16(s->local_port_be));
	s->snat_slot = rig->active->snat_slot[row->index];
	s->local_port_be = rte_cpu_to_be_16(talk.local.port);
	ck_assert(portmap_claim(&rig->worker[0]->map[s->snat_slot],
				talk.local.port,
				session_index(&rig->worker[0]->sessions, s)));

	if (later)
		s->opened_s = 900;
	file[0]->state = synced ? MX_SHADOW_SYNCED : MX_SHADOW_LOST;
	if (!synced && !later) {
		const struct segment said = talk_in(&talk, ACK);

		talk_send(&talk, WAN, &said);
		ck_assert_uint_eq(borrowrig_refused(MX_BORROW_TAKEN), 1);
		ck_assert_ptr_nonnull(talk_session(&other));
		return;
	}
	talk_say(&talk, ACK);
	ck_assert_ptr_null(talk_session(&other));
	assert_live();
}
END_TEST

START_TEST(ports_of_a_map_are_taken_on_after_a_claim)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	for (uint16_t i = 0; i < 1000; i++) {
		const struct end client =
			talk_client(false, (uint16_t)(50000 + i));
		struct talk next = talk_make(rig, RIG_FULLNAT_TO4, &client);

		talk_syn(&next);
		ck_assert(next.local.port != talk.local.port ||
			  !mx_addr_equal(&next.local.ip, &talk.local.ip));
	}
	talk_say_data(&talk);
	talk_hear_data(&talk);
}
END_TEST

static void
add_way(const struct mx_addr *hop, uint8_t last, uint8_t port, bool gateway)
{
	struct mx_plan *plan = rig_plan(rig);

	plan->way[plan->ways++] = (struct mx_way){
		.hop = *hop,
		.mac = {2, 0, 0, 0, 1, last},
		.port = port,
		.to_port = port,
		.gateway = gateway,
	};
}

/* Send a reply that takes the session up, and see where it goes. */
static void
assert_way(uint8_t last)
{
	const struct segment said = talk_back(&talk, ACK);

	talk_send(&talk, LAN, &said);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_next(rig, WAN).to.mac.addr_bytes[5], last);
}

START_TEST(a_reply_finds_the_way_to_the_client)
{
	const struct mx_addr router = {{[10] = 0xff, 0xff, 203, 0, 113, 1}};

	borrowrig_lend(RIG_FULLNAT_TO4, false);
	switch (_i) {
	case 0: /* the peer's gateway is not known here */
		add_way(&router, 9, LAN, true);
		add_way(&router, 8, WAN, true);
		assert_way(8);
		break;
	case 1: /* it is known */
		add_way(&router, 8, WAN, true);
		add_way(&router, 1, WAN, true);
		assert_way(1);
		break;
	case 2: /* the client is a neighbour */
		add_way(&router, 1, WAN, true);
		add_way(&talk.client.ip, 7, WAN, false);
		assert_way(7);
		break;
	default: /* other neighbours are no ways, and no gateway is known */
		add_way(&router, 9, WAN, false);
		assert_way(1);
		break;
	}
}
END_TEST

/* Who sends the segment that takes the session up, and where replies go then. */
static const struct {
	uint8_t from;
	bool router_here; /* 8, at the clients' port */
	uint8_t to;
} senders[] = {
	{0x77, true, 8},     /* a stranger of the same network */
	{8, true, 8},        /* the router */
	{1, true, 1},        /* the one that the peer used */
	{0x77, false, 0x77}, /* no way is known at this port */
};

START_TEST(a_stranger_does_not_get_the_replies)
{
	const struct mx_addr router = {{[10] = 0xff, 0xff, 203, 0, 113, 1}};

	borrowrig_lend(RIG_FULLNAT_TO4, false);
	add_way(&router, 9, LAN, true);
	if (senders[_i].router_here)
		add_way(&router, 8, WAN, true);
	struct segment said = talk_in(&talk, ACK);

	said.from.mac.addr_bytes[4] = 1;
	said.from.mac.addr_bytes[5] = senders[_i].from;
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_session(&talk)->client_mac[5], senders[_i].to);
	ck_assert_uint_eq(talk_session(&talk)->client_port, WAN);
}
END_TEST

START_TEST(a_reply_without_a_way_is_dropped)
{
	borrowrig_open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = borrowrig_entry_of(&talk);

	if (_i == 0)
		entry.session.client_port = UINT8_MAX;
	else if (_i == 1)
		memset(entry.session.client_mac, 0, 6);
	else
		memcpy(entry.session.client_mac, &rig_vip.mac, 6);
	borrowrig_tell(0, &entry);
	borrowrig_come_here();
	borrowrig_assert_refused(true, MX_BORROW_NO_WAY);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("borrow");
	TCase *t = tcase_create("borrow");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, borrowrig_make, borrowrig_free);
	tcase_add_loop_test(t, a_clients_segment_takes_the_session_up, 0,
			    KINDS);
	tcase_add_loop_test(t, a_reply_takes_the_session_up, 0, KINDS);
	tcase_add_loop_test(t, what_no_peer_knows_stays_unknown, 0, 2);
	tcase_add_loop_test(t, while_a_peer_is_heard_out_nobody_is_reset, 0, 2);
	tcase_add_test(t, without_mxsteer_replica_nobody_is_reset);
	tcase_add_test(t, a_backend_under_another_id_is_found);
	tcase_add_test(t, the_clients_end_is_of_the_session_that_is_here);
	tcase_add_loop_test(t, a_local_port_goes_to_the_session_of_its_home, 0,
			    3);
	tcase_add_test(t, ports_of_a_map_are_taken_on_after_a_claim);
	tcase_add_loop_test(t, a_reply_finds_the_way_to_the_client, 0, 4);
	tcase_add_loop_test(t, a_stranger_does_not_get_the_replies, 0, 4);
	tcase_add_loop_test(t, a_reply_without_a_way_is_dropped, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
