/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESOLVER_H
#define MX_RESOLVER_H

/* Questions to resolvers, by c-ares in the event loop.  Nothing here waits.  A
 * test may link its own in place of this file (tests/kit/fakeresolver.c).
 *
 * A resolver is made for one inquiry: its sockets have ports of their own, and
 * it reads /etc/resolv.conf as it is then.
 *
 * Threads    the event loop. */
#include <event2/event.h>

#include "config.h"
#include "dnsanswer.h"

/* Each question has this time twice, and the second time is twice as long. */
#define RESOLVER_TIMEOUT_MS 2000
#define RESOLVER_TRIES 2

struct resolver;

/* The end of a question: DNS_ANSWERED with the message, whatever its code is; or
 * why there is none. */
typedef void (*resolver_done)(void *arg, enum dns_end end, const uint8_t *bytes,
			      size_t size);

/* server: whom to ask; none: those of /etc/resolv.conf.  turn: how many of them
 * to pass over, since the first one has failed.  Returns NULL if there is no
 * memory. */
struct resolver *resolver_new(struct event_base *base,
			      const struct mx_endpoint *server,
			      uint16_t servers, uint32_t turn);

/* Not from within done(). */
void resolver_free(struct resolver *resolver);

/* Ask for the records of a name.  done() is called once, maybe before this
 * returns, but not after resolver_free(). */
void resolver_ask(struct resolver *resolver, const char *name,
		  enum dns_type type, resolver_done done, void *arg);

/* The resolvers that are asked: "10.0.2.53:53, [fd00::53]:53" */
#define RESOLVER_TEXT_MAX 256
void resolver_text(const struct resolver *resolver,
		   char text[static RESOLVER_TEXT_MAX]);

#endif /* MX_RESOLVER_H */
