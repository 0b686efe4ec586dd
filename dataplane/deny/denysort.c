/* SPDX-License-Identifier: BSD-3-Clause */
#include "denysort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The digits of an entry, the last one first: its length, then the bytes of its
 * address from the end. */
#define DIGITS 17
#define VALUES 256

static uint32_t
digit_of(const struct mx_deny_entry *entry, uint32_t digit)
{
	if (digit == 0)
		return entry->bits;
	if (digit <= 8)
		return entry->low >> (8 * (digit - 1)) & 0xff;
	return entry->high >> (8 * (digit - 9)) & 0xff;
}

static bool
is_before(const struct mx_deny_entry *a, const struct mx_deny_entry *b)
{
	if (a->high != b->high)
		return a->high < b->high;
	return a->low != b->low ? a->low < b->low : a->bits < b->bits;
}

static bool
is_sorted(const struct mx_deny_entries *entries)
{
	for (uint32_t i = 1; i < entries->count; i++)
		if (is_before(&entries->entry[i], &entries->entry[i - 1]))
			return false;
	return true;
}

/* The bits in which any two entries differ. */
static struct mx_deny_entry
differing(const struct mx_deny_entries *entries)
{
	const struct mx_deny_entry *first = &entries->entry[0];
	struct mx_deny_entry differ = {0};

	for (uint32_t i = 1; i < entries->count; i++) {
		const struct mx_deny_entry *entry = &entries->entry[i];

		differ.high |= entry->high ^ first->high;
		differ.low |= entry->low ^ first->low;
		differ.bits |= entry->bits ^ first->bits;
	}
	return differ;
}

/* How many entries have each value of a digit. */
static void
count_values(const struct mx_deny_entries *entries, uint32_t digit,
	     uint32_t count[static VALUES])
{
	memset(count, 0, VALUES * sizeof(*count));
	for (uint32_t i = 0; i < entries->count; i++)
		count[digit_of(&entries->entry[i], digit)]++;
}

/* Write the entries to `to` in the order of a digit. */
static void
spread(const struct mx_deny_entries *entries, uint32_t digit,
       const uint32_t count[static VALUES], struct mx_deny_entry *to)
{
	uint32_t at[VALUES];
	uint32_t sum = 0;

	for (uint32_t value = 0; value < VALUES; value++) {
		at[value] = sum;
		sum += count[value];
	}
	for (uint32_t i = 0; i < entries->count; i++)
		to[at[digit_of(&entries->entry[i], digit)]++] =
			entries->entry[i];
}

int
deny_sort(struct mx_deny_entries *entries)
{
	uint32_t count[VALUES];

	if (is_sorted(entries))
		return 0;
	const struct mx_deny_entry differ = differing(entries);
	struct mx_deny_entry *other =
		malloc(entries->room * sizeof(*entries->entry));
	if (other == NULL)
		return -ENOMEM;
	for (uint32_t digit = 0; digit < DIGITS; digit++) {
		if (digit_of(&differ, digit) == 0)
			continue;
		count_values(entries, digit, count);
		spread(entries, digit, count, other);
		struct mx_deny_entry *sorted = other;
		other = entries->entry;
		entries->entry = sorted;
	}
	free(other);
	return 0;
}
