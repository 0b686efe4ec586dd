/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TALLY_H
#define MX_TALLY_H

/* How many sessions use each address that rests, and each service: made up
 * chunk by chunk while the session files are read.
 * Threads    pure functions: any. */
#include "resting.h"
#include "sessionfile.h"

struct tally {
	struct mx_vip_table rows; /* index: of the row in struct resting */
	uint64_t sessions[RESTING_MAX]; /* that can carry mail */
	uint64_t places[RESTING_MAX];   /* over or not */
	uint64_t service[MX_SERVICES_MAX];
};

/* Begin with nothing counted. */
void tally_begin(struct tally *tally, const struct resting *resting);

/* Count the sessions of the chunk that was read last. */
void tally_add(struct tally *tally, const struct sessionfile *file);

/* Write what was counted into the rows, which are those of the beginning. */
void tally_end(const struct tally *tally, struct resting *resting);

#endif /* MX_TALLY_H */
