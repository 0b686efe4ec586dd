/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOSTPORT_H
#define MX_HOSTPORT_H

/* What the data plane needs from this host: interfaces, cores, huge pages.
 * Threads    any. */
#include "config.h"
#include "hazard.h"

/* Add each hazard that keeps the data plane from starting, or slows it down. */
void hostport_check(const struct mx_config_dataplane *dataplane,
		    struct hazards *found);

/* Add the kernel's forwarding as a hazard, if the kernel gets copies of
 * frames. */
void hostport_forwarding(const struct mx_config_dataplane *dataplane,
			 struct hazards *found);

#endif /* MX_HOSTPORT_H */
