/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_PROXYREAD_H
#define MX_GEN_PROXYREAD_H

/* Read a PROXY header (haproxy's doc/proxy-protocol.txt).  This reader follows
 * the document and shares no code with the product's writer, which it judges.
 * Threads    pure functions: any. */
#include "addr.h"

struct proxy_says {
	struct mx_endpoint client;
	struct mx_endpoint server;
	bool local; /* the connection is the balancer's own: a health check */
};

/* Read a header of version 1 or 2 at the beginning of data.  Returns its
 * length, 0 if it needs more bytes, -1 if there is no header. */
int proxy_read(int version, const uint8_t *data, uint32_t bytes,
	       struct proxy_says *says);

#endif /* MX_GEN_PROXYREAD_H */
