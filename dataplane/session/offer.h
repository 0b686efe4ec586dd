/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OFFER_H
#define MX_OFFER_H

/* What a SYN offers, in one byte, so that the SYN can be made anew for a
 * backend.  The byte also is the last one of a cookie (greet/cookie.h), so its
 * meaning is as fixed as that of a number on the wire.
 *
 *   bits 7-5   the maximum segment size, as a row of a table of its family
 *   bits 4-1   the window scale (RFC 7323); 15: none
 *   bit 0      selective acknowledgements (RFC 2018)
 *
 * Timestamps and Fast Open have no bit: mxsteer offers neither on behalf of a
 * client.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#define OFFER_SCALE_MAX 14 /* RFC 7323 2.3 */
#define OFFER_NO_SCALE 15

struct offer {
	uint16_t mss;  /* of the other end's segments; 0: not named */
	uint8_t scale; /* of the own windows, or OFFER_NO_SCALE */
	bool sack;
};

/* The byte of an offer.  The size becomes the largest one of the table that is
 * not above it, or else the table's smallest. */
uint8_t offer_pack(const struct offer *offer, bool six);

/* The same, but never 0, which says of a session that its offer is not known:
 * an offer that says so little loses a scale of 0. */
uint8_t offer_note(const struct offer *offer, bool six);

struct offer offer_unpack(uint8_t byte, bool six);

#endif /* MX_OFFER_H */
