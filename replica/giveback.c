/* SPDX-License-Identifier: BSD-3-Clause */
#include "giveback.h"

#include <sys/mman.h>

#include "clocks.h"
#include "log.h"
#include "plan.h"
#include "wiresession.h"

/* Entries that are checked before a rest: some 10,000 in each period of the event
 * loop. */
#define CHECKS 16384u

/* Zeroed memory, which is taken as it is written to. */
static uint32_t *
take_memory(uint32_t count)
{
	void *at = mmap(NULL, count * sizeof(uint32_t), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void
give_memory(uint32_t **at, uint32_t count)
{
	if (*at != NULL)
		munmap(*at, count * sizeof(uint32_t));
	*at = NULL;
}

void
giveback_end(struct giveback *give)
{
	give_memory(&give->slot_of, give->entries);
	give_memory(&give->entry_of, give->slots);
	*give = (struct giveback){0};
}

void
giveback_begin(struct giveback *give, const struct source *source,
	       const struct sink *sink)
{
	giveback_end(give);
	if (sink == NULL || sink_used(sink) == 0 || source->shape == 0)
		return;
	give->source = source;
	give->sink = sink;
	give->made = sink->made;
	give->entries = sink->map.count;
	give->slots = sessionmap_slots(&source->map);
	give->free = give->slots;
	give->slot_of = take_memory(give->entries);
	give->entry_of = take_memory(give->slots);
	if (give->slot_of == NULL || give->entry_of == NULL)
		giveback_end(give);
}

/* Is it the shadow that the stream began with? */
static bool
is_same(const struct giveback *give)
{
	return give->sink->file != NULL && give->made == give->sink->made;
}

/* A free slot.  Returns false if there is none. */
static bool
find_free(struct giveback *give, uint32_t *slot)
{
	if ((uint64_t)give->given + give->source->fits >= give->slots)
		return false;
	for (uint32_t i = 0; i < give->slots; i++) {
		give->free = (give->free == 0 ? give->slots : give->free) - 1;
		if (give->entry_of[give->free] != 0 ||
		    source_is_fit(give->source, give->free))
			continue;
		*slot = give->free;
		return true;
	}
	return false;
}

/* Can the peer have the session from us, and take it home? */
static bool
can_be_given(const struct giveback *give, const struct wire_session *session)
{
	const struct groupsheet *sheet = give->source->sheet;
	const bool six =
		session->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);

	return sheet != NULL && session->port < sheet->ports &&
	       (!six || give->source->map.wide) &&
	       (session->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT &&
	       groupsheet_home(sheet, &session->local) == give->sink->box;
}

/* Fill the message that tells an entry.  Returns false if it is not to be told. */
static bool
tell(struct giveback *give, uint32_t number, struct wire_message *message)
{
	struct mx_shadow_entry entry;
	uint32_t slot;

	if (give->slot_of[number] != 0 || !sink_keeps(give->sink, number) ||
	    !mx_shadow_at(&give->sink->map, number, &entry) ||
	    !wiresession_from(&message->session, 0, &entry.session, &entry.ends,
			      now_s()) ||
	    !can_be_given(give, &message->session))
		return false;
	if (!find_free(give, &slot)) {
		give->unplaced++;
		return false;
	}
	message->type = WIRE_SESSION4; /* wire_put() knows better */
	message->session.slot = slot;
	give->slot_of[number] = slot + 1;
	give->entry_of[slot] = number + 1;
	give->given++;
	give->told++;
	return true;
}

/* Forget that the peer has an entry.  Returns its slot. */
static uint32_t
forget(struct giveback *give, uint32_t number)
{
	const uint32_t slot = give->slot_of[number] - 1;

	give->slot_of[number] = 0;
	give->entry_of[slot] = 0;
	give->given--;
	return slot;
}

static bool
is_kept(const struct giveback *give, uint32_t number)
{
	struct mx_shadow_entry entry;

	return is_same(give) && sink_keeps(give->sink, number) &&
	       mx_shadow_at(&give->sink->map, number, &entry);
}

static bool
next_end(struct giveback *give, struct wire_message *message)
{
	while (give->given > 0 && give->checks > 0) {
		const uint32_t number = give->check;

		give->check = number + 1 < give->entries ? number + 1 : 0;
		give->checks--;
		if (give->slot_of[number] == 0 || is_kept(give, number))
			continue;
		*message = (struct wire_message){.type = WIRE_END,
						 .slot = forget(give, number)};
		return true;
	}
	return false;
}

bool
giveback_next(struct giveback *give, uint32_t *left,
	      struct wire_message *message)
{
	if (give->sink == NULL)
		return false;
	if (!is_same(give))
		give->walk = give->entries;
	while (*left > 0 && give->walk < give->entries) {
		--*left;
		if (tell(give, give->walk++, message))
			return true;
	}
	return give->walk == give->entries && next_end(give, message);
}

bool
giveback_is_through(const struct giveback *give)
{
	return give->sink == NULL || give->walk == give->entries;
}

void
giveback_rest(struct giveback *give)
{
	give->checks = CHECKS;
}

void
giveback_yield(struct giveback *give, uint32_t slot)
{
	if (!giveback_has(give, slot))
		return;
	const uint32_t number = give->entry_of[slot] - 1;

	forget(give, number);
	if (number < give->walk)
		give->walk = number;
}

void
giveback_log(const struct giveback *give)
{
	if (give->told > 0)
		log_line(LOG_LEVEL_INFO,
			 "box %u was told sessions of its own that it may have "
			 "lost: %u",
			 give->sink->box, give->told);
	if (give->unplaced > 0)
		log_line(LOG_LEVEL_WARN,
			 "sessions that box %u may have lost were not told to "
			 "it, since sessions-max here is too small: %u",
			 give->sink->box, give->unplaced);
}
