/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_MARTIAN_H
#define MX_TABLES_MARTIAN_H

/* Sources that no client has: loopback, multicast, broadcast, link-local and
 * unspecified addresses (RFC 1812 5.3.7, RFC 4291 2.5), our own addresses, and
 * a backend's own address and port.
 *
 * A session in the name of a backend, or of ourselves, would make one of them
 * answer another.  `client-sources: any` of a service lets them in.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>

#include "hash.h"
#include "owned.h"

/* May nobody open a session by this flow? */
bool martian_is(const struct mx_owned_table *owned, const struct mx_flow *flow);

#endif /* MX_TABLES_MARTIAN_H */
