/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DESCRIPTORS_H
#define MX_DESCRIPTORS_H

/* How the files that this process may have open are shared out.
 *
 * Each part keeps to its share, so that hanging health checks leave an operator
 * a place at the CLI socket, and idle operators leave places to the checks.
 * Threads    any. */
#include <stdint.h>

/* Clients of the CLI socket at the same time. */
#define CTL_CLIENTS_MAX 64
#define CTL_ROOT_MAX 4 /* places more, for root alone */

struct descriptors {
	uint32_t limit;   /* RLIMIT_NOFILE */
	uint32_t clients; /* of the CLI socket, root's places included */
	uint32_t probes;  /* under way at the same time */
};

/* Raise the soft limit to what the hard one allows, but not beyond what this
 * program can use. */
void descriptors_raise(void);

/* The shares under the limit of now. */
struct descriptors descriptors_share(void);

#endif /* MX_DESCRIPTORS_H */
