/* SPDX-License-Identifier: BSD-3-Clause */
/* A session of a peer is carried on by whoever gets its packets.
 * Method: a first rig is the peer, and has the session; its entry is put into a
 * shadow.  A second rig, which knows nothing, gets packets of the session. */
#include <stdlib.h>
#include <string.h>

#include "homecheck.h"
#include "runner.h"
#include "shadows.h"
#include "talk.h"

#define OWN 1
#define PEER 2
#define OTHER 3 /* a third box */
#define ENTRIES 64

static struct rig *rig;
static struct mx_shadow *file[2]; /* of PEER and OTHER */
static struct shadows shadows;
static struct talk talk;

static const struct mx_hash_key *
key(void)
{
	return &rig->file[0]->key;
}

static void
make_shadow(int i, uint8_t box)
{
	const size_t bytes = mx_shadow_size(ENTRIES, true);

	file[i] = aligned_alloc(64, bytes);
	memset(file[i], 0, bytes);
	mx_shadow_make(file[i], box, 1, ENTRIES, true);
	ck_assert_int_eq(mx_shadow_attach(&shadows.map[i], file[i], bytes), 0);
	shadows.count++;
}

static void
setup(void)
{
	shadows.count = 0;
	make_shadow(0, PEER);
	make_shadow(1, OTHER);
	file[0]->state = MX_SHADOW_SYNCED;
	file[1]->state = MX_SHADOW_LOST;
	rig = rig_make(1);
}

static void
teardown(void)
{
	rig_free(rig);
	free(file[0]);
	free(file[1]);
}

/* Open a session at the peer. */
static void
open_there(enum rig_service service, bool six)
{
	const struct end client = talk_client(six, 40000);

	talk = talk_open(rig, service, &client);
}

/* The entry of the session as the peer tells it. */
static struct mx_shadow_entry
entry_of(const struct talk *of)
{
	struct mx_shadow_entry entry;
	const struct mx_session *s = talk_session(of);

	entry.session = *s;
	entry.ends = session_ends(&rig->worker[0]->sessions, s);
	return entry;
}

static void
tell(int shadow, const struct mx_shadow_entry *entry)
{
	mx_shadow_put(file[shadow], key(), 7, &entry->session, &entry->ends);
}

/* From now on the rig is this box, which has no session. */
static void
come_here(void)
{
	rig_free(rig);
	rig = rig_make(1);
	talk.rig = rig;
	rig_plan(rig)->box = OWN;
	memset(rig_plan(rig)->snat_box, PEER,
	       sizeof(rig_plan(rig)->snat_box));
	atomic_store(&rig->worker[0]->shadows, &shadows);
	rig->worker[0]->now_s += 6; /* resets do not rest any more */
}

/* A session at the peer, told, and then packets of it come here. */
static void
lend(enum rig_service service, bool six)
{
	open_there(service, six);
	const struct mx_shadow_entry entry = entry_of(&talk);
	tell(0, &entry);
	come_here();
}

static const struct {
	enum rig_service service;
	bool six;
} kinds[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_NAT_TO4, false},	  {RIG_NAT_TO6, true},
};
#define KINDS (int)RTE_DIM(kinds)

static uint64_t
refused(enum mx_borrow why)
{
	return rig->count[0].borrow_refused[why];
}

static uint64_t
refused_in_all(void)
{
	uint64_t sum = 0;

	for (int why = 0; why < MX_BORROW_REASONS; why++)
		sum += refused(why);
	return sum;
}

/* Send a segment of the session that gets no session. */
static void
say_in_vain(bool reply)
{
	const struct segment said =
		reply ? talk_back(&talk, ACK) : talk_in(&talk, ACK);

	talk_send(&talk, reply ? LAN : WAN, &said);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].borrowed, 0);
}

static void
assert_refused(bool reply, enum mx_borrow why)
{
	say_in_vain(reply);
	ck_assert_uint_eq(refused(why), 1);
	ck_assert_uint_eq(refused_in_all(), 1);
}

static void
assert_live(void)
{
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
	ck_assert_uint_eq(rig->count[0].borrowed, 1);
	ck_assert_uint_eq(refused_in_all(), 0);
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
	lend(kinds[_i].service, kinds[_i].six);
	talk_say(&talk, ACK);
	assert_live();
}
END_TEST

START_TEST(a_reply_takes_the_session_up)
{
	lend(kinds[_i].service, kinds[_i].six);
	talk_hear(&talk, ACK);
	assert_live();
}
END_TEST

START_TEST(what_no_peer_knows_stays_unknown)
{
	lend(RIG_FULLNAT_TO4, false);
	talk.client.port++;
	talk.local.port++;
	say_in_vain(_i);
	ck_assert_uint_eq(refused_in_all(), 0);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SESSION), 1);
}
END_TEST

