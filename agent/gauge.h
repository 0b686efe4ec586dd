/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GAUGE_H
#define MX_GAUGE_H

/* The gauge measures the host once a second, in a thread of its own: a disk that
 * does not answer must not keep balancers waiting.
 *
 *   /proc, admin file   every second
 *   queues              every GAUGE_QUEUE_S
 *
 * A measure that is older than GAUGE_STUCK_S says that the thread waits for a
 * disk.  Then the MTA gets little mail: it needs that disk too.  The same is said
 * if the first measure has not come within GAUGE_FIRST_MS: the program answers
 * all the same.
 *
 * Threads    gauge_look(): any. */
#include <stdbool.h>
#include <stdint.h>

#include "adminfile.h"
#include "queue.h"
#include "score.h"

#define GAUGE_QUEUE_S 10
#define GAUGE_STUCK_S 30
#define GAUGE_FIRST_MS 500

/* What to measure.  The pointers outlive the gauge. */
struct gauge_task {
	const char *admin_path;
	uint16_t queues;
	struct queue queue[QUEUES_MAX];
	struct score_scale scale;
};

/* What balancers are told. */
struct gauge_view {
	bool knows_admin; /* the file was read, or there is none */
	struct adminfile admin;
	uint16_t percent;
	char why[REPLY_TEXT_MAX]; /* the measures, or the operator's words */
};

struct gauge;

/* Start the thread, and wait for its first measure, but not longer than
 * GAUGE_FIRST_MS.  Returns NULL with errno. */
struct gauge *gauge_new(const struct gauge_task *task);

/* What the last measures say. */
void gauge_look(struct gauge *gauge, struct gauge_view *view);

#endif /* MX_GAUGE_H */
