/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TALLY_H
#define MX_TALLY_H

/* Count the sessions that use each retired address and each service, chunk by
 * chunk while the session files are read.
 * Threads    pure functions: any. */
#include "retired.h"
#include "sessionreader.h"

struct tally {
	struct mx_owned_table rows; /* index: of the row in struct retired */
	uint64_t sessions[RETIRED_MAX]; /* sessions that can carry mail */
	uint64_t slots[RETIRED_MAX];    /* sessions of all states */
	uint64_t service[MX_SERVICES_MAX];
};

/* Set all counts to zero. */
void tally_begin(struct tally *tally, const struct retired *retired);

/* Count the sessions of the chunk that was read last. */
void tally_add(struct tally *tally, const struct session_reader *file);

/* Write the counts into the rows, which must be those of tally_begin(). */
void tally_end(const struct tally *tally, struct retired *retired);

#endif /* MX_TALLY_H */
