/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_USAGE_H
#define MX_USAGE_H

/* `show access` tells which users have places of a CLI socket, and which callers were
 * turned away.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "door.h"

/* One user of a socket. */
struct usage_user {
	struct caller caller; /* of one of its clients */
	uint32_t clients;
	uint32_t waiting; /* of them, for an answer */
	uint32_t most;    /* the clients that it may have */
};

/* The words of a reason. */
const char *usage_why_text(enum ctl_why why);

const struct ctl_turned *usage_turned(const struct ctl *ctl, enum ctl_why why);

/* The nth user of the socket, counted from 0.  Returns false if there are fewer. */
bool usage_user(const struct ctl *ctl, uint32_t n, struct usage_user *user);

#endif /* MX_USAGE_H */
