/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COOKIE_H
#define MX_COOKIE_H

/* A cookie is the number of a SYN-ACK that nobody remembers.  The client's ACK
 * brings it back, and proves by it that the client gets what is sent to its
 * address:
 *
 *   bits 31-8   a MAC of the flow, the client's own number, the time, and the
 *               byte below, under a secret key
 *   bits 7-0    what the client's SYN offered (session/offer.h)
 *
 * Time is counted in slots of 64 s.  A cookie is good in its slot and in the
 * next one, so for 64 to 128 s.  Someone who guesses meets one of two MACs: one
 * guess in 2^23 is right.
 *
 * The client's number is in the MAC, so only the first segment of a client, and
 * what begins at the same number, brings a cookie back.
 *
 * The keys follow from the secret and the time, each good for 64 slots.  The
 * secret is the key of the session file, so a data plane that starts again
 * knows the cookies of the one before.  The time is CLOCK_MONOTONIC.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "hash.h"

#define COOKIE_SLOT_S 64

/* For so long after it was given a cookie may come back. */
#define COOKIE_LIFE_S (2 * COOKIE_SLOT_S)

/* The keys of two periods that follow each other, each drawn when it is first
 * needed. */
struct cookies {
	struct mx_hash_key secret;
	struct {
		bool drawn;
		uint32_t period;
		struct mx_hash_key key;
	} of[2];
};

/* What a cookie belongs to. */
struct cookie_about {
	const struct mx_flow *flow; /* from the client */
	uint32_t client_isn;        /* the number of its SYN */
};

void cookie_begin(struct cookies *cookies, const struct mx_hash_key *secret);

/* The cookie of a SYN that offers what the byte says. */
uint32_t cookie_make(struct cookies *cookies, const struct cookie_about *about,
		     uint8_t offer, uint32_t now_s);

/* Was the cookie made for this client, and is it still good? */
bool cookie_is_good(struct cookies *cookies, const struct cookie_about *about,
		    uint32_t cookie, uint32_t now_s);

static inline uint8_t
cookie_offer(uint32_t cookie)
{
	return (uint8_t)cookie;
}

#endif /* MX_COOKIE_H */
