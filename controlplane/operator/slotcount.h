/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SLOTCOUNT_H
#define MX_SLOTCOUNT_H

/* A count that outlives both processes.  The data plane has a counter for each
 * slot, which begins at 0 when the data plane starts.  A slot may have been another's
 * before, so a count begins at what the slot's counter is then.
 *
 *   value  = before + seen - base
 *   before   counted by data planes that have ended
 *   base     the counter when the count got its slot; 0 of a newer data plane
 *   seen     the counter when it was read last
 *
 * Threads    pure functions: any. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SLOT_COUNT_NONE UINT16_MAX

/* Zeroed memory is a count in slot 0 whose counter was read: use slot_count_new(). */
struct slot_count {
	uint16_t slot;
	bool fresh; /* its counter was not read yet */
	uint64_t before;
	uint64_t base;
	uint64_t seen;
};

/* A count at 0, without a slot. */
struct slot_count slot_count_new(void);

/* At most INT64_MAX. */
uint64_t slot_count_value(const struct slot_count *count);

/* The counter of the slot is now this.  anew: its data plane has started since it
 * was read last.  A counter that went back says the same.
 * One above INT64_MAX is not believed: nothing came.
 * Returns how much came since. */
uint64_t slot_count_read(struct slot_count *count, uint64_t counter, bool anew);

/* Write it into an object of the state file.  counts: with the numbers, which may
 * change each second. */
void slot_count_encode(json_t *object, const struct slot_count *count,
		       bool counts);

/* The count of an object.  One without a slot below slots_max is new: earlier
 * versions have none. */
struct slot_count slot_count_decode(const json_t *object, uint16_t slots_max);

#endif /* MX_SLOTCOUNT_H */
