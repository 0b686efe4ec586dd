/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TALLY_H
#define MX_TALLY_H

/* Count the sessions that use each resting address and each service, chunk by
 * chunk while the session files are read.
 * Threads    pure functions: any. */
#include "resting.h"
#include "sessionreader.h"

struct tally {
	struct mx_owned_table rows; /* index: of the row in struct resting */
	uint64_t sessions[RESTING_MAX]; /* sessions that can carry mail */
	uint64_t slots[RESTING_MAX];    /* sessions of all states */
	uint64_t service[MX_SERVICES_MAX];
};

/* Set all counts to zero. */
void tally_begin(struct tally *tally, const struct resting *resting);

/* Count the sessions of the chunk that was read last. */
void tally_add(struct tally *tally, const struct session_reader *file);

/* Write the counts into the rows, which must be those of tally_begin(). */
void tally_end(const struct tally *tally, struct resting *resting);

#endif /* MX_TALLY_H */
