/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DNSSOCKET_H
#define MX_DNSSOCKET_H

/* The sockets of c-ares, which by itself reads them as long as there is something:
 * whoever sends faster than it reads would stop the event loop.  So one call of
 * c-ares reads DNSSOCKET_AT_ONCE times at most.  After DNSSOCKET_MAX reads the
 * resolver is flooded, and reads nothing more.
 *
 * Threads    the event loop. */
#include <ares.h>
#include <stdbool.h>
#include <stdint.h>

/* The kernel's buffer of a socket holds about as many small datagrams.  With fewer
 * reads a true answer behind as many lies would be lost more often. */
#define DNSSOCKET_AT_ONCE 256

/* An inquiry has 201 answers at most.  Each is a datagram, or two reads of a
 * stream or some more. */
#define DNSSOCKET_MAX 4096

/* The reads of one resolver. */
struct dnssocket {
	uint32_t at_once; /* left to this call */
	uint32_t left;    /* left at all */
};

/* Let c-ares use these sockets.  *limit stays where it is until the channel is
 * gone. */
void dnssocket_use(ares_channel channel, struct dnssocket *limit);

/* c-ares is about to be called. */
static inline void
dnssocket_begin(struct dnssocket *limit)
{
	limit->at_once = DNSSOCKET_AT_ONCE;
}

static inline bool
dnssocket_is_flooded(const struct dnssocket *limit)
{
	return limit->left == 0;
}

#endif /* MX_DNSSOCKET_H */
