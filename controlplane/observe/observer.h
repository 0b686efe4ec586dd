/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OBSERVER_H
#define MX_OBSERVER_H

/* The observer reads what workers record of sessions (eventring.h), many times a
 * second, and puts backends out whose sessions fail (passive.h).
 *
 * Belief     Only what a backend itself did counts against it: a record with
 *            MX_EVENT_OWN.  A client that resets its session, says nothing or
 *            goes away leaves no such record.  What the backend did may still be
 *            owed to the client, so a client counts once.  Only an answer to a
 *            SYN that has no client's address in it counts each time.
 * Late       A greeting is late if a check would not have waited for it, and if it
 *            took much longer than usual.  With no greeting for banner-patience
 *            the second one alone decides.
 * Limit      At most half of the members of a tier that could serve are out by
 *            their sessions, so the last one never is: what makes all of them
 *            fail at once is no fault of each.  Their checks decide.  A tier of
 *            one member is left only if a member of another tier can serve.
 * Lost       Where records were lost, a session that was served may be among
 *            them: all rows begin anew.
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdint.h>

#include "publish.h"
#include "region.h"
#include "state.h"

/* A row of failures is seen within so long. */
#define OBSERVER_MS 50

struct observer {
	struct state *state;
	const struct publisher *publisher;
	void (*out)(void *arg, uint16_t id);   /* a backend is out */
	void (*doubt)(void *arg, uint16_t id); /* its check should decide now */
	void *arg;
	/* What has been read. */
	const struct mx_region *region;
	int64_t started_s; /* of its data plane */
	uint64_t tail[MX_WORKERS_MAX];
	/* The session that failed last, by backend: it counts once. */
	struct observed_session {
		struct mx_addr client;
		uint32_t opened_s;
		uint16_t client_port_be;
	} failed[MX_BACKENDS_MAX + 1];
	uint64_t lost[MX_WORKERS_MAX];
	struct timer *tick;
};

/* Returns 0 or -ENOMEM.  The five pointers of *observer are set. */
int observer_start(struct observer *observer, struct event_base *base);
void observer_end(struct observer *observer);

/* Read what has come. */
void observer_look(struct observer *observer, const struct mx_region *region,
		   int64_t now_s);

/* Backends that no check has judged for long are back.  Once a second.  Returns
 * whether there was any. */
bool observer_expire(struct observer *observer, int64_t now_s);

#endif /* MX_OBSERVER_H */
