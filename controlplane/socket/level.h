/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LEVEL_H
#define MX_LEVEL_H

/* What a caller of the CLI may do.  Each level includes those before it.
 *
 *   read     see services, pools, MTAs and counters
 *   operate  see clients too; drain, weigh, end sessions, deny
 *   admin    all: configurations and captures too
 *
 * A caller's level is the lesser of what the socket allows and what the caller's
 * user and groups allow.
 * Threads    any. */
#include <stdbool.h>
#include <sys/types.h>

#include "caller.h"

enum level { LEVEL_NONE, LEVEL_READ, LEVEL_OPERATE, LEVEL_ADMIN, LEVELS };

/* "none", "read", "operate", "admin" */
const char *level_name(enum level level);

/* Who may do what on this host. */
struct level_rules {
	bool has_group[LEVELS]; /* the group exists: */
	gid_t group[LEVELS];    /* its members have that level */
	enum level everyone;    /* what all others may */
};

/* The level of a process that connected to a socket: of root, of this process's
 * own user, or of the groups that the kernel says it has. */
enum level level_of(const struct level_rules *rules,
		    const struct caller *caller);

#endif /* MX_LEVEL_H */
