/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_FREECHAIN_H
#define MX_REPLICA_FREECHAIN_H

/* Which slots a worker has taken lately, without a look at all of them.
 *
 * A worker takes free slots by the order of its free list, and the links of the list
 * are in the free slots (sessions.h).  A scan of all slots notes the links.
 * Whoever knows the first free slot then finds those that were taken since, one by
 * the link of the other.
 *
 * Lost       The links of slots that came and went between two scans are old.  So the
 *            chain may break, or lead astray.  Then the next scan finds a
 *            slot that was taken and not known, and the chain goes on from there.
 *            Nothing but time is lost.
 * Threads    main. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "sessions.h"

/* The sessions of one worker. */
struct freechain_worker {
	const struct mx_session *session;
	uint32_t count;
	uint32_t first; /* its first slot, of all workers' */
	uint16_t worker;
};

#define FREECHAIN_NONE UINT32_MAX

/* Indexes plus one; 0: not known. */
struct freechain {
	uint32_t *next; /* by slot: the link of a free one */
	size_t bytes;
	uint32_t front[MX_WORKERS_MAX]; /* the slot that is taken next */
	uint32_t kept[MX_WORKERS_MAX];  /* what it was before */
};

/* Returns 0 or -ENOMEM. */
int freechain_open(struct freechain *chain, uint32_t slots);
void freechain_close(struct freechain *chain);

/* Note the link of a free slot. */
static inline void
freechain_note(struct freechain *chain, const struct freechain_worker *of,
	       uint32_t index)
{
	const uint32_t next = of->session[index].next + 1;
	uint32_t *noted = &chain->next[of->first + index];

	if (*noted != next)
		*noted = next;
}

/* A slot is in use.  Returns true if the chain did not know: it goes on there, and
 * freechain_take() has it and others. */
bool freechain_meet(struct freechain *chain, const struct freechain_worker *of,
		    uint32_t index);

/* The index of the next slot that was taken, or FREECHAIN_NONE. */
uint32_t freechain_take(struct freechain *chain,
			const struct freechain_worker *of);

#endif /* MX_REPLICA_FREECHAIN_H */
