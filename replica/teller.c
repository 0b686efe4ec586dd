/* SPDX-License-Identifier: BSD-3-Clause */
#include "teller.h"

#include <errno.h>

void
teller_begin(struct teller *teller, struct source *source,
	     const struct sink *sink)
{
	giveback_begin(&teller->give, source, sink);
	teller->source = source;
	teller->gives = false;
	teller->walks = true;
	teller->walk = 0;
	teller->cursor = source->head;
	teller->bytes = 0;
}

void
teller_end(struct teller *teller)
{
	giveback_end(&teller->give);
}

static bool
has_room(const struct teller *teller)
{
	return teller->bytes + WIRE_BYTES_MAX <= sizeof(teller->batch);
}

bool
teller_add(struct teller *teller, const struct wire_message *message)
{
	if (!has_room(teller))
		return false;
	teller->bytes += wire_put(message, teller->batch + teller->bytes);
	teller->records++;
	return true;
}

/* Add what a slot has now: a session for peers, or none.  What changes just now is
 * noted again. */
static void
add_slot(struct teller *teller, uint32_t slot)
{
	struct wire_message message;

	switch (source_read(teller->source, slot, &message.session)) {
	case SOURCE_FIT:
		giveback_yield(&teller->give, slot);
		message.type = WIRE_SESSION4; /* wire_put() knows better */
		teller_add(teller, &message);
		break;
	case SOURCE_NONE:
		if (giveback_has(&teller->give, slot))
			break;
		message = (struct wire_message){.type = WIRE_END, .slot = slot};
		teller_add(teller, &message);
		break;
	case SOURCE_TORN:
		break;
	}
}

/* The next slot to tell. */
static enum teller_progress
next_slot(struct teller *teller, uint32_t *slot)
{
	const struct source *source = teller->source;

	if (teller->walks && source_walk(source, &teller->walk)) {
		*slot = teller->walk++;
		return TELLER_MORE;
	}
	teller->walks = false;
	switch (source_next(source, &teller->cursor, slot)) {
	case 1:
		return TELLER_MORE;
	case 0:
		return TELLER_ALL;
	default:
		return TELLER_OVERTAKEN;
	}
}

/* The first one is given at once: a peer that was told a session waits for SYNCED, with
 * its own SYNCED, if it began lately. */
static bool
may_give(const struct teller *teller)
{
	return teller->gives || teller->give.told == 0;
}

/* Add the next message.  Returns TELLER_ALL if there is none. */
static enum teller_progress
add_next(struct teller *teller, uint32_t *left)
{
	uint32_t slot;
	const enum teller_progress progress = next_slot(teller, &slot);

	if (progress == TELLER_MORE) {
		add_slot(teller, slot);
		--*left;
	} else if (progress == TELLER_ALL && may_give(teller)) {
		struct wire_message message;

		if (!giveback_next(&teller->give, left, &message))
			return *left > 0 ? TELLER_ALL : TELLER_MORE;
		teller_add(teller, &message);
		return TELLER_MORE;
	}
	return progress;
}

enum teller_progress
teller_fill(struct teller *teller, uint32_t *left)
{
	enum teller_progress progress = TELLER_MORE;

	giveback_rest(&teller->give);
	while (*left > 0 && has_room(teller) && progress == TELLER_MORE)
		progress = add_next(teller, left);
	return progress;
}

bool
teller_is_through(const struct teller *teller)
{
	return giveback_is_through(&teller->give);
}
