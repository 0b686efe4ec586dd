/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "clocks.h"
#include "plan.h"
#include "wiresession.h"

/* States of a session that peers may be told of. */
#define STATES                                                                 \
	(1u << MX_SESSION_GREETING | 1u << MX_SESSION_ESTABLISHED |            \
	 1u << MX_SESSION_CLIENT_FIN | 1u << MX_SESSION_BACKEND_FIN |          \
	 1u << MX_SESSION_WATCHED | 1u << MX_SESSION_SEALED)

#define WORD_BITS 64u

static size_t
told_bytes(const struct sessionmap *map)
{
	return (size_t)sessionmap_slots(map) * sizeof(struct source_told);
}

static size_t
fit_bytes(const struct sessionmap *map)
{
	return (sessionmap_slots(map) / WORD_BITS + 1) * sizeof(uint64_t);
}

/* Zeroed memory which is taken as it is written to. */
static void *
take_memory(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void
source_forget(struct source *source)
{
	if (source->told != NULL)
		munmap(source->told, source->told_bytes);
	free(source->fit);
	freechain_close(&source->chain);
	source->told = NULL;
	source->fit = NULL;
	source->shape = 0;
}

/* Note the sessions of other files, from nothing. */
static int
begin_shape(struct source *source)
{
	const struct sessionmap *map = &source->map;

	source_forget(source);
	source->told_bytes = told_bytes(map);
	source->told = take_memory(source->told_bytes);
	source->fit = calloc(1, fit_bytes(map));
	if (freechain_open(&source->chain, sessionmap_slots(map)) != 0 ||
	    source->told == NULL || source->fit == NULL) {
		source_forget(source);
		return -ENOMEM;
	}
	source->shape = map->shape;
	source->rounds = 0;
	source->fits = 0;
	source->fresh_head = source->fresh_from[0] = source->fresh_from[1] = 0;
	source->place = (struct source_place){.whole = true};
	memset(source->used_to, 0, sizeof(source->used_to));
	return 0;
}

int
source_open(struct source *source, const char *instance)
{
	*source = (struct source){0};
	source->ring = calloc(SOURCE_RING, sizeof(source->ring[0]));
	if (source->ring == NULL)
		return -ENOMEM;
	sessionmap_open(&source->map, instance);
	return source_follow(source);
}

void
source_close(struct source *source)
{
	source_forget(source);
	free(source->ring);
	sessionmap_close(&source->map);
}

int
source_follow(struct source *source)
{
	sessionmap_follow(&source->map);
	if (source->shape != 0 && source->shape != source->map.shape)
		source_forget(source);
	return source->shape != 0 || !sessionmap_is_live(&source->map)
		       ? 0
		       : begin_shape(source);
}

void
source_set_homes(struct source *source, const struct groupsheet *sheet,
		 uint32_t synced)
{
	source->sheet = sheet;
	source->synced = synced;
	source->anew = true;
}

void
source_set_took(struct source *source, source_took *took, void *arg)
{
	source->took = took;
	source->took_arg = arg;
}

static void
set_fit(struct source *source, uint32_t slot, bool fit)
{
	const uint64_t bit = UINT64_C(1) << slot % WORD_BITS;

	if (source_is_fit(source, slot) == fit)
		return;
	source->fit[slot / WORD_BITS] ^= bit;
	source->fits += fit ? 1 : UINT32_MAX;
}

static void
note(struct source *source, uint32_t slot)
{
	source->ring[source->head++ & (SOURCE_RING - 1)] = slot;
}

/* See "Digest" in source.h.  It is keyed, so that no client chooses numbers that
 * look like others. */
static uint64_t
digest_of(const struct source *source, const struct mx_session *s)
{
	const struct mx_hash_key *key = &source->map.key;
	uint64_t w[8];

	static_assert(offsetof(struct mx_session, ip_delta) == 24 &&
			      offsetof(struct mx_session, opened_s) == 32,
		      "word 3 has the deltas and the deadline");
	memcpy(w, s, sizeof(w));
	return (mx_hash_fold(w[0] ^ key->word[0], w[1] ^ key->word[1]) ^
		mx_hash_fold(w[2] ^ key->word[1], w[4] ^ ~key->word[0]) ^
		mx_hash_fold(w[5] ^ ~key->word[1], w[6] ^ key->word[0]) ^
		mx_hash_words(key, w[7], w[4])) |
	       1;
}

/* The box whose SNAT address the session has; 0: none. */
static uint8_t
home_of(const struct groupsheet *sheet, const struct wire_session *session)
{
	return (session->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT
		       ? groupsheet_home(sheet, &session->local)
		       : 0;
}

/* Is the session one that this box has to tell?  One of another box is, while that
 * box's shadow is not SYNCED here. */
static bool
is_ours(const struct source *source, const struct wire_session *session)
{
	const struct groupsheet *sheet = source->sheet;

	if (sheet == NULL || session->port >= sheet->ports)
		return false; /* peers know ports by the sheet's names */
	const uint8_t home = home_of(sheet, session);
	return home == 0 || home == sheet->box ||
	       (source->synced >> home & 1) == 0;
}

/* Has the slot the session that was noted, in doubt since?  Then *session is made
 * what it was.  A state in doubt stands for one or two states. */
static bool
undoubt(const struct source *source, uint32_t slot, struct mx_session *session)
{
	static const uint8_t earlier[] = {MX_SESSION_ESTABLISHED,
					  MX_SESSION_GREETING,
					  MX_SESSION_CLIENT_FIN};
	const uint8_t state =
		atomic_load_explicit(&session->state, memory_order_relaxed);

	if (!mx_session_is_doubted(state) || !source_is_fit(source, slot))
		return false;
	for (size_t i = 0; i < sizeof(earlier); i++) {
		atomic_store_explicit(&session->state, earlier[i],
				      memory_order_relaxed);
		if (digest_of(source, session) == source->told[slot].digest)
			return true;
	}
	atomic_store_explicit(&session->state, state, memory_order_relaxed);
	return false;
}

void
source_note_taken(const struct source *source,
		  const struct wire_session *session)
{
	const struct groupsheet *sheet = source->sheet;
	const uint8_t home = sheet == NULL ? 0 : home_of(sheet, session);

	if (source->took != NULL && home != 0 && home != sheet->box)
		source->took(source->took_arg, home, session);
}

/* A session in the files, by its slot. */
struct live {
	const struct mx_session *session;
	const struct mx_session_wide *wide; /* NULL: IPv4 alone */
};

static struct live
live_at(const struct source *source, uint32_t slot)
{
	const struct sessionmap *map = &source->map;
	const struct mx_sessions_file *file = map->file[slot / map->count].at;
	const uint32_t index = slot % map->count;
	/* By the count that was checked, not by the file's. */
	const struct mx_session_wide *wides =
		(const void *)&file->session[map->count];

	return (struct live){&file->session[index],
			     map->wide ? &wides[index] : NULL};
}

static enum source_found
read_live(const struct source *source, uint32_t slot,
	  struct wire_session *session, struct source_told *told)
{
	const struct live live = live_at(source, slot);
	struct mx_session copy, again;
	struct mx_session_wide wide;

	memcpy(&copy, live.session, sizeof(copy));
	if (live.wide != NULL)
		memcpy(&wide, live.wide, sizeof(wide));
	atomic_thread_fence(memory_order_acquire);
	memcpy(&again, live.session, sizeof(again));
	*told = (struct source_told){digest_of(source, &copy), copy.deadline_s};
	if (digest_of(source, &again) != told->digest)
		return SOURCE_TORN;
	undoubt(source, slot, &copy);
	return wiresession_from(session, slot, &copy,
				live.wide != NULL ? &wide : NULL, now_s()) &&
			       is_ours(source, session)
		       ? SOURCE_FIT
		       : SOURCE_NONE;
}

enum source_found
source_read(struct source *source, uint32_t slot, struct wire_session *session)
{
	struct source_told told;
	const enum source_found found = read_live(source, slot, session, &told);

	/* It may look again as it was noted by the next scan. */
	if (found == SOURCE_TORN)
		source->told[slot].digest = 0;
	return found;
}

static bool
has_changed(const struct source_told *was, const struct source_told *is,
	    uint32_t at_s)
{
	const int32_t by_s = (int32_t)(is->deadline_s - was->deadline_s);

	return is->digest != was->digest || by_s >= (int32_t)SOURCE_MOVED_S ||
	       by_s <= -(int32_t)SOURCE_MOVED_S ||
	       (by_s != 0 &&
		(int32_t)(was->deadline_s - at_s) < (int32_t)SOURCE_NEAR_S);
}

/* Look at a session of a state that peers may be told of. */
static void
look(struct source *source, uint32_t slot, const struct mx_session *live)
{
	struct source_told *was = &source->told[slot], is;
	struct wire_session session;
	struct mx_session copy;

	memcpy(&copy, live, sizeof(copy));
	is = (struct source_told){digest_of(source, &copy), copy.deadline_s};
	if (!has_changed(was, &is, source->place.at_s) && !source->place.anew)
		return;
	const enum source_found found = read_live(source, slot, &session, &is);
	if (found == SOURCE_TORN) {
		was->digest = 0;
		return;
	}
	const bool fit = found == SOURCE_FIT;
	const bool changed = has_changed(was, &is, source->place.at_s);
	if (fit == source_is_fit(source, slot) && !changed)
		return; /* also with other homes it is as it was */
	if (fit)
		source_note_taken(source, &session);
	if (fit || source_is_fit(source, slot))
		note(source, slot);
	*was = is;
	set_fit(source, slot, fit);
}

/* Is the session of a slot in doubt, and else as it was noted? */
static bool
is_in_doubt(const struct source *source, uint32_t slot,
	    const struct mx_session *live)
{
	struct mx_session copy;

	memcpy(&copy, live, sizeof(copy));
	return undoubt(source, slot, &copy);
}

bool
source_look(struct source *source, uint32_t slot, const struct mx_session *live)
{
	const uint8_t state =
		atomic_load_explicit(&live->state, memory_order_acquire);

	if (state < MX_SESSION_STATES && (STATES >> state & 1) != 0) {
		look(source, slot, live);
	} else if (source_is_fit(source, slot) &&
		   !(mx_session_is_doubted(state) &&
		     is_in_doubt(source, slot, live))) {
		source->told[slot].digest = 0;
		set_fit(source, slot, false);
		note(source, slot);
	}
	return state != MX_SESSION_FREE;
}

int
source_next(const struct source *source, uint64_t *cursor, uint32_t *slot)
{
	if (*cursor == source->head)
		return 0;
	if (source->head - *cursor > SOURCE_RING)
		return -EOVERFLOW;
	*slot = source->ring[(*cursor)++ & (SOURCE_RING - 1)];
	return 1;
}

bool
source_walk(const struct source *source, uint32_t *slot)
{
	const uint32_t slots = sessionmap_slots(&source->map);

	while (*slot < slots) {
		const uint64_t rest =
			source->fit[*slot / WORD_BITS] >> *slot % WORD_BITS;

		if (rest != 0) {
			*slot += (uint32_t)__builtin_ctzll(rest);
			return true;
		}
		*slot = (*slot / WORD_BITS + 1) * WORD_BITS;
	}
	return false;
}
