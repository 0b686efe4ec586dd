/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTENSOCKET_H
#define MX_LISTENSOCKET_H

/* The socket of the HTTP server.
 * Threads    any. */
#include "endpoint.h"

/* Returns a socket that listens and does not block, or -errno. */
int listensocket_open(const struct mx_endpoint *endpoint);

#endif /* MX_LISTENSOCKET_H */
