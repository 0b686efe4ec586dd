/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SWEEP_H
#define MX_SWEEP_H

/* What the control plane does by the clock.
 *
 *   every second   looks for services that refuse sessions, and for backends
 *                  that answer nothing or leave sessions unserved, and for
 *                  MTAs that are not alike, at the streams of the group, ends denials
 *                  and the operator's wishes whose time is over, and reads what
 *                  rules refused
 *   every SAVE_PERCENTS_S  writes the state file, if percents, or what rules
 *                  refused, have changed
 *   every SWEEP_S  gives away ids, tries again to write the state file, looks
 *                  at the ports, at this host and at the files of deny lists
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>

#include "apply.h"
#include "balancer.h"
#include "cookiewatch.h"
#include "denials.h"
#include "host.h"
#include "likeness.h"
#include "monitor.h"
#include "nexthop.h"
#include "observer.h"
#include "peerwatch.h"
#include "portcheck.h"
#include "publish.h"
#include "rates.h"
#include "refusal.h"
#include "save.h"
#include "state.h"
#include "timer.h"
#include "timings.h"
#include "unanswered.h"
#include "unserved.h"

#define SWEEP_S 10

struct sweep {
	struct state *state;
	struct publisher *publisher;
	struct nexthops *hops;
	struct monitor *monitor;
	struct host *host;
	struct denials *denials;
	struct saver *saver;
	const struct applier *applier; /* has the path of the file in force */
	void (*changed)(void *arg);    /* a plan may be different now */
	void *arg;
	/* What the looks have found. */
	struct portcheck portcheck;
	struct refusals refusals;
	struct cookiewatch cookies;
	struct unanswered unanswered;
	struct unserved unserved;
	struct likenesses likenesses;
	struct timings timings;
	struct observer observer;
	struct rates rates;
	struct balancer balancer;
	struct peerwatch peers;
	uint32_t sweeps; /* since percents were saved */
	struct event_base *base;
	/* The timers. */
	struct timer *each_second;
	struct timer *each_sweep;
};

/* Make the timers.  Returns 0 or -ENOMEM. */
int sweep_make(struct sweep *sweep, struct event_base *base);

/* Start the timers; the pointers of *sweep are set.  Returns 0 or -ENOMEM. */
int sweep_start(struct sweep *sweep);

/* Free what sweep_make() has made. */
void sweep_end(struct sweep *sweep);

/* Give away the ids that have been retired long enough.  Without a region the
 * sessions cannot be counted, so no id is given away.
 * Returns true if there were any. */
bool sweep_release(struct sweep *sweep);

/* Decide which addresses are announced.  Returns true if that has changed. */
bool sweep_announce(struct sweep *sweep);

#endif /* MX_SWEEP_H */
