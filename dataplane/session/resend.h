/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESEND_H
#define MX_RESEND_H

/* Queues of sessions that wait for a time to pass.  All sessions of a queue
 * wait equally long, so the queue stays in order of time by itself.  A session
 * whose segment is sent several times goes from one queue to the next.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

struct resend_wait {
	uint64_t due_tsc;
	uint32_t session;
	uint32_t client_seq; /* tells a new session in the same slot */
};

struct resend_queue {
	uint32_t head;
	uint32_t tail;
	uint32_t mask;
	uint64_t delay_tsc;
	struct resend_wait *wait; /* [mask + 1] */
};

/* A queue for each sending: a session goes from one stage to the next. */
#define RESEND_STAGES 4

struct resend_ladder {
	struct resend_queue stage[RESEND_STAGES];
};

/* entries: of each stage, a power of two.  delay_ms: how long a session waits
 * in each stage.  Returns 0 or -ENOMEM. */
int resend_make(struct resend_ladder *ladder, uint32_t entries,
		const uint16_t delay_ms[static RESEND_STAGES], uint64_t tsc_hz);
void resend_free(struct resend_ladder *ladder);

static inline bool
resend_has_room(const struct resend_queue *queue)
{
	return queue->tail - queue->head <= queue->mask;
}

/* Returns false if the queue is full. */
bool resend_put(struct resend_queue *queue, uint32_t session,
		uint32_t client_seq, uint64_t now_tsc);

/* Take the first entry if its time has come.  Returns whether it has. */
bool resend_take(struct resend_queue *queue, uint64_t now_tsc,
		 struct resend_wait *wait);

#endif /* MX_RESEND_H */
