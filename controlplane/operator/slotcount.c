/* SPDX-License-Identifier: BSD-3-Clause */
#include "slotcount.h"

struct slot_count
slot_count_new(void)
{
	return (struct slot_count){.slot = SLOT_COUNT_NONE, .fresh = true};
}

/* Not beyond what JSON can tell. */
static uint64_t
saturate(uint64_t value)
{
	return value < INT64_MAX ? value : INT64_MAX;
}

/* Each part is at most INT64_MAX, so the sum does not wrap. */
uint64_t
slot_count_value(const struct slot_count *count)
{
	return saturate(count->before + (count->seen - count->base));
}

uint64_t
slot_count_read(struct slot_count *count, uint64_t counter, bool anew)
{
	const uint64_t last = count->seen;

	if (counter > INT64_MAX) { /* no worker can count so far */
		if (count->fresh)
			return 0;
		counter = anew ? 0 : last;
	}
	count->seen = counter;
	if (count->fresh) {
		count->fresh = false;
		count->base = counter;
		return 0;
	}
	if (!anew && counter >= last)
		return counter - last;
	count->before = saturate(count->before + (last - count->base));
	count->base = 0;
	return counter;
}

void
slot_count_encode(json_t *object, const struct slot_count *count, bool counts)
{
	if (count->slot == SLOT_COUNT_NONE)
		return;
	json_object_set_new(object, "slot", json_integer(count->slot));
	/* Nobody reads this.  It changes the text without numbers when the count
	 * begins, so that the saver writes the first numbers. */
	json_object_set_new(object, "counted", json_boolean(!count->fresh));
	if (!counts || count->fresh)
		return;
	json_object_set_new(object, "refused",
			    json_integer((json_int_t)slot_count_value(count)));
	json_object_set_new(object, "counter",
			    json_integer((json_int_t)count->seen));
}

/* A number that is not negative, or -1. */
static json_int_t
number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= 0
		       ? json_integer_value(value)
		       : -1;
}

struct slot_count
slot_count_decode(const json_t *object, uint16_t slots_max)
{
	const json_int_t slot = number_of(object, "slot");
	const json_int_t value = number_of(object, "refused");
	const json_int_t counter = number_of(object, "counter");
	struct slot_count count = slot_count_new();

	if (slot < 0 || slot >= slots_max)
		return count;
	count.slot = (uint16_t)slot;
	if (value < 0 || counter < 0)
		return count;
	count.fresh = false;
	count.before = (uint64_t)value;
	count.base = count.seen = (uint64_t)counter;
	return count;
}
