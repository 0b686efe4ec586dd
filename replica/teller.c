/* SPDX-License-Identifier: BSD-3-Clause */
#include "teller.h"

#include <errno.h>

void
teller_begin(struct teller *teller, struct source *source)
{
	teller->source = source;
	teller->walks = true;
	teller->walk = 0;
	teller->cursor = source->head;
	teller->bytes = 0;
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
		message.type = WIRE_SESSION4; /* wire_put() knows better */
		teller_add(teller, &message);
		break;
	case SOURCE_NONE:
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

enum teller_progress
teller_fill(struct teller *teller, uint32_t *left)
{
	uint32_t slot;

	while (*left > 0 && has_room(teller)) {
		const enum teller_progress progress = next_slot(teller, &slot);

		if (progress != TELLER_MORE)
			return progress;
		add_slot(teller, slot);
		--*left;
	}
	return TELLER_MORE;
}
