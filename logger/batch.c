/* SPDX-License-Identifier: BSD-3-Clause */
#include "batch.h"

#include "changeline.h"

static bool
is_wanted(const struct logsheet *sheet, const struct mx_ended *ended)
{
	return sheet->lines != LOGSHEET_CHANGES &&
	       (sheet->only == LOGSHEET_ALL || ended->how != MX_END_CLOSED) &&
	       (sheet->services == 0 ||
		(ended->service < 64 && sheet->services >> ended->service & 1));
}

/* Make a line of a record, if one is wanted. */
static bool
put_line(struct text *text, const struct mx_ring_view *ring,
	 const struct line_session *session, const struct mx_changed *changed)
{
	const enum logsheet_format format = session->sheet->format;

	if (ring->kind == MX_RING_CHANGED) {
		if (session->sheet->lines == LOGSHEET_SESSIONS)
			return false;
		changeline_put(text, format, session->identity, changed);
		return true;
	}
	if (!is_wanted(session->sheet, session->ended))
		return false;
	line_session(text, format, session);
	return true;
}

void
batch_fill(struct batch *batch, const struct mx_ring_view *ring,
	   const struct line_session *like, uint64_t *tail,
	   struct mx_ring_missed *missed)
{
	struct text text = {batch->bytes, batch->bytes, false};
	struct line_session session = *like;
	union {
		uint64_t serial;
		struct mx_ended ended;
		struct mx_changed changed;
	} record;

	session.ended = &record.ended;
	batch->count = 0;
	for (int i = 0;
	     i < BATCH_LINES && missed->overwritten + missed->damaged == 0;
	     i++) {
		if (!mx_ring_get(ring, tail, &record, missed))
			break;
		text.end = text.at + LINE_MAX_BYTES;
		if (!put_line(&text, ring, &session, &record.changed))
			continue;
		batch->serial[batch->count] = record.serial;
		batch->end[batch->count++] = (uint32_t)(text.at - batch->bytes);
	}
}
