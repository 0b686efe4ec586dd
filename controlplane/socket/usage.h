/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_USAGE_H
#define MX_USAGE_H

/* Who has the places of a CLI socket, and who got none, for `show access`.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "caller.h"

struct ctl;

/* Why callers are turned away. */
enum usage_why { USAGE_NO_LEVEL, USAGE_OWN_SHARE, USAGE_NO_PLACE, USAGE_WHYS };

struct usage_turned {
	uint64_t count;
	int64_t last_s;            /* CLOCK_REALTIME */
	char who[CALLER_TEXT_MAX]; /* the last one */
};

/* One user of a socket. */
struct usage_user {
	struct caller caller; /* of one of its clients */
	uint32_t clients;
	uint32_t waiting; /* of them, for an answer */
	uint32_t most;    /* the clients that it may have */
};

/* The words of a reason. */
const char *usage_why_text(enum usage_why why);

/* A caller is turned away now. */
void usage_note(struct ctl *ctl, enum usage_why why,
		const struct caller *caller);

const struct usage_turned *usage_turned(const struct ctl *ctl,
					enum usage_why why);

/* How many clients the user of a caller may have: a part of the places (CTL_USERS).
 * Root may have all but such a part, and CTL_ROOT_MAX more. */
uint32_t usage_most(const struct ctl *ctl, const struct caller *caller);

/* The clients that the user of a caller has. */
uint32_t usage_clients(const struct ctl *ctl, const struct caller *caller);

/* The nth user of the socket, counted from 0.  Returns false if there are fewer. */
bool usage_user(const struct ctl *ctl, uint32_t n, struct usage_user *user);

#endif /* MX_USAGE_H */
