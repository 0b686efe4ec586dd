/* SPDX-License-Identifier: BSD-3-Clause */
#include "batch.h"

static bool
is_wanted(const struct logsheet *sheet, const struct mx_ended *ended)
{
	return (sheet->only == LOGSHEET_ALL || ended->how != MX_END_CLOSED) &&
	       (sheet->services == 0 ||
		(ended->service < 64 && sheet->services >> ended->service & 1));
}

void
batch_fill(struct batch *batch, const struct mx_ring *ring,
	   const struct line_session *like, uint64_t *tail, uint64_t *lost)
{
	struct text text = {batch->bytes, batch->bytes, false};
	struct line_session session = *like;
	struct mx_ended ended;

	session.ended = &ended;
	batch->count = 0;
	for (int i = 0; i < BATCH_LINES && *lost == 0; i++) {
		if (!mx_ring_get(ring, tail, &ended, lost))
			break;
		if (!is_wanted(session.sheet, &ended))
			continue;
		text.end = text.at + LINE_MAX_BYTES;
		line_session(&text, session.sheet->format, &session);
		batch->serial[batch->count] = ended.serial;
		batch->end[batch->count++] = (uint32_t)(text.at - batch->bytes);
	}
}
