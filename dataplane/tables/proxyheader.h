/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_PROXYHEADER_H
#define MX_TABLES_PROXYHEADER_H

/* The PROXY protocol's header.  It stands in front of a connection's first byte
 * and names the real client.  The data plane writes it for sessions, the
 * control plane for probes.
 *
 * Source     haproxy's doc/proxy-protocol.txt, version 2.2.
 * Threads    pure functions: any. */
#include <stdint.h>

#include "addr.h"
#include "plan.h"

#define MX_PROXY_HEADER_MAX 107 /* of version 1; version 2 has less */

/* Write the header of a connection from client to vip, which are of one
 * family; version: not MX_PROXY_OFF.  out: MX_PROXY_HEADER_MAX bytes.
 * Returns its length. */
uint8_t mx_proxy_write(uint8_t *out, enum mx_proxy version,
		       const struct mx_endpoint *client,
		       const struct mx_endpoint *vip);

/* Write the header of a connection that the proxy makes for itself: version 2,
 * LOCAL, without addresses.  Returns its length. */
uint8_t mx_proxy_write_local(uint8_t *out);

/* A mark behind a header of version 2 says that the client spoke before its
 * greeting: a TLV (2.2) of the first type for custom use, with the value 1.
 * Servers that do not know the type skip it. */
#define MX_PROXY_MARK_TYPE 0xe0
#define MX_PROXY_MARK_BYTES 4

/* Add the mark to a header of version 2 that is `bytes` long.  Returns its
 * length then. */
uint8_t mx_proxy_mark(uint8_t *header, uint8_t bytes);

#endif /* MX_TABLES_PROXYHEADER_H */
