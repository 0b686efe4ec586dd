/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PUBLISH_H
#define MX_PUBLISH_H

/* The publisher brings plans to the data plane.
 *
 *   changed -> built -> says the same as the last one -> settled
 *                    -> published -> acked, refused or overdue -> settled
 *
 * One plan is on its way at a time.  Changes in the meantime go with the next
 * plan.  The first change is published at once, later ones at most every 100
 * ms.  Without a data plane the publisher waits for its region and then
 * attaches.  A data plane that comes back finds the last plan in the region.
 *
 * Threads    the event loop. */
#include <event2/event.h>

#include "attach.h"
#include "build.h"

#define PUBLISH_ACK_MAX_MS 2000

/* attached: a region was found; the callee may take data over from its plan. */
struct publish_hook {
	void (*attached)(void *arg);
	void *arg;
};

struct publisher;

/* state: read whenever a plan is built, and must be weighed then. state and
 * instance must outlive the publisher.  Returns NULL if there is no memory. */
struct publisher *publisher_new(struct event_base *base, const char *instance,
				const struct state *state,
				const struct publish_hook *hook);

/* No caller may wait any more: see publisher_settle_now(). */
void publisher_free(struct publisher *publisher);

/* The state is changing, and publisher_offer() will follow in this round of the
 * loop.  A caller that begins to wait from now on waits for that offer. */
void publisher_mark(struct publisher *publisher);

/* Build the plan of the state, and publish it if it differs from the last one.
 * If the last plan is on its way or was published a moment ago, do this
 * later. */
void publisher_offer(struct publisher *publisher);

/* Call done once all that was marked is settled, at the latest after
 * PUBLISH_ACK_MAX_MS, and never from within this function.  Returns 0 or
 * -ENOMEM. */
typedef void (*publish_done)(void *arg, const struct publish_outcome *outcome);
int publisher_when_settled(struct publisher *publisher, publish_done done,
			   void *arg);

/* Call back every waiting caller, whatever the outcome.  For the end of the
 * program. */
void publisher_settle_now(struct publisher *publisher);

/* Look at the data plane now, so that the next answer is up to date. */
void publisher_look(struct publisher *publisher);

/* Is the plan last published in force, and does it have all that the state has?
 * Then the workers use publisher_plan(). */
bool publisher_in_force(const struct publisher *publisher);

/* Is a plan on its way, or about to be? */
bool publisher_awaits(const struct publisher *publisher);

/* The attachment to the region, read-only. */
const struct attachment *
publisher_attachment(const struct publisher *publisher);

struct publish_outcome publisher_outcome(const struct publisher *publisher);

/* The region; NULL while there is none. */
const struct mx_region *publisher_region(const struct publisher *publisher);

/* The plan last published, or NULL. */
const struct mx_plan *publisher_plan(const struct publisher *publisher);

#endif /* MX_PUBLISH_H */
