/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RUNTIME_H
#define MX_RUNTIME_H

/* All parts of a running data plane.  They are assembled once at start-up and
 * taken apart at the end.
 *
 * Threads    main. */
#include <rte_mempool.h>

#include "announce.h"
#include "config.h"
#include "eal.h"
#include "linkwatch.h"
#include "planroutes.h"
#include "planswap.h"
#include "region.h"
#include "ringfile.h"
#include "rsswatch.h"
#include "sessionfile.h"
#include "shadowwatch.h"
#include "watchdog.h"
#include "worker.h"

struct runtime {
	struct mx_region *region;
	struct rte_mempool *frame_pool;
	struct worker *worker[MX_WORKERS_MAX];
	struct session_file session_file[MX_WORKERS_MAX];
	struct mx_ring_file ended_file[MX_WORKERS_MAX];
	struct plan_swap swap;
	struct watchdog watchdog;
	struct announcer announcer;
	struct planroutes routes;
	struct linkwatch linkwatch;
	struct rsswatch rsswatch;
	struct shadowwatch shadowwatch;
	struct rte_rcu_qsbr *quiescent;
	atomic_bool stop;
	uint32_t sessions_kept;
};

/* Build the data plane over the region, with EAL up.  Logs what
 * fails.  Returns 0 or -errno.  After an error the caller calls
 * runtime_abandon() and ends the process. */
int runtime_make(struct runtime *runtime, const struct mx_config *config,
		 struct mx_region *region, const struct eal_memory *memory);

/* After a failure of runtime_make() or runtime_launch(): remove the files of
 * sessions and their ends that this start made. */
void runtime_abandon(struct runtime *runtime, const char *instance);

/* runtime_launch() starts the workers.  runtime_stop() stops them and waits for
 * them.  runtime_resume() starts them again. */
int runtime_launch(struct runtime *runtime);
void runtime_stop(struct runtime *runtime);
int runtime_resume(struct runtime *runtime);

/* Free everything.  Call it after runtime_stop().  Sessions and plan stay for
 * the next data plane. */
void runtime_free(struct runtime *runtime, const struct mx_config *config);

#endif /* MX_RUNTIME_H */
