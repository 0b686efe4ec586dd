/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TROUBLEMTAS_H
#define MX_TROUBLEMTAS_H

/* The trouble that MTAs, their agents and DNS tell of.
 * Threads    the event loop. */
#include "troublelist.h"

struct sources;

/* MTAs of a pool that are not alike: a client may get less from one than from
 * others. */
void troubles_of_likeness(struct troubles *troubles,
			  const struct sources *sources);

/* Certificates that end soon. */
void troubles_of_certificates(struct troubles *troubles,
			      const struct sources *sources);

/* Agents that do not answer, unless the operator wants nothing of them. */
void troubles_of_agents(struct troubles *troubles,
			const struct sources *sources);

/* DNS does not answer, or a zone is wrong. */
void troubles_of_discovery(struct troubles *troubles,
			   const struct sources *sources);

#endif /* MX_TROUBLEMTAS_H */
