/* SPDX-License-Identifier: BSD-3-Clause */
#include "cookie.h"

#include <string.h>

#include "siphash.h"

#define SLOTS_A_PERIOD 64

/* Tells the keys of cookies from all else that may come of the secret. */
#define PURPOSE 0x636f6f6b6965u

void
cookie_begin(struct cookies *cookies, const struct mx_hash_key *secret)
{
	*cookies = (struct cookies){.secret = *secret};
}

static const struct mx_hash_key *
key_of(struct cookies *cookies, uint32_t slot)
{
	const uint32_t period = slot / SLOTS_A_PERIOD;
	const unsigned at = period % 2;

	if (!cookies->of[at].drawn || cookies->of[at].period != period) {
		for (unsigned i = 0; i < 2; i++) {
			const uint64_t word[] = {PURPOSE,
						 (uint64_t)period << 1 | i};

			cookies->of[at].key.word[i] =
				siphash_words(&cookies->secret, word, 2);
		}
		cookies->of[at].period = period;
		cookies->of[at].drawn = true;
	}
	return &cookies->of[at].key;
}

/* Of IPv4 three words, of IPv6 six: the hash tells them apart by length. */
static uint32_t
mac_of(struct cookies *cookies, const struct cookie_about *about, uint8_t offer,
       uint32_t slot)
{
	const struct mx_flow *flow = about->flow;
	const struct mx_hash_key *key = key_of(cookies, slot);
	const uint64_t ports_and_isn = (uint64_t)flow->src_port_be << 48 |
				       (uint64_t)flow->dst_port_be << 32 |
				       about->client_isn;
	const uint64_t when_and_what = (uint64_t)slot << 8 | offer;
	uint64_t hash;

	if (mx_addr_is4(&flow->src)) {
		const uint64_t word[] = {(uint64_t)mx_addr_to4(&flow->src)
							 << 32 |
						 mx_addr_to4(&flow->dst),
					 ports_and_isn, when_and_what};
		hash = siphash_words(key, word, 3);
	} else {
		uint64_t word[6] = {[4] = ports_and_isn, [5] = when_and_what};

		memcpy(&word[0], &flow->src, sizeof(flow->src));
		memcpy(&word[2], &flow->dst, sizeof(flow->dst));
		hash = siphash_words(key, word, 6);
	}
	return (uint32_t)(hash >> 40);
}

uint32_t
cookie_make(struct cookies *cookies, const struct cookie_about *about,
	    uint8_t offer, uint32_t now_s)
{
	return mac_of(cookies, about, offer, now_s / COOKIE_SLOT_S) << 8 |
	       offer;
}

bool
cookie_is_good(struct cookies *cookies, const struct cookie_about *about,
	       uint32_t cookie, uint32_t now_s)
{
	const uint32_t slot = now_s / COOKIE_SLOT_S;
	const uint8_t offer = cookie_offer(cookie);

	if (mac_of(cookies, about, offer, slot) == cookie >> 8)
		return true;
	return slot > 0 &&
	       mac_of(cookies, about, offer, slot - 1) == cookie >> 8;
}
