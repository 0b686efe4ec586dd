/* SPDX-License-Identifier: BSD-3-Clause */
#include "pick.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "hash.h"

/* The walk on which a backend looks for its next free slot: (offset + n * skip)
 * mod SLOTS, as in the paper.  It visits each slot once. */
struct walk {
	uint32_t at;
	uint32_t skip;
	uint32_t credit;
};

/* The keys of the two hash functions of the paper.  They are fixed, since equal
 * claims must give equal tables on every host.  Digits of pi. */
static const struct mx_hash_key offset_key = {
	{0x243f6a8885a308d3u, 0x13198a2e03707344u}};
static const struct mx_hash_key skip_key = {
	{0xa4093822299f31d0u, 0x082efa98ec4e6c89u}};

static bool
claim_is_good(const struct mx_pick_claim *claim)
{
	return claim->backend != MX_BACKEND_NONE &&
	       claim->backend <= MX_BACKENDS_MAX &&
	       claim->weight <= MX_WEIGHT_MAX;
}

/* The next slot on the walk that no backend has taken. */
static uint32_t
walk_next(struct walk *walk, const struct mx_pick *pick)
{
	while (pick->slot[walk->at] != MX_BACKEND_NONE)
		walk->at = (walk->at + walk->skip) % MX_PICK_SLOTS;
	return walk->at;
}

/* Deal all slots out, round by round.  In each round every backend gets its
 * weight as credit.  A backend whose credit reaches the largest weight pays
 * that for a slot.  So the heaviest backend takes a slot each round, and one of
 * half its weight every second round. */
static void
deal(struct mx_pick *pick, struct walk *walks,
     const struct mx_pick_claim *claims, uint32_t count, uint32_t heaviest)
{
	uint32_t left = MX_PICK_SLOTS;

	for (;;) {
		for (uint32_t i = 0; i < count; i++) {
			walks[i].credit += claims[i].weight;
			if (walks[i].credit < heaviest)
				continue;
			walks[i].credit -= heaviest;
			pick->slot[walk_next(&walks[i], pick)] =
				claims[i].backend;
			if (--left == 0)
				return;
		}
	}
}

int
mx_pick_build(struct mx_pick *pick, const struct mx_pick_claim *claims,
	      uint32_t count)
{
	struct walk walks[MX_BACKENDS_MAX];
	uint32_t heaviest = 0;

	if (count > MX_BACKENDS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		if (!claim_is_good(&claims[i]))
			return -EINVAL;
		if (claims[i].weight > heaviest)
			heaviest = claims[i].weight;
		walks[i] = (struct walk){
			.at = (uint32_t)(mx_hash_words(&offset_key,
						       claims[i].seed, 0) %
					 MX_PICK_SLOTS),
			.skip = 1 +
				(uint32_t)(mx_hash_words(&skip_key,
							 claims[i].seed, 0) %
					   (MX_PICK_SLOTS - 1)),
		};
	}

	memset(pick->slot, 0, sizeof(pick->slot));
	if (heaviest > 0)
		deal(pick, walks, claims, count, heaviest);
	return 0;
}
