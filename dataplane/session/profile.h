/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROFILE_H
#define MX_PROFILE_H

/* What backends say in their SYN-ACKs, so that mxsteer can say the same in
 * their place before a backend has been asked.
 *
 * A client that is told a larger window scale, or larger segments, than its
 * backend has would send what the backend drops.  So a service tells the least
 * of what its serving backends say.  A worker learns that from every SYN-ACK
 * that passes: an operator who would write it down would not keep it right.
 *
 * A backend names a scale and SACK only if the SYN did (RFC 7323 2.2, RFC 2018
 * 2).  So only answers to a SYN that offered both teach anything.
 *
 * What was told stays binding for as long as its cookies are good: a service
 * whose backends say less from now on still has clients that were told more.
 *
 * Threads    profile_*: pure functions, any.  profiles_*: the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "offer.h"
#include "plan.h"

/* For so long an older SYN-ACK may still bring a client: COOKIE_LIFE_S. */
#define PROFILE_BINDS_S 128

/* How often a SYN is passed on to learn what backends say, as long as nothing
 * is known; and when backends are known to say less than they could. */
#define PROFILE_ASK_S 1
#define PROFILE_ASK_AGAIN_S 60

struct profile {
	bool known;
	struct offer says;
	uint16_t window; /* of the SYN-ACK, which is never scaled */
};

/* Are both what SYN-ACKs can agree to? */
static inline bool
profile_is_full(const struct offer *offer)
{
	return offer->scale != OFFER_NO_SCALE && offer->sack;
}

/* The least of two.  A profile that is not known yet counts for nothing. */
struct profile profile_least(const struct profile *a, const struct profile *b);

/* Does an end that says `has` do for a client that was told `told`? */
bool profile_fits(const struct offer *has, const struct offer *told);

struct profiles {
	struct profile backend[MX_BACKENDS_MAX + 1];
	uint32_t round; /* how often backends or plans changed */
	struct profile_told {
		bool computed;       /* `now` is */
		uint32_t round;      /* when it was */
		uint32_t computed_s; /* likewise */
		uint32_t changed_s;
		uint32_t asked_s; /* a SYN was passed on to learn */
		struct profile now;
		struct offer before; /* binds until changed_s + BINDS_S */
		bool has_before;
	} service[MX_SERVICES_MAX];
};

/* Learn from the answer of a backend to a SYN that offered `offered`. */
void profiles_learn(struct profiles *profiles, uint16_t backend,
		    const struct offer *offered, const struct profile *heard);

/* There is another plan. */
void profiles_renew(struct profiles *profiles);

/* What a service tells now: the least of its serving backends.  Not known: no
 * scale, no SACK. */
const struct profile *profiles_told(struct profiles *profiles,
				    const struct mx_plan *plan,
				    uint16_t service, uint32_t now_s);

/* The most that any client of a service was told whose cookie is still good. */
struct offer profiles_bound(const struct profiles *profiles, uint16_t service,
			    uint32_t now_s);

/* Is a SYN with this offer to be passed on, so that the worker learns from its
 * answer what a service tells?  Then the time is noted. */
bool profiles_ask(struct profiles *profiles, uint16_t service,
		  const struct offer *offered, uint32_t now_s);

#endif /* MX_PROFILE_H */
