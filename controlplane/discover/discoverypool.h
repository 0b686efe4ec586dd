/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DISCOVERYPOOL_H
#define MX_DISCOVERYPOOL_H

/* What discovery knows of one pool.  discovery.c owns it.
 * Threads    the event loop. */
#include "derive.h"
#include "inquiry.h"
#include "membership.h"

#define DISCOVERY_TEXT_MAX 160

struct discovery;

struct discovery_pool {
	struct discovery *all;
	char pool[MX_NAME_MAX];
	struct mx_config_discover config;
	struct membership members;
	struct inquiry *inquiry; /* NULL: none is under way */
	struct timer *due;       /* the next inquiry */

	/* For people. */
	char servers[RESOLVER_TEXT_MAX];
	int64_t asked_s;    /* CLOCK_REALTIME; 0: not yet */
	int64_t answered_s; /* when an answer was taken last */
	uint64_t next_ms;
	uint64_t inquiries;
	uint64_t failures;
	uint32_t turn;        /* failures in a row */
	struct finding *last; /* NULL: no inquiry has ended */
	struct membership_step step;
	uint16_t refused; /* addresses of the last answer; derive_refusal() */
	char refusal[DERIVE_TEXT_MAX];  /* the first of them, and why */
	char held[DISCOVERY_TEXT_MAX];  /* why the last answer changed nothing;
					* empty: it was taken */
	char notes[DISCOVERY_TEXT_MAX]; /* what is wrong with the zone */
};

#endif /* MX_DISCOVERYPOOL_H */