START_TEST(while_a_peer_is_heard_out_nobody_is_reset)
{
	lend(RIG_FULLNAT_TO4, false);
	talk.client.port++;
	talk.local.port++;
	file[1]->state = MX_SHADOW_TEACHING;
	say_in_vain(_i);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 0);
	file[1]->state = MX_SHADOW_LOST;
	say_in_vain(_i);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 1);
}
END_TEST

/* What an entry may lie about. */
static void no_service(struct mx_session *s) { s->vip_port_be ^= 0xffff; }
static void other_mode(struct mx_session *s) { s->kind |= MX_FORWARD_NAT; }
static void direct(struct mx_session *s) { s->kind |= MX_FORWARD_DSR; }
static void no_mode(struct mx_session *s) { s->kind |= MX_SESSION_MODE; }
static void no_backend(struct mx_session *s) { s->server_be ^= 0xff000000; }
static void no_mail(struct mx_session *s) { s->server_port_be ^= 0xffff; }
static void no_peer(struct mx_session *s) { s->local_be ^= 0xff000000; }
static void low_port(struct mx_session *s) { s->local_port_be = RTE_BE16(80); }
static void half(struct mx_session *s) { s->state = MX_SESSION_OPENING; }
static void over(struct mx_session *s) { s->state = MX_SESSION_CLOSING; }
static void no_state(struct mx_session *s) { s->state = 200; }
static void sent(struct mx_session *s)
{
	s->shifts |= 20;
	mx_session_set_proxy(s, MX_SESSION_PROXY_SENT);
}
static void header(struct mx_session *s) { s->shifts ^= 20; }
static void told(struct mx_session *s) { s->shifts ^= MX_SESSION_TOLD; }
static void expired(struct mx_session *s) { s->deadline_s = 900; }

static const struct {
	void (*lie)(struct mx_session *s);
	enum mx_borrow why;
} lies[] = {
	{no_service, MX_BORROW_NO_SERVICE}, {other_mode, MX_BORROW_NO_SERVICE},
	{direct, MX_BORROW_NO_SERVICE},	    {no_mode, MX_BORROW_NO_SERVICE},
	{no_backend, MX_BORROW_NO_BACKEND}, {no_mail, MX_BORROW_NO_BACKEND},
	{no_peer, MX_BORROW_NOT_A_PEERS},   {low_port, MX_BORROW_ASTRAY},
	{half, MX_BORROW_UNFIT},	    {over, MX_BORROW_UNFIT},
	{no_state, MX_BORROW_UNFIT},	    {sent, MX_BORROW_UNFIT},
	{header, MX_BORROW_UNFIT},	    {told, MX_BORROW_UNFIT},
	{expired, MX_BORROW_EXPIRED},
};
#define LIES (int)RTE_DIM(lies)

START_TEST(an_entry_that_lies_is_refused)
{
	open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = entry_of(&talk);

	lies[_i].lie(&entry.session);
	entry.ends = mx_session_ends(&entry.session, &entry.ends);
	tell(0, &entry);
	come_here();
	/* The frame is of the session that the entry speaks of. */
	talk.vip.port = rte_be_to_cpu_16(entry.session.vip_port_be);
	if (lies[_i].lie == no_service) {
		say_in_vain(false); /* it gets no further */
		ck_assert_uint_eq(refused_in_all(), 0);
		return;
	}
	assert_refused(false, lies[_i].why);
}
END_TEST

START_TEST(other_fields_of_an_entry_do_no_harm)
{
	open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = entry_of(&talk);

	entry.session.backend = _i ? UINT16_MAX : 1000;
	entry.session.service = UINT8_MAX;
	entry.session.snat_slot = UINT8_MAX;
	entry.session.client_port = UINT8_MAX;
	entry.session.ip_delta = 0x1234;
	entry.session.tcp_delta = 0x4321;
	entry.session.opened_s = UINT32_MAX;
	entry.session.deadline_s = 0x7fffffff;
	entry.session.flags |= MX_SESSION_TRIES;
	tell(0, &entry);
	come_here();
	talk_say(&talk, ACK);
	assert_live();
}
END_TEST

