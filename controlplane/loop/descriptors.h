/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DESCRIPTORS_H
#define MX_DESCRIPTORS_H

/* The shares of the open files that this process may have.
 *
 * Each part keeps to its share, so that hanging health checks leave an operator
 * a place at the CLI socket, and idle operators leave places to the checks.
 * Threads    any. */
#include <stdint.h>

/* Clients of the CLI socket at the same time. */
#define CTL_CLIENTS_MAX 64
#define HTTP_PLACES_MAX 64 /* connections to the HTTP server */
#define CTL_ROOT_MAX 4     /* additional clients, for root alone */

struct descriptors {
	uint32_t limit;   /* RLIMIT_NOFILE */
	uint32_t clients; /* of the CLI socket, root's places included */
	uint32_t probes;  /* under way at the same time */
	uint32_t agents;  /* asked at the same time */
	uint32_t web;     /* connections to the HTTP server */
};

/* Raise the soft limit towards the hard limit, to at most what this program can
 * use. */
void descriptors_raise(void);

/* The shares under the limit in force. */
struct descriptors descriptors_share(void);

#endif /* MX_DESCRIPTORS_H */
