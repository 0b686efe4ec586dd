/* SPDX-License-Identifier: BSD-3-Clause */
#include "give.h"

#include <stdlib.h>

#include "wiresession.h"

/* As of replica/receiver.c and replica/giveback.c. */
#define QUIET_MS 300u
#define TOLD_A_MS 400u
#define ALONE_MS 1000u
#define CHECKS 16384u

#define WORD_BITS 64u

void
give_begin(struct give *give, const struct group *group)
{
	give_end(give);
	*give = (struct give){
		.slot_of = calloc(group->places, sizeof(uint32_t)),
		.entry_of = calloc(group->places, sizeof(uint32_t)),
		.free = group->places,
	};
	rig_must(give->slot_of != NULL && give->entry_of != NULL);
}

void
give_end(struct give *give)
{
	free(give->slot_of);
	free(give->entry_of);
	*give = (struct give){0};
}

/* The shadow of one box at another. */
static const struct mx_shadow_map *
shadow_of(const struct streams *streams, uint8_t of, uint8_t at)
{
	return shadows_of(&streams->box[at].shadows, of);
}

/* Is an entry of it from before the present stream? */
static bool
keeps(const struct streams *streams, uint8_t of, uint8_t at, uint32_t number)
{
	const uint64_t *told = streams->stream[of][at].told;

	switch (mx_shadow_state_of(shadow_of(streams, of, at))) {
	case MX_SHADOW_LOST:
		return true;
	case MX_SHADOW_TEACHING:
		return told != NULL &&
		       (told[number / WORD_BITS] >> number % WORD_BITS & 1) ==
			       0;
	default:
		return false;
	}
}

/* Has a box told another all that it has, as it seems? */
static bool
is_quiet(const struct streams *streams, uint8_t of, uint8_t at)
{
	const struct stream *back = &streams->stream[of][at];
	const struct stream *stream = &streams->stream[at][of];
	const uint32_t now_ms = streams->now_ms;

	if (!back->on)
		return now_ms >= stream->began_ms + ALONE_MS;
	const uint32_t used = atomic_load(&streams->box[at].file[of]->used);
	return back->told == NULL || now_ms >= back->put_ms + QUIET_MS ||
	       now_ms >= back->began_ms + QUIET_MS + used / TOLD_A_MS;
}

static bool
find_free(const struct box *box, struct give *give, uint32_t *slot)
{
	const uint32_t places = box->group->places;

	for (uint32_t i = 0; i < places; i++) {
		give->free = (give->free == 0 ? places : give->free) - 1;
		if (give->entry_of[give->free] != 0 ||
		    box->told[give->free].digest != 0)
			continue;
		*slot = give->free;
		return true;
	}
	return false;
}

static bool
tell(struct streams *streams, uint8_t from, uint8_t to, uint32_t number,
     struct wire_message *message)
{
	const struct box *box = &streams->box[from];
	struct give *give = &streams->stream[from][to].give;
	struct mx_shadow_entry entry;
	uint32_t slot;

	if (give->slot_of[number] != 0 || !keeps(streams, to, from, number) ||
	    !mx_shadow_at(shadow_of(streams, to, from), number, &entry) ||
	    !wiresession_from(&message->session, 0, &entry.session, NULL,
			      streams->group->now_s) ||
	    shadows_home(&box->rig->active->plan, &message->session.local) !=
		    to ||
	    !find_free(box, give, &slot))
		return false;
	message->type = WIRE_SESSION4;
	message->session.slot = slot;
	give->slot_of[number] = slot + 1;
	give->entry_of[slot] = number + 1;
	give->given++;
	give->told++;
	return true;
}

bool
give_next(struct streams *streams, uint8_t from, uint8_t to,
	  struct wire_message *message)
{
	struct give *give = &streams->stream[from][to].give;

	/* The first one is told at once. */
	if (give->told > 0 && !is_quiet(streams, to, from))
		return false;
	while (give->walk < streams->group->places)
		if (tell(streams, from, to, give->walk++, message))
			return true;
	return false;
}

static uint32_t
forget(struct give *give, uint32_t number)
{
	const uint32_t slot = give->slot_of[number] - 1;

	give->slot_of[number] = 0;
	give->entry_of[slot] = 0;
	give->given--;
	return slot;
}

bool
give_next_end(struct streams *streams, uint8_t from, uint8_t to,
	      struct wire_message *message)
{
	struct give *give = &streams->stream[from][to].give;
	struct mx_shadow_entry entry;

	for (uint32_t i = 0; give->given > 0 && i < CHECKS; i++) {
		const uint32_t number = give->check;

		give->check =
			number + 1 < streams->group->places ? number + 1 : 0;
		if (give->slot_of[number] == 0 ||
		    (keeps(streams, to, from, number) &&
		     mx_shadow_at(shadow_of(streams, to, from), number,
				  &entry)))
			continue;
		*message = (struct wire_message){.type = WIRE_END,
						 .slot = forget(give, number)};
		return true;
	}
	return false;
}

bool
give_is_through(const struct streams *streams, uint8_t from, uint8_t to)
{
	return streams->stream[from][to].give.walk == streams->group->places;
}

bool
give_has(const struct give *give, uint32_t slot)
{
	return give->given > 0 && give->entry_of[slot] != 0;
}

void
give_yield(struct give *give, uint32_t slot)
{
	if (!give_has(give, slot))
		return;
	const uint32_t number = give->entry_of[slot] - 1;

	forget(give, number);
	if (number < give->walk)
		give->walk = number;
}

void
give_take_over(struct streams *streams, struct box *box,
	       const struct wire_session *session)
{
	const struct mx_hash_key *key = &box->w->sessions.file->key;
	const uint8_t home =
		shadows_home(&box->rig->active->plan, &session->local);
	const struct mx_flow flow = {session->client, session->vip,
				     session->client_port_be,
				     session->vip_port_be};
	struct mx_shadow_entry entry;

	if (home == 0 ||
	    !mx_shadow_find_client(shadow_of(streams, home, box->id), key,
				   &flow, &entry) ||
	    entry.session.local_port_be != session->local_port_be ||
	    !mx_addr_equal(&entry.ends.local, &session->local) ||
	    !keeps(streams, home, box->id, entry.slot) ||
	    (int32_t)(box->group->now_s + session->left_s -
		      entry.session.deadline_s) < 0)
		return;
	mx_shadow_drop(box->file[home], key, entry.slot);
}

void
give_over(struct streams *streams, uint8_t from, uint8_t to, uint32_t slot)
{
	struct mx_shadow_entry entry;
	struct wire_session session;

	if (mx_shadow_at(shadow_of(streams, from, to), slot, &entry) &&
	    wiresession_from(&session, slot, &entry.session, NULL,
			     streams->group->now_s))
		give_take_over(streams, &streams->box[to], &session);
}
