/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TROUBLETRAFFIC_H
#define MX_TROUBLETRAFFIC_H

/* The trouble that the counters of the data plane show.
 * Threads    the event loop. */
#include "troublelist.h"

struct sources;

/* The data plane is absent, has another plan in force, or has a worker that
 * hangs. */
void troubles_of_dataplane(struct troubles *troubles,
			   const struct sources *sources);

/* Ports without a link. */
void troubles_of_ports(struct troubles *troubles,
		       const struct sources *sources);

/* Services that refuse new sessions. */
void troubles_of_refusals(struct troubles *troubles,
			  const struct sources *sources);

/* Services whose SYNs are answered by cookies because of a flood. */
void troubles_of_floods(struct troubles *troubles,
			const struct sources *sources);

/* Session tables and SNAT addresses that fill up, or are full. */
void troubles_of_tables(struct troubles *troubles,
			const struct sources *sources);

/* Backends that leave sessions unserved. */
void troubles_of_unserved(struct troubles *troubles,
			  const struct sources *sources);

/* Lists of denied clients. */
void troubles_of_lists(struct troubles *troubles,
		       const struct sources *sources);

/* Clients that were denied by command. */
void troubles_of_rules(struct troubles *troubles,
		       const struct sources *sources);

#endif /* MX_TROUBLETRAFFIC_H */
