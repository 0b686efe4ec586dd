/* SPDX-License-Identifier: BSD-3-Clause */
#include "borrowrig.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "idle.h"

struct rig *rig;
struct mx_shadow *file[2];
struct shadows shadows;
struct talk talk;

const struct mx_hash_key *
borrowrig_key(void)
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

void
borrowrig_make(void)
{
	shadows.count = 0;
	shadows.kept = true;
	make_shadow(0, PEER);
	make_shadow(1, OTHER);
	file[0]->state = MX_SHADOW_SYNCED;
	file[1]->state = MX_SHADOW_LOST;
	rig = rig_make(1);
}

void
borrowrig_free(void)
{
	rig_free(rig);
	free(file[0]);
	free(file[1]);
}

/* Open a session at the peer. */
void
borrowrig_open_there(enum rig_service service, bool six)
{
	const struct end client = talk_client(six, 40000);

	talk = talk_open(rig, service, &client);
}

/* The entry of the session as the peer tells it. */
struct mx_shadow_entry
borrowrig_entry_of(const struct talk *of)
{
	struct mx_shadow_entry entry;
	const struct mx_session *s = talk_session(of);

	entry.session = *s;
	entry.ends = session_ends(&rig->worker[0]->sessions, s);
	return entry;
}

void
borrowrig_tell(int shadow, const struct mx_shadow_entry *entry)
{
	mx_shadow_put(file[shadow], borrowrig_key(), 7, &entry->session,
		      &entry->ends);
}

void
borrowrig_tear(int shadow)
{
	/* The versions are behind the header and the buckets. */
	uint32_t *version =
		(uint32_t *)(void *)((uint8_t *)(file[shadow] + 1) +
				     (size_t)file[shadow]->buckets * 64);

	version[7]++;
}

/* From now on the rig is this box, which has no session. */
void
borrowrig_come_here(void)
{
	rig_free(rig);
	rig = rig_make(1);
	talk.rig = rig;
	rig_plan(rig)->box = OWN;
	memset(rig_plan(rig)->snat_box, PEER, sizeof(rig_plan(rig)->snat_box));
	atomic_store(&rig->worker[0]->shadows, &shadows);
	rig->worker[0]->now_s += 6; /* resets do not rest any more */
}

/* A session at the peer, told, and then packets of it come here. */
void
borrowrig_lend(enum rig_service service, bool six)
{
	borrowrig_open_there(service, six);
	const struct mx_shadow_entry entry = borrowrig_entry_of(&talk);
	borrowrig_tell(0, &entry);
	borrowrig_come_here();
}

void
borrowrig_rest(void)
{
	struct worker *w = rig->worker[0];
	const size_t bytes = rte_rcu_qsbr_get_memsize(1);
	struct rte_rcu_qsbr *quiescent =
		aligned_alloc(64, (bytes + 63) / 64 * 64);

	rte_rcu_qsbr_init(quiescent, 1);
	rte_rcu_qsbr_thread_register(quiescent, 0);
	rte_rcu_qsbr_thread_online(quiescent, 0);
	w->quiescent = quiescent;
	w->idle.sleeps = true;
	w->idle.polls = 1000000;
	/* All sessions have their turn but one, which is free. */
	w->sessions.scan = 0;
	w->sweep_tsc = rte_rdtsc();
	w->sweep_step_tsc = 1 + w->sweep_tsc / w->sessions.count;
	w->sweep_tsc -= w->sweep_step_tsc * (w->sessions.count - 2);
	idle_rest(w, rig->active);
	ck_assert_uint_eq(rig->count[0].sleeps, 1);
	w->quiescent = NULL;
	free(quiescent);
}

uint64_t
borrowrig_refused(enum mx_borrow why)
{
	return rig->count[0].borrow_refused[why];
}

uint64_t
borrowrig_refused_in_all(void)
{
	uint64_t sum = 0;

	for (uint32_t why = 0; why < MX_BORROW_REASONS; why++)
		sum += borrowrig_refused((enum mx_borrow)why);
	return sum;
}

/* Send a segment of the session that gets no session. */
void
borrowrig_say_in_vain(bool reply)
{
	const struct segment said =
		reply ? talk_back(&talk, ACK) : talk_in(&talk, ACK);

	talk_send(&talk, reply ? LAN : WAN, &said);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].borrowed, 0);
}

void
borrowrig_assert_refused(bool reply, enum mx_borrow why)
{
	borrowrig_say_in_vain(reply);
	ck_assert_uint_eq(borrowrig_refused(why), 1);
	ck_assert_uint_eq(borrowrig_refused_in_all(), 1);
}
