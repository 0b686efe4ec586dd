/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MEMBERSHIP_H
#define MX_MEMBERSHIP_H

/* Who belongs to a pool by DNS.  A zone may be wrong for a while, and a resolver
 * may fail or lie, so an answer is believed in part:
 *
 *   joins    at once.  Its checks must pass before it gets a session.
 *   leaves   when MEMBERSHIP_MISSED answers in a row did not have it, and the
 *            first of them has expired.  By one answer (not with `trust`) at
 *            most half of the members leave, and at most half of those that have
 *            served: members that only an answer has named are not counted
 *            among these.  The last member never leaves, nor does the last one
 *            that serves.
 *   stays    when there is no answer, or one that nobody would want: no such
 *            domain, a null MX, or no MX where there was one
 *
 * A member is an address.  Its target and preference follow the answers.  That
 * the host of a target does not exist (NXDOMAIN) is an answer without its
 * addresses.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "finding.h"

#define MEMBERSHIP_MAX 128
#define MEMBERSHIP_MISSED 2

struct member {
	struct mx_addr addr;
	char host[MX_HOSTNAME_MAX];
	uint16_t preference;
	uint16_t missed;  /* answers in a row that did not have it */
	uint64_t gone_ms; /* missed > 0: when the first of them expires */
	bool remembered;  /* from a file, and no answer has had it yet */
	bool served;      /* could take sessions at some answer */
	bool former; /* of the configuration before: `host` is the name of its
		      * backend.  No answer has had it yet */
};

struct membership {
	bool explicit_mx; /* an answer had MX records */
	uint16_t count;
	struct member member[MEMBERSHIP_MAX]; /* by preference, host, value */
};

/* What the rules need to know besides the answer. */
struct membership_scene {
	uint64_t now_ms;
	uint32_t ttl_s; /* of the answer, in bounds */
	bool trust;
	/* So many may join, or get the name of another target: each takes an
	 * id, and the id that it had is not free for a while. */
	uint16_t join_max;
	uint16_t others;   /* backends of the pool that are in the file */
	bool others_serve; /* one of these can take sessions */
	/* Can the member at this address take sessions? */
	bool (*serves)(void *arg, const struct mx_addr *addr);
	void *arg;
};

/* Why an answer changes nothing. */
enum membership_hold {
	MEMBERSHIP_TAKEN,
	MEMBERSHIP_NO_ANSWER,
	MEMBERSHIP_NULL_MX,
	MEMBERSHIP_NO_MX,      /* there was one before */
	MEMBERSHIP_NO_TARGET,  /* no target is the name of a host */
	MEMBERSHIP_NO_ADDRESS, /* no target has an address */
	MEMBERSHIP_HOLDS,
};

/* What an answer did. */
struct membership_step {
	enum membership_hold hold;
	uint16_t joined;
	uint16_t renamed; /* members of another target now */
	uint16_t left;
	uint16_t missed;   /* members that the answer does not have */
	uint16_t kept;     /* of these: due to leave, and not allowed to */
	uint16_t no_place; /* addresses for which there was no place */
};

/* Take an answer.  Unless step.hold is MEMBERSHIP_TAKEN, *m is unchanged. */
struct membership_step membership_take(struct membership *m,
				       const struct finding *finding,
				       const struct membership_scene *scene);

/* Have both the same members, of the same targets, that have served alike? */
bool membership_equal(const struct membership *a, const struct membership *b);

/* Is there a member at this address? */
bool membership_has(const struct membership *m, const struct mx_addr *addr);

/* "SERVFAIL" is not in it: see dns_end_text(). */
const char *membership_hold_text(enum membership_hold hold);

#endif /* MX_MEMBERSHIP_H */
