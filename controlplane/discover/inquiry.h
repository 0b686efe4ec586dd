/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_INQUIRY_H
#define MX_INQUIRY_H

/* One inquiry about a domain:
 *
 *   its MX records -> the addresses of each target
 *     none there   -> the addresses of the domain itself (RFC 5321 5.1)
 *     no answer    -> the end
 *
 * Threads    the event loop. */
#include <event2/event.h>

#include "finding.h"
#include "resolver.h"

/* What has no answer by then counts as silent. */
#define INQUIRY_MS 60000

/* Questions about addresses at the same time. */
#define INQUIRY_AT_ONCE 16

struct inquiry;

struct inquiry_task {
	const char *domain;
	bool family[2]; /* ask for IPv4, for IPv6 */
	const struct mx_endpoint *server;
	uint16_t servers; /* 0: those of /etc/resolv.conf */
	uint32_t turn;    /* servers to pass over */
};

/* done() is called once, from the event loop.  It may call inquiry_free().
 * Returns NULL if there is no memory. */
struct inquiry *
inquiry_new(struct event_base *base, const struct inquiry_task *task,
	    void (*done)(void *arg, const struct finding *finding), void *arg);

/* NULL is allowed. */
void inquiry_free(struct inquiry *inquiry);

/* Whom it asks; see resolver_text(). */
void inquiry_servers(const struct inquiry *inquiry,
		     char text[static RESOLVER_TEXT_MAX]);

#endif /* MX_INQUIRY_H */
