/* SPDX-License-Identifier: BSD-3-Clause */
#include "streams.h"

#include <stdlib.h>
#include <string.h>

#include "give.h"
#include "source.h"
#include "wiresession.h"

/* As of replica/peers.c and replica/receiver.c. */
#define SETTLE_MS 6000u
#define HOME_MS 2500u
#define EMPTY_MS 500u

#define WORD_BITS 64u

static enum mx_shadow_state
state_of(const struct streams *streams, uint8_t from, uint8_t to)
{
	return atomic_load(&streams->box[to].file[from]->state);
}

static void
set_state(struct streams *streams, uint8_t from, uint8_t to,
	  enum mx_shadow_state state)
{
	atomic_store(&streams->box[to].file[from]->state, state);
}

static void
begin_stream(struct streams *streams, uint8_t from, uint8_t to)
{
	struct stream *stream = &streams->stream[from][to];

	if (stream->cut)
		return;
	free(stream->told);
	stream->told = calloc(streams->group->places / WORD_BITS + 1,
			      sizeof(uint64_t));
	rig_must(stream->told != NULL);
	stream->on = true;
	stream->at = 0;
	stream->records = 0;
	stream->synced_at_ms = 0;
	stream->began_ms = stream->put_ms = streams->now_ms;
	give_begin(&stream->give, streams->group);
	set_state(streams, from, to, MX_SHADOW_TEACHING);
}

void
streams_begin(struct streams *streams, uint8_t box)
{
	streams->started_ms[box] = streams->now_ms;
	for (uint8_t id = 1; id <= streams->group->boxes; id++) {
		if (id == box || !streams->box[id].alive)
			continue;
		begin_stream(streams, box, id);
		begin_stream(streams, id, box);
	}
}

static void
lose_stream(struct streams *streams, uint8_t from, uint8_t to)
{
	struct stream *stream = &streams->stream[from][to];

	stream->on = false;
	give_end(&stream->give);
	free(stream->told);
	stream->told = NULL;
	if (streams->box[to].alive &&
	    state_of(streams, from, to) != MX_SHADOW_EMPTY)
		set_state(streams, from, to, MX_SHADOW_LOST);
}

void
streams_lose(struct streams *streams, uint8_t box)
{
	for (uint8_t id = 1; id <= streams->group->boxes; id++) {
		if (id == box)
			continue;
		lose_stream(streams, box, id);
		lose_stream(streams, id, box);
		streams->stream[box][id].cut = streams->stream[id][box].cut =
			false;
	}
}

void
streams_cut(struct streams *streams, uint8_t a, uint8_t b)
{
	lose_stream(streams, a, b);
	lose_stream(streams, b, a);
	streams->stream[a][b].cut = streams->stream[b][a].cut = true;
}

/* A message comes to a peer. */
static void
take(struct streams *streams, uint8_t from, uint8_t to,
     const struct wire_message *message)
{
	struct box *box = &streams->box[to];
	struct stream *stream = &streams->stream[from][to];
	const struct mx_hash_key *key = &box->w->sessions.file->key;
	struct mx_session made;
	struct mx_session_wide ends;

	if (message->type == WIRE_END) {
		give_over(streams, from, to, message->slot);
		mx_shadow_drop(box->file[from], key, message->slot);
		return;
	}
	const uint32_t slot = message->session.slot;
	wiresession_to(&message->session, &made, &ends, streams->group->now_s);
	mx_shadow_put(box->file[from], key, slot, &made, &ends);
	stream->put_ms = streams->now_ms;
	if (stream->told != NULL)
		stream->told[slot / WORD_BITS] |= UINT64_C(1)
						  << slot % WORD_BITS;
}

/* The session of a slot as peers are to have it.  Returns false if they are not. */
static bool
read_slot(const struct box *box, uint32_t slot, struct wire_session *wire)
{
	const struct mx_session *s = &box->w->sessions.file->session[slot];

	if (atomic_load_explicit(&s->state, memory_order_relaxed) ==
		    MX_SESSION_FREE ||
	    !wiresession_from(wire, slot, s, NULL, box->group->now_s))
		return false;
	const uint8_t home =
		shadows_home(&box->rig->active->plan, &wire->local);
	return home == 0 || (box->synced >> home & 1) == 0;
}

static uint32_t
digest_of(const struct mx_session *s)
{
	return (s->client_be * 0x9e3779b9u + s->client_port_be * 0x85ebca6bu +
		atomic_load_explicit(&s->state, memory_order_relaxed)) |
	       1;
}

/* To one peer, as bytes. */
static void
tell(struct streams *streams, uint8_t from, uint8_t to,
     const struct wire_message *message, bool teach)
{
	uint8_t room[WIRE_BYTES_MAX];
	struct wire_message taken;
	const size_t bytes = wire_put(message, room);

	rig_must(wire_take(room, bytes, &taken) == (int)bytes);
	take(streams, from, to, &taken);
	streams->count.records++;
	streams->stream[from][to].records++;
	streams->count.bytes += bytes;
	streams->count.taught += teach;
	streams->count.taught_bytes += teach ? bytes : 0;
}

/* What a slot has now, to one peer. */
static void
tell_slot(struct streams *streams, uint8_t from, uint8_t to, uint32_t slot,
	  const struct wire_message *message)
{
	struct stream *stream = &streams->stream[from][to];

	if (!stream->on)
		return;
	if (message->type == WIRE_SESSION4)
		give_yield(&stream->give, slot);
	else if (give_has(&stream->give, slot))
		return;
	tell(streams, from, to, message, false);
}

