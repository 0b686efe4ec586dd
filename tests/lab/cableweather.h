/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_LAB_CABLEWEATHER_H
#define MX_TESTS_LAB_CABLEWEATHER_H

/* What one direction of a cable does to its frames: lose, double, hold back,
 * damage and delay them.
 *
 * The rates are frames in a million.  A frame that is held back is overtaken by
 * later ones.  A damaged frame has one bit changed, so that any checksum over
 * the bit finds it. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define CABLEWEATHER_HELD_MAX 512

struct cableweather {
	uint32_t lose;
	uint32_t twice;
	uint32_t hold;
	uint32_t damage;
	uint32_t delay_us; /* of every frame */

	uint16_t count; /* frames held now, the oldest first */
	struct rte_mbuf *frame[CABLEWEATHER_HELD_MAX];
	uint64_t due_tsc[CABLEWEATHER_HELD_MAX];
};

/* Read the weather of so many ways from a file: a line "LOSE TWICE HOLD DAMAGE
 * DELAY_US" for each.  Returns whether the file has them all. */
bool cableweather_read(struct cableweather *ways, int count, const char *path);

/* Put a burst of frames into a way.  It takes all of them. */
void cableweather_put(struct cableweather *way, struct rte_mbuf **frame,
		      uint16_t count);

/* Take at most so many frames that are due.  Returns how many. */
uint16_t cableweather_take(struct cableweather *way, struct rte_mbuf **frame,
			   uint16_t most);

#endif /* MX_TESTS_LAB_CABLEWEATHER_H */
