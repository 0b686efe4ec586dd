/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPTUREWATCH_H
#define MX_CAPTUREWATCH_H

/* Watch for the file of a capture (capturefile.h), and let the workers capture
 * while it is there.
 *
 *   OFF -> a file -> ON -> no file, or the lease is over -> ENDING
 *       -> every worker quiescent -> OFF
 *
 * A capture that was begun before this process goes on.
 *
 * Threads    main. */
#include "capture.h"
#include "capturefile.h"
#include "runtime.h"

enum capturewatch_state {
	CAPTUREWATCH_OFF,
	CAPTUREWATCH_ON,
	CAPTUREWATCH_ENDING,
};

struct capturewatch {
	struct runtime *runtime;
	const char *instance;
	enum capturewatch_state state;
	struct mx_capture file;
	struct capture *capture[MX_WORKERS_MAX];
	uint64_t token; /* of the quiescent state to wait for */
};

/* One look, a few times a second.  now_s: CLOCK_MONOTONIC.  Never waits. */
void capturewatch_poll(struct capturewatch *watch, uint32_t now_s);

/* Carry what the workers have copied over to the file, each round.  A file that
 * does not take it ends the capture. */
void capturewatch_carry(struct capturewatch *watch);

/* End the capture, once the workers are stopped and will not start again. */
void capturewatch_end(struct capturewatch *watch);

#endif /* MX_CAPTUREWATCH_H */
