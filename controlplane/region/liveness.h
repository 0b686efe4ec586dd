/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVENESS_H
#define MX_LIVENESS_H

/* Does the other process still do its work?  A pure function of two signs: the
 * lock of its role, which the kernel takes from a process that ends, and a
 * heartbeat, which stands still in a process that hangs or is stopped.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

/* Without a heartbeat for so long, a data plane or a worker is silent.  Workers
 * that share a core with others wait for it longer than the main thread. */
#define LIVENESS_SILENT_MS 2000
#define LIVENESS_WORKER_SILENT_MS 5000

/* Time between two looks counts for this much at most: when all processes were
 * suspended together, none of them was silent. */
#define LIVENESS_LOOK_MS 400

enum liveness_state {
	LIVENESS_STOPPED,  /* nobody plays the role */
	LIVENESS_STARTING, /* the role is taken, no heartbeat came yet */
	LIVENESS_RUNNING,
	LIVENESS_SILENT,
	LIVENESS_STATES,
};

struct liveness {
	enum liveness_state state;
	uint64_t heartbeat;
	uint64_t looked_ms;
	uint32_t still_ms; /* how long the heartbeat has not moved */
};

/* One look at now_ms.  A heartbeat of 0 has not begun.
 * Returns true if the state is another one now. */
bool liveness_step(struct liveness *liveness, bool locked, uint64_t heartbeat,
		   uint64_t now_ms, uint32_t silent_ms);

/* "running", "silent" */
const char *liveness_name(enum liveness_state state);

#endif /* MX_LIVENESS_H */
