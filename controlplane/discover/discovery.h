/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DISCOVERY_H
#define MX_DISCOVERY_H

/* Discovery asks DNS for the members of each pool with `discover`, again and
 * again: when the earliest record of the last answer expires, but not before
 * DISCOVERY_TTL_MIN_S; after a failure in DISCOVERY_AGAIN_S.
 *
 *   inquiry -> finding, without addresses that cannot be backends
 *     -> rules of membership -> changed(): the configuration in force follows
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <jansson.h>
#include <limits.h>

#include "derive.h"
#include "discoverypool.h"
#include "state.h"

#define DISCOVERY_TTL_MIN_S 10
#define DISCOVERY_TTL_MAX_S (24 * 3600)

/* After an answer without a TTL, as that the domain has no MX. */
#define DISCOVERY_NO_TTL_S 60

/* After no answer. */
#define DISCOVERY_AGAIN_S 30

/* Ids of backends that discovery leaves to the operator.  An id stays in use
 * while sessions may refer to it, so a zone that changes all the time would use
 * up all of them. */
#define DISCOVERY_IDS_LEFT 256

struct discovery {
	struct event_base *base;
	const struct state *state;
	const struct mx_config *file; /* NULL: discovery is off */
	char path[PATH_MAX];          /* of the last good answers */
	json_t *remembered;           /* of that file */
	int error;                    /* of the last write */
	/* An answer was taken, or the members changed otherwise. */
	void (*changed)(void *arg);
	/* See struct derive_source. */
	const char *(*unfit)(void *arg, const struct mx_config *file,
			     uint16_t pool, const struct mx_addr *addr);
	void *arg;
	struct membership found; /* of a pool that is not followed */
	uint16_t count;
	struct discovery_pool *pool[MX_POOLS_MAX];
};

/* Read the last good answers.  base, state, path, changed, unfit and arg
 * are set. */
void discovery_start(struct discovery *discovery);
void discovery_end(struct discovery *discovery);

/* Follow the file that is in force; it stays where it is until the next call.  A
 * pool that stays goes on.  One with another domain keeps its members until
 * answers about that domain replace them.  Returns 0 or -ENOMEM. */
int discovery_follow(struct discovery *discovery, const struct mx_config *file);

/* What a file becomes with the members that DNS names.  The file may not be in
 * force yet.  A pool that it gives `discover` in place of backends begins with
 * these: see former.h. */
struct derive_source discovery_source(struct discovery *discovery,
				      const struct mx_config *file);

/* The host whose address it is by DNS, or NULL. */
const char *discovery_host(const struct discovery *discovery, const char *pool,
			   const struct mx_endpoint *at);

/* The discovery of a pool, or NULL. */
const struct discovery_pool *discovery_find(const struct discovery *discovery,
					    const char *pool);

#endif /* MX_DISCOVERY_H */
