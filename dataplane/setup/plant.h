/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLANT_H
#define MX_PLANT_H

/* All parts of a running data plane.  They are assembled once at start-up and
 * taken apart at the end.
 *
 * Threads    main. */
#include <rte_mempool.h>

#include "adopt.h"
#include "announce.h"
#include "config.h"
#include "linkwatch.h"
#include "region.h"
#include "store.h"
#include "watchdog.h"
#include "worker.h"

struct plant {
	struct mx_region *region;
	struct rte_mempool *pool;
	struct worker *worker[MX_WORKERS_MAX];
	struct store store[MX_WORKERS_MAX];
	struct adopter adopter;
	struct watchdog watchdog;
	struct announcer announcer;
	struct linkwatch linkwatch;
	struct rte_rcu_qsbr *quiescent;
	atomic_bool stop;
	uint32_t sessions_kept;
	enum mx_steering steering;
};

/* Build the data plane over the region, with EAL up.  Logs what
 * fails.  Returns 0 or -errno.  After an error the caller calls plant_abandon()
 * and ends the process. */
int plant_make(struct plant *plant, const struct mx_config *config,
	       struct mx_region *region, bool huge);

/* After a failure of plant_make() or plant_launch(): remove the session files
 * that this start made. */
void plant_abandon(struct plant *plant, const char *instance);

/* plant_launch() starts the workers.  plant_stop() stops them and waits for
 * them.  plant_resume() starts them again. */
int plant_launch(struct plant *plant);
void plant_stop(struct plant *plant);
int plant_resume(struct plant *plant);

/* Free everything.  Call it after plant_stop().  Sessions and plan stay for the
 * next data plane. */
void plant_free(struct plant *plant, const struct mx_config *config);

#endif /* MX_PLANT_H */
