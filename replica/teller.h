/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_TELLER_H
#define MX_REPLICA_TELLER_H

/* What one peer is told, as messages in a batch: all fit sessions by the order of
 * their slots, then the slots that were noted since it began, and what the peer may
 * have lost (giveback.h).
 *
 * Slow       A peer that does not take its batches falls behind in the source's
 *            ring.  When it is overtaken, it has to be taught anew.
 * Threads    main. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "giveback.h"
#include "source.h"
#include "wire.h"

#define TELLER_BATCH 16384u

enum teller_progress {
	TELLER_MORE, /* there is more to tell */
	TELLER_ALL,  /* the peer has been told all that it may be told now */
	TELLER_OVERTAKEN, /* it has to be taught anew */
};

struct teller {
	struct source *source;
	bool walks;      /* not all slots have been walked over */
	uint32_t walk;   /* the next slot */
	uint64_t cursor; /* in the source's ring */
	bool gives;      /* what the peer may have lost is told, too */
	struct giveback give;
	uint64_t records;
	size_t bytes; /* of the batch */
	uint8_t batch[TELLER_BATCH];
};

/* Begin with the first slot, and an empty batch.  sink: of the peer; NULL: nothing is
 * given back to it. */
void teller_begin(struct teller *teller, struct source *source,
		  const struct sink *sink);
void teller_end(struct teller *teller);

/* Add a message.  Returns false if the batch has no room for any message. */
bool teller_add(struct teller *teller, const struct wire_message *message);

/* Add sessions, until the batch is full, or *left slots were looked at, which is
 * counted down. */
enum teller_progress teller_fill(struct teller *teller, uint32_t *left);

/* Is all told, behind TELLER_ALL?  What may be given back comes later. */
bool teller_is_through(const struct teller *teller);

#endif /* MX_REPLICA_TELLER_H */
