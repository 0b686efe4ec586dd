/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECLAIMLIST_H
#define MX_RECLAIMLIST_H

/* Lists of sessions, each in the order in which sessions got there.
 * accounts/reclaim.h says which session is in which.
 *
 * Shape      a link for each slot of the session table, so that a session is
 *            found in its list by its number.
 * Threads    the worker's own. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

/* A session's neighbours in its list, by number.  SESSION_NONE: there is none.
 */
struct reclaim_link {
	uint32_t older;
	uint32_t newer;
	union {
		uint32_t since_s; /* CLOCK_MONOTONIC */
		/* A session that one end has closed is in no list.  It has
		 * here what that end sent; see accounts/journal.h */
		uint32_t sent;
	};
	/* How long the session waits for its greeting; accounts/journal.h */
	uint32_t wait;
};
static_assert(sizeof(struct reclaim_link) == 16, "four to a cache line");

struct reclaim_list {
	uint32_t oldest; /* SESSION_NONE: the list is empty */
	uint32_t newest;
};

struct reclaim {
	struct reclaim_link *link;
	uint16_t *began; /* of each session, when; see accounts/journal.h */
	struct reclaim_list half;
	struct reclaim_list over;
	struct reclaim_list greeting[MX_SERVICES_MAX];
	struct reclaim_list held[MX_SERVICES_MAX];
	size_t bytes; /* of both */
};

/* For a table of `sessions`.  Returns 0 or -ENOMEM. */
int reclaim_make(struct reclaim *reclaim, uint32_t sessions);
void reclaim_free(struct reclaim *reclaim);

/* Put a session at the newest end of a list, its wait not known; or take it out
 * of the list.  index: of the session in the table. */
void reclaim_list_put(struct reclaim *reclaim, struct reclaim_list *list,
		      uint32_t index, uint32_t now_s);
void reclaim_list_take(struct reclaim *reclaim, struct reclaim_list *list,
		       uint32_t index);

/* Move a session to the newest end of its list, or to the oldest one.  It has
 * waited since it came. */
void reclaim_list_renew(struct reclaim *reclaim, struct reclaim_list *list,
			uint32_t index, uint32_t now_s);
void reclaim_list_hasten(struct reclaim *reclaim, struct reclaim_list *list,
			 uint32_t index);

#endif /* MX_RECLAIMLIST_H */
