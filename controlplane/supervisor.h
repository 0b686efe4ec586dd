/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SUPERVISOR_H
#define MX_SUPERVISOR_H

/* What systemd is told of the control plane (notify.h).
 *
 *   READY      the first plan is in force or refused, or no data plane took it
 *              within PUBLISH_ACK_MAX_MS: a boot does not wait for a data plane
 *   STATUS     how many MTAs serve, and how many sessions there are; at once if
 *              MTAs or data plane changed, and else every SUPERVISOR_EVERY_S
 *   WATCHDOG   with each STATUS: the loop goes round
 *
 * Threads    the event loop. */
#include <event2/event.h>

#include "notify.h"
#include "publish.h"
#include "state.h"
#include "timer.h"

#define SUPERVISOR_EVERY_S 5

/* The least number of keep-alive messages in systemd's limit (WatchdogSec of
 * the unit). */
#define SUPERVISOR_PARTS 4

struct supervisor {
	const struct state *state;
	struct publisher *publisher;
	struct timer *each_second;
	bool ready;       /* the first plan has its outcome */
	uint32_t every_s; /* between two messages */
	uint32_t seconds; /* since the last one */
	/* What the last message said. */
	uint16_t serving;
	uint16_t backends;
	bool running;
};

/* Begin to tell; a plan has been offered.  Returns 0 or -ENOMEM. */
int supervisor_start(struct supervisor *supervisor, struct event_base *base);

/* The process ends. */
void supervisor_end(struct supervisor *supervisor);

#define SUPERVISOR_STATUS_MAX 128

/* Write the text of STATUS.  Returns text. */
const char *supervisor_status(const struct supervisor *supervisor,
			      char text[static SUPERVISOR_STATUS_MAX]);

#endif /* MX_SUPERVISOR_H */