START_TEST(a_backend_under_another_id_is_found)
{
	lend(RIG_FULLNAT_TO4, false);
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
	lend(RIG_FULLNAT_TO4, false);
	const struct talk lent = talk;

	talk = talk_make(rig, RIG_FULLNAT_TO4, &lent.client);
	talk_syn(&talk);
	/* Unless the two have one local port. */
	ck_assert_uint_eq(rig_sessions(rig), 1);
	if (talk.local.port == lent.local.port)
		return;
	const struct segment reply = talk_back(&lent, ACK);
	talk_send(&lent, LAN, &reply);
	ck_assert_uint_eq(refused(MX_BORROW_TAKEN), 1);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

/* Another session here has the local port.  Its owner's word is newer. */
START_TEST(a_local_port_goes_to_the_session_of_its_home)
{
	const bool synced = _i;

	lend(RIG_FULLNAT_TO4, false);
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

	file[0]->state = synced ? MX_SHADOW_SYNCED : MX_SHADOW_LOST;
	if (!synced) {
		const struct segment said = talk_in(&talk, ACK);

		talk_send(&talk, WAN, &said);
		ck_assert_uint_eq(refused(MX_BORROW_TAKEN), 1);
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
	lend(RIG_FULLNAT_TO4, false);
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

/* A third box has carried the session on.  If its home is there, it alone knows
 * whether it is over. */
START_TEST(a_session_that_its_home_ended_is_over)
{
	open_there(RIG_FULLNAT_TO4, false);
	const struct mx_shadow_entry entry = entry_of(&talk);
	tell(1, &entry);
	come_here();
	assert_refused(_i, MX_BORROW_ENDED);
	file[0]->state = MX_SHADOW_LOST;
	talk_say(&talk, ACK);
	ck_assert_uint_eq(rig->count[0].borrowed, 1);
}
END_TEST

START_TEST(the_entry_that_lives_longest_counts)
{
	open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = entry_of(&talk);

	file[0]->state = MX_SHADOW_LOST;
	entry.session.client_seq = 100;
	tell(_i, &entry);
	entry.session.client_seq = 1;
	entry.session.deadline_s++;
	tell(!_i, &entry);
	come_here();
	talk_say(&talk, ACK);
	ck_assert_uint_eq(talk_session(&talk)->client_seq, 1);
}
END_TEST

static void
sweep(void)
{
	struct worker *w = rig->worker[0];

	w->sessions.scan = w->sessions.count - 1;
	homecheck_sweep(w, rig->active, 0);
}

START_TEST(a_silent_session_ends_with_its_home)
{
	lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	mx_shadow_drop(file[0], key(), 7);
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig->worker[0]->now_s += 60;
	file[0]->state = MX_SHADOW_LOST;
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	file[0]->state = MX_SHADOW_SYNCED;
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].borrowed_over, 1);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_session_that_its_home_has_goes_on)
{
	lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	rig->worker[0]->now_s += 60;
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	memset(rig_plan(rig)->snat_box, 0, sizeof(rig_plan(rig)->snat_box));
	mx_shadow_drop(file[0], key(), 7);
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
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

	lend(RIG_FULLNAT_TO4, false);
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

START_TEST(a_reply_without_a_way_is_dropped)
{
	open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = entry_of(&talk);

	if (_i == 0)
		entry.session.client_port = UINT8_MAX;
	else if (_i == 1)
		memset(entry.session.client_mac, 0, 6);
	else
		memcpy(entry.session.client_mac, &rig_vip.mac, 6);
	tell(0, &entry);
	come_here();
	assert_refused(true, MX_BORROW_NO_WAY);
}
END_TEST

static void
add_sessions(TCase *t)
{
	tcase_add_loop_test(t, a_clients_segment_takes_the_session_up, 0,
			    KINDS);
	tcase_add_loop_test(t, a_reply_takes_the_session_up, 0, KINDS);
	tcase_add_loop_test(t, what_no_peer_knows_stays_unknown, 0, 2);
	tcase_add_loop_test(t, while_a_peer_is_heard_out_nobody_is_reset, 0, 2);
	tcase_add_loop_test(t, an_entry_that_lies_is_refused, 0, LIES);
	tcase_add_loop_test(t, other_fields_of_an_entry_do_no_harm, 0, 2);
	tcase_add_test(t, a_backend_under_another_id_is_found);
	tcase_add_test(t, the_clients_end_is_of_the_session_that_is_here);
	tcase_add_loop_test(t, a_local_port_goes_to_the_session_of_its_home, 0,
			    2);
	tcase_add_test(t, ports_of_a_map_are_taken_on_after_a_claim);
}

Suite *
suite(void)
{
	Suite *s = suite_create("borrow");
	TCase *t = tcase_create("borrow");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	add_sessions(t);
	tcase_add_loop_test(t, a_session_that_its_home_ended_is_over, 0, 2);
	tcase_add_loop_test(t, the_entry_that_lives_longest_counts, 0, 2);
	tcase_add_test(t, a_silent_session_ends_with_its_home);
	tcase_add_test(t, a_session_that_its_home_has_goes_on);
	tcase_add_loop_test(t, a_reply_finds_the_way_to_the_client, 0, 4);
	tcase_add_loop_test(t, a_reply_without_a_way_is_dropped, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
