/* SPDX-License-Identifier: BSD-3-Clause */
#include "resend.h"

#include <errno.h>
#include <stdlib.h>

int
resend_make(struct resend_ladder *ladder, uint32_t entries,
	    const uint16_t delay_ms[static RESEND_STAGES], uint64_t tsc_hz)
{
	int error = 0;

	for (int i = 0; i < RESEND_STAGES; i++) {
		ladder->stage[i] = (struct resend_queue){
			.mask = entries - 1,
			.delay_tsc = tsc_hz / 1000 * delay_ms[i],
			.wait = calloc(entries, sizeof(struct resend_wait)),
		};
		if (ladder->stage[i].wait == NULL)
			error = -ENOMEM;
	}
	return error;
}

void
resend_free(struct resend_ladder *ladder)
{
	for (int i = 0; i < RESEND_STAGES; i++) {
		free(ladder->stage[i].wait);
		ladder->stage[i].wait = NULL;
	}
}

bool
resend_put(struct resend_queue *queue, uint32_t session, uint32_t client_seq,
	   uint64_t now_tsc)
{
	if (!resend_has_room(queue))
		return false;
	queue->wait[queue->tail++ & queue->mask] = (struct resend_wait){
		.due_tsc = now_tsc + queue->delay_tsc,
		.session = session,
		.client_seq = client_seq,
	};
	return true;
}

bool
resend_take(struct resend_queue *queue, uint64_t now_tsc,
	    struct resend_wait *wait)
{
	if (queue->head == queue->tail)
		return false;
	*wait = queue->wait[queue->head & queue->mask];
	if (wait->due_tsc > now_tsc)
		return false;
	queue->head++;
	return true;
}
