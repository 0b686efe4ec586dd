/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CLIENTCOUNT_H
#define MX_CLIENTCOUNT_H

/* How many sessions clients have, from the session files; and which were
 * refused, from the region.
 *
 * There may be millions of clients, and a report shows a few.  So the files are
 * read twice: the first time sessions are counted by a hash of their client,
 * the second time by client, but only those of whose hash there were many.
 *
 * Threads    the event loop. */
#include "clientrows.h"
#include "region.h"
#include "sessionwalk.h"

/* What a session may count as. */
struct client_ids {
	struct client_id address;
	struct client_id prefix;
	bool has_prefix; /* the service has a limit of prefixes */
};

struct client_ids client_ids_of(const struct mx_client_limits *limits,
				uint8_t service, const struct mx_addr *client);

/* The clients that have the most sessions, and those refused lately.  rows is
 * NULL until it has begun. */
struct client_top {
	struct session_walk walk;
	struct client_rows *rows;
	uint32_t *hashes; /* sessions by the hash of their client */
	uint32_t least;   /* the count of a hash that is looked into; 0: they
			   * are counted yet */
	uint32_t now_s;
	struct mx_client_limits limits[MX_SERVICES_MAX];
};

/* Begin.  *top: all zero.  There are a region and a plan.  now_s:
 * CLOCK_MONOTONIC.  Returns 0 or -ENOMEM; the caller ends it in either case. */
int client_top_begin(struct client_top *top, const struct publisher *publisher,
		     uint32_t now_s);

/* Read on for a slice. */
enum session_walk_state client_top_slice(struct client_top *top);

void client_top_end(struct client_top *top);

/* What is known of one client: of its address, and of its prefix if there is a
 * limit of prefixes. */
struct client_pair {
	struct session_walk walk;
	struct client_row address;
	struct client_row prefix;
	uint32_t now_s;
};

/* The same three for one client. */
int client_pair_begin(struct client_pair *pair,
		      const struct publisher *publisher,
		      const struct client_ids *ids, uint32_t now_s);
enum session_walk_state client_pair_slice(struct client_pair *pair);
void client_pair_end(struct client_pair *pair);

#endif /* MX_CLIENTCOUNT_H */
