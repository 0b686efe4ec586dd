/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DIAL_H
#define MX_DIAL_H

/* The begin of a probe's connection, over the kernel's own TCP.
 * Threads    any. */
#include "config.h"
#include "reason.h"

/* Begin to connect, without waiting.  Returns 0 and the socket, which the caller
 * closes, in *fd; or an errno. */
int dial_begin(const struct mx_endpoint *endpoint, int *fd);

/* The same from this address of the host; NULL: from any. */
int dial_begin_from(const struct mx_endpoint *endpoint,
		    const struct mx_addr *from, int *fd);

/* The address and the port of this host's end.  Returns 0, or an errno. */
int dial_own(int fd, struct mx_endpoint *own);

/* Has the connection come about?  Returns 0, or an errno. */
int dial_error(int fd);

/* Send the PROXY header that the server waits for.  Version 2 has a word for
 * connections of the proxy itself, LOCAL, so that no client is taken for this
 * host.  Version 1 has none that every MTA takes: it names the ends of this
 * connection.  Returns 0, or an errno. */
int dial_send_header(int fd, enum mx_proxy proxy,
		     const struct mx_endpoint *endpoint);

/* The reason that such an errno stands for. */
enum reason dial_reason(int error);

#endif /* MX_DIAL_H */
