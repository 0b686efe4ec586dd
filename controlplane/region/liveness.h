/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVENESS_H
#define MX_LIVENESS_H

/* Is the other process alive?  The answer depends on two signs.  The kernel
 * releases the lock of a process that ends.  The heartbeat stops in a process
 * that hangs or is stopped.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

/* After so long without a heartbeat, a data plane or a worker is silent.
 * Workers that share a core with others may pause longer than the main
 * thread. */
#define LIVENESS_SILENT_MS 2000
#define LIVENESS_WORKER_SILENT_MS 5000

/* The most time that counts between two looks: if all processes were suspended
 * together, none of them was silent. */
#define LIVENESS_LOOK_MS 400

enum liveness_state {
	LIVENESS_STOPPED,  /* no process has the role */
	LIVENESS_STARTING, /* a process has the role, but no heartbeat came
			    * yet */
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

/* Judge one look at now_ms.  A heartbeat of 0 has not begun.  Returns true if
 * the state has changed. */
bool liveness_step(struct liveness *liveness, bool locked, uint64_t heartbeat,
		   uint64_t now_ms, uint32_t silent_ms);

/* "running", "silent" */
const char *liveness_name(enum liveness_state state);

#endif /* MX_LIVENESS_H */
