/* SPDX-License-Identifier: BSD-3-Clause */
#include "cableweather.h"

#include <stdio.h>

#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_random.h>

#define MILLION 1000000u
#define HOLD_US_MAX 4000 /* for as long at most a frame is held back */

bool
cableweather_read(struct cableweather *ways, int count, const char *path)
{
	FILE *file = fopen(path, "re");
	int read = 0;

	if (file == NULL)
		return false;
	while (read < count &&
	       fscanf(file, "%u %u %u %u %u", &ways[read].lose,
		      &ways[read].twice, &ways[read].hold, &ways[read].damage,
		      &ways[read].delay_us) == 5)
		read++;
	fclose(file);
	return read == count;
}

static bool
happens(uint32_t rate)
{
	return rate > 0 && rte_rand_max(MILLION) < rate;
}

/* Change a bit behind the Ethernet header.  The check sequence of a link covers
 * that header.  What passes a link was damaged in a host or in a router, which
 * wrote the header afterwards. */
static void
damage(struct rte_mbuf *frame)
{
	const uint64_t first = sizeof(struct rte_ether_hdr) * 8;
	const uint64_t bit = first + rte_rand_max(frame->data_len * 8u - first);
	uint8_t *byte = rte_pktmbuf_mtod_offset(frame, uint8_t *, bit / 8);

	*byte = (uint8_t)(*byte ^ 1u << bit % 8);
}

/* Keep a frame until it is due.  Without room it is lost. */
static void
keep(struct cableweather *way, struct rte_mbuf *frame, uint64_t due_tsc)
{
	if (way->count == CABLEWEATHER_HELD_MAX) {
		rte_pktmbuf_free(frame);
		return;
	}
	way->frame[way->count] = frame;
	way->due_tsc[way->count] = due_tsc;
	way->count++;
}

void
cableweather_put(struct cableweather *way, struct rte_mbuf **frame,
		 uint16_t count)
{
	const uint64_t us_tsc = rte_get_tsc_hz() / MILLION;
	const uint64_t due_tsc = rte_rdtsc() + way->delay_us * us_tsc;

	for (uint16_t i = 0; i < count; i++) {
		if (happens(way->lose)) {
			rte_pktmbuf_free(frame[i]);
			continue;
		}
		if (happens(way->twice)) {
			struct rte_mbuf *copy = rte_pktmbuf_copy(
				frame[i], frame[i]->pool, 0, UINT32_MAX);
			if (copy != NULL)
				keep(way, copy, due_tsc);
		}
		if (happens(way->damage))
			damage(frame[i]);
		keep(way, frame[i],
		     happens(way->hold)
			     ? due_tsc + rte_rand_max(HOLD_US_MAX) * us_tsc
			     : due_tsc);
	}
}

uint16_t
cableweather_take(struct cableweather *way, struct rte_mbuf **frame,
		  uint16_t most)
{
	const uint64_t now_tsc = rte_rdtsc();
	uint16_t taken = 0;
	uint16_t left = 0;

	for (uint16_t i = 0; i < way->count; i++) {
		if (taken < most && way->due_tsc[i] <= now_tsc) {
			frame[taken++] = way->frame[i];
			continue;
		}
		way->frame[left] = way->frame[i];
		way->due_tsc[left] = way->due_tsc[i];
		left++;
	}
	way->count = left;
	return taken;
}
