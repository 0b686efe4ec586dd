/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOSTNAME_H
#define MX_HOSTNAME_H

/* Is a request for this server?
 *
 * A page of another site may give its own name this server's address (DNS
 * rebinding).  The browser then takes what the server says as that site's own,
 * and lets the page read it.  The Host of such a request is the other site's
 * name.  So only names that the configuration has are accepted, and addresses:
 * no DNS answer stands between an address and the server.
 *
 * Threads    any. */
#include <stdbool.h>

#include "config.h"

/* text: the value of the header Host, with or without a port; or the host of an
 * absolute URI. */
bool hostname_is_ours(const struct mx_config_http *http, const char *text);

#endif /* MX_HOSTNAME_H */
