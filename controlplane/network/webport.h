/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEBPORT_H
#define MX_WEBPORT_H

/* Is the port of the HTTP server free on this host?  The control plane of the
 * same instance may have it already: /healthz tells who answers there.
 * Threads    any: it waits up to some seconds for who has the port. */
#include "config.h"
#include "hazard.h"

/* Adds to *found if another program has the port, or the address is not one of
 * this host.  Mail flows without the server. */
void webport_check(const struct mx_config *config, struct hazards *found);

#endif /* MX_WEBPORT_H */
