/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COOKIEWATCH_H
#define MX_COOKIEWATCH_H

/* Services whose workers have turned SYN cookies on by themselves
 * (`syn-cookies: auto`).  The region is read once a second.  The log says when
 * the first worker turns them on for a service, and when the last one has turned
 * them off.
 * Threads    the event loop. */
#include "refusal.h"
#include "region.h"

struct cookiewatch {
	struct cookiewatch_row {
		bool on;
		int64_t since_s;   /* CLOCK_MONOTONIC */
		uint64_t attempts; /* of the service, at the last look */
		uint64_t answered; /* SYNs answered by cookies, until then */
	} row[MX_SERVICES_MAX];
	uint64_t answered; /* at the last look, for all services */
};

/* Look at the region and log changes. */
void cookiewatch_look(struct cookiewatch *watch, const struct mx_region *region,
		      refusal_name name, void *arg, int64_t now_s);

#endif /* MX_COOKIEWATCH_H */