/* anew: homes have changed. */
static void
look(struct streams *streams, struct box *box, uint32_t slot, bool anew)
{
	const struct mx_session *s = &box->w->sessions.file->session[slot];
	const bool moved =
		s->deadline_s >= box->told[slot].deadline_s + SOURCE_MOVED_S;
	struct told *told = &box->told[slot];
	struct wire_message message = {.type = WIRE_SESSION4};

	if (atomic_load_explicit(&s->state, memory_order_relaxed) ==
			    MX_SESSION_FREE
		    ? told->digest == 0
		    : !anew && !moved && digest_of(s) == told->digest)
		return;
	const bool fit = read_slot(box, slot, &message.session);
	const uint32_t digest = fit ? digest_of(s) : 0;
	if (digest == told->digest && (!fit || !moved))
		return;
	*told = (struct told){digest, s->deadline_s};
	if (fit)
		give_take_over(streams, box, &message.session);
	else
		message = (struct wire_message){.type = WIRE_END, .slot = slot};
	for (uint8_t id = 1; id <= box->group->boxes; id++)
		tell_slot(streams, box->id, id, slot, &message);
}

/* Other boxes' sessions are told while their shadows are not SYNCED. */
static bool
follow_homes(struct streams *streams, struct box *box)
{
	uint32_t synced = 0;

	for (uint8_t id = 1; id <= box->group->boxes; id++)
		if (id != box->id &&
		    state_of(streams, id, box->id) == MX_SHADOW_SYNCED)
			synced |= 1u << id;
	const bool changed = synced != box->synced;
	box->synced = synced;
	return changed;
}

static void
tell_changes(struct streams *streams, struct box *box, bool whole)
{
	const bool anew = follow_homes(streams, box);

	for (uint32_t i = 0; i < box->notes; i++)
		look(streams, box, box->noted[i], anew);
	for (uint32_t slot = 0; (anew || whole) && slot < box->group->places;
	     slot++)
		look(streams, box, slot, anew);
	box->notes = 0;
}

/* May a stream of the box be SYNCED?  After a start not before the box has what
 * its peers have kept for it. */
static bool
is_settled(const struct streams *streams, uint8_t box)
{
	if (streams->now_ms >= streams->started_ms[box] + SETTLE_MS)
		return true;
	for (uint8_t id = 1; id <= streams->group->boxes; id++) {
		const struct stream *from = &streams->stream[id][box];

		if (!from->on)
			continue;
		if (from->synced_at_ms == 0
			    ? from->records != 0 ||
				      streams->now_ms <
					      streams->started_ms[box] +
						      EMPTY_MS
			    : streams->now_ms < from->synced_at_ms + HOME_MS)
			return false;
	}
	return true;
}

static void
say_synced(struct streams *streams, uint8_t from, uint8_t to)
{
	struct stream *stream = &streams->stream[from][to];
	struct box *box = &streams->box[to];

	for (uint32_t slot = 0; slot < box->group->places; slot++)
		if ((stream->told[slot / WORD_BITS] >> slot % WORD_BITS & 1) ==
		    0)
			mx_shadow_drop(box->file[from],
				       &box->w->sessions.file->key, slot);
	free(stream->told);
	stream->told = NULL;
	stream->synced_at_ms = streams->now_ms;
	set_state(streams, from, to, MX_SHADOW_SYNCED);
}

/* Tell the next slots, up to a number of records. */
static uint32_t
teach(struct streams *streams, uint8_t from, uint8_t to, uint32_t most)
{
	struct stream *stream = &streams->stream[from][to];
	const struct box *box = &streams->box[from];
	struct wire_message message = {.type = WIRE_SESSION4};
	uint32_t done = 0;

	for (; stream->at < box->group->places && done < most; stream->at++) {
		if (box->told[stream->at].digest == 0 ||
		    !read_slot(box, stream->at, &message.session))
			continue;
		tell(streams, from, to, &message, true);
		done++;
	}
	if (stream->at < box->group->places)
		return done;
	for (; done < most && give_next(streams, from, to, &message); done++)
		tell(streams, from, to, &message, true);
	if (give_is_through(streams, from, to) && is_settled(streams, from))
		say_synced(streams, from, to);
	return done;
}

static void
teach_all(struct streams *streams, uint8_t to)
{
	uint32_t most = streams->teach_per_step;

	for (uint8_t from = 1; from <= streams->group->boxes; from++)
		if (streams->stream[from][to].on &&
		    streams->stream[from][to].told != NULL)
			most -= teach(streams, from, to, most);
}

/* What the other boxes tell themselves by now. */
static void
end_given(struct streams *streams, uint8_t to)
{
	struct wire_message message;

	for (uint8_t from = 1; from <= streams->group->boxes; from++)
		while (streams->stream[from][to].on &&
		       give_next_end(streams, from, to, &message))
			tell(streams, from, to, &message, false);
}

void
streams_step(struct streams *streams, bool whole)
{
	for (uint8_t id = 1; id <= streams->group->boxes; id++)
		if (streams->box[id].alive)
			tell_changes(streams, &streams->box[id], whole);
	for (uint8_t id = 1; id <= streams->group->boxes; id++)
		if (streams->box[id].alive) {
			teach_all(streams, id);
			end_given(streams, id);
		}
}

bool
streams_are_synced(const struct streams *streams, uint8_t box)
{
	for (uint8_t id = 1; id <= streams->group->boxes; id++) {
		if (id == box)
			continue;
		for (int way = 0; way < 2; way++) {
			const struct stream *stream =
				way ? &streams->stream[id][box]
				    : &streams->stream[box][id];
			if (stream->on && stream->told != NULL)
				return false;
		}
	}
	return true;
}
