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

/* What a session may count as. */
struct client_ids {
	struct client_id address;
	struct client_id prefix;
	bool has_prefix; /* the service has a limit of prefixes */
};

struct client_ids client_ids_of(const struct mx_plan *plan, uint8_t service,
				const struct mx_addr *client);

/* Fill *rows, all zero, with the clients that have the most sessions, and those
 * refused lately.  now_s: CLOCK_MONOTONIC.  Returns false if there is no
 * memory. */
bool client_count_top(struct client_rows *rows, const struct mx_region *region,
		      const struct mx_plan *plan, uint32_t now_s);

/* What is known of one client: of its address, and of its prefix if there is a
 * limit of prefixes.  Returns false if there is no memory. */
struct client_pair {
	struct client_row address;
	struct client_row prefix;
};

bool client_count_one(struct client_pair *pair, const struct mx_region *region,
		      const struct client_ids *ids, uint32_t now_s);

#endif /* MX_CLIENTCOUNT_H */
