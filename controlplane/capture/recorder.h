/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECORDER_H
#define MX_RECORDER_H

/* A recorder begins a capture, takes the records out of the workers' rings in
 * the order of their time, and writes them as pcapng.  There is one capture of
 * an instance at a time.
 *
 * A capture is over when it has as many frames as were asked for, when the data
 * plane has ended it, or when its client asks for the end.  A client that reads
 * nothing for RECORDER_SILENCE_S has gone, and its capture is forgotten.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>

#include "capturefile.h"
#include "region.h"

#define RECORDER_SILENCE_S 5

/* How long a data plane may take to begin. */
#define RECORDER_BEGIN_MS 3000

/* Frames of a capture: without a limit by the operator, and at most. */
#define RECORDER_FRAMES 10000
#define RECORDER_FRAMES_MAX 10000000

struct recorder;

struct recorder_request {
	struct mx_capture_filter filter;
	uint32_t frames;
};

struct recorder_sums {
	uint64_t frames;
	uint64_t lost;
};

enum recorder_state {
	RECORDER_OFF,
	RECORDER_WAITS, /* for the data plane to begin */
	RECORDER_LATE,  /* the data plane has not begun in time */
	RECORDER_RUNS,
	RECORDER_OVER,
};

/* Returns NULL if there is no memory.  instance must outlive the recorder. */
struct recorder *recorder_new(struct event_base *base, const char *instance);
void recorder_free(struct recorder *recorder);

/* Begin a capture at the data plane of the region.
 * Returns 0 or -errno: -EBUSY if there is one. */
int recorder_start(struct recorder *recorder, const struct mx_region *region,
		   const struct recorder_request *wanted);

/* Look at the capture.  *news: recorder_write() has something to write. */
enum recorder_state recorder_look(struct recorder *recorder, bool *news);

/* Write what there is, up to a limit.  A capture that is over then has all its
 * frames and its end written.  Returns true if it is over, and forgets it. */
bool recorder_write(struct recorder *recorder, FILE *out);

/* End the capture.  Frames that are still in the rings can be written. */
void recorder_stop(struct recorder *recorder);

/* Forget the capture, and all that was not written. */
void recorder_forget(struct recorder *recorder);

/* Sum up the capture; or the last one, if none is under way. */
struct recorder_sums recorder_sums(const struct recorder *recorder);

#endif /* MX_RECORDER_H */
