/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REQUEST_H
#define MX_REQUEST_H

/* A request of the CLI socket, and the desk: the parts of the control plane
 * that commands use.
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "apply.h"
#include "ctl.h"
#include "monitor.h"
#include "publish.h"
#include "reports.h"
#include "state.h"

struct desk {
	struct event_base *base;
	struct state *state;
	struct publisher *publisher;
	struct monitor *monitor;
	struct applier *applier;
	struct sources sources;     /* what reports read */
	void (*changed)(void *arg); /* a plan may be different now */
	/* Calls changed() when it fires.  What programs change waits for it, so
	 * that the changes of 100 ms make one plan and one write of the state
	 * file. */
	struct timer *soon;
	void *arg;
	struct wait *waits;           /* see wait.h */
	struct reloading *reloadings; /* see reloading.h */
	struct listings *listings;    /* see listing.h; NULL: none yet */
	struct ending *endings;       /* see endsessions.h */
	/* The sockets; what they point to is NULL where there is none. */
	struct ctl **admin, **operate, **read;
	struct watching *watching;   /* see watching.h; NULL: none yet */
	struct accessing *accessing; /* see accessing.h; NULL: none yet */
	struct capturing *capturing; /* see capturing.h; NULL: none yet */
};

/* A command that answers later copies its request. */
struct request {
	struct desk *desk;
	struct ctl_request *ctl;
	bool json;
	bool progress;            /* a person waits at a terminal */
	struct table_style style; /* of text */
	uint16_t about; /* the backend whose state a reply tells; or none */
};

#endif /* MX_REQUEST_H */
