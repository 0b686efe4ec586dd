/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_POOLTIMES_H
#define MX_POOLTIMES_H

/* How long the phases of all checks of a pool took, since the pool is in the
 * configuration: a histogram of each phase.  A phase counts once its reply, or its
 * handshake, has come.  One that ran out of time is a failed check, and has no
 * time.
 *
 * Shape      a place for each pool that a configuration may have; 110 KiB.
 * Invariant  a place belongs to one pool name, for as long as the configuration
 *            has that pool.
 * Threads    the event loop. */
#include "config.h"
#include "counters.h"
#include "phase.h"

struct phase_times {
	uint64_t bucket[MX_TIME_BUCKETS]; /* under 512 us << bucket */
	double sum_ms;
};

struct pool_times {
	char pool[MX_NAME_MAX]; /* "": the place is free */
	struct phase_times phase[SMTP_PHASES];
};

/* Zeroed memory has no pool. */
struct pooltimes {
	struct pool_times place[MX_POOLS_MAX];
};

/* Forget the pools that the configuration does not have, and give each new one a
 * place. */
void pooltimes_follow(struct pooltimes *times, const struct mx_config *config);

/* The times of a pool of the configuration; NULL: it has no such pool. */
struct pool_times *pooltimes_find(struct pooltimes *times, const char *pool);

/* Add what a check took.  phases: bit n is set if phase n counts, and ms[n] is
 * its time. */
void pooltimes_add(struct pool_times *pool, uint16_t phases,
		   const double ms[static SMTP_PHASES]);

#endif /* MX_POOLTIMES_H */
