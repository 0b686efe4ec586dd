/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_BATCH_H
#define MX_LOGGER_BATCH_H

/* Lines that are written together, and what became of them.
 * Threads    none of its own. */
#include <stddef.h>
#include <stdint.h>

#include "line.h"
#include "recordring.h"

#define BATCH_LINES 512

struct batch {
	uint32_t count;
	uint32_t end[BATCH_LINES];    /* offset behind each line in bytes[] */
	uint64_t serial[BATCH_LINES]; /* of its record */
	char bytes[BATCH_LINES * LINE_MAX_BYTES];
};

/* What a sink did with a batch. */
struct batch_done {
	uint32_t lines;         /* the first ones, which are written */
	enum logged_loss stuck; /* why no more; SLOW: all are written */
	int error;              /* errno of that */
};

static inline uint32_t
batch_start(const struct batch *batch, uint32_t line)
{
	return line == 0 ? 0 : batch->end[line - 1];
}

/* Make lines of the wanted records behind *tail, until the batch is full or
 * records were missed.  The missed ones are in front of the last record that was
 * read.  like: what all lines have in common. */
void batch_fill(struct batch *batch, const struct mx_ring_view *ring,
		const struct line_session *like, uint64_t *tail,
		struct mx_ring_missed *missed);

#endif /* MX_LOGGER_BATCH_H */
