/* SPDX-License-Identifier: BSD-3-Clause */
#include "denylist.h"

#include <errno.h>
#include <stdlib.h>

#define ENTRIES_FIRST 1024u

void
mx_deny_list_free(struct mx_deny_list *list)
{
	for (int family = 0; family < MX_DENY_FAMILIES; family++)
		free(list->of[family].entry);
	*list = (struct mx_deny_list){0};
}

/* The bits of a half of an address that belong to a prefix. */
static uint64_t
mask_of(uint32_t bits)
{
	return bits == 0 ? 0 : bits >= 64 ? UINT64_MAX : ~(UINT64_MAX >> bits);
}

static bool
has_more_bits(const struct mx_deny_key *key, uint32_t bits)
{
	return (key->high & ~mask_of(bits)) != 0 ||
	       (key->low & ~mask_of(bits < 64 ? 0 : bits - 64)) != 0;
}

static int
make_room(struct mx_deny_entries *entries)
{
	if (entries->count < entries->room)
		return 0;
	const uint32_t room =
		entries->room == 0 ? ENTRIES_FIRST : 2 * entries->room;
	struct mx_deny_entry *entry =
		realloc(entries->entry, room * sizeof(*entry));
	if (entry == NULL)
		return -ENOMEM;
	entries->entry = entry;
	entries->room = room;
	return 0;
}

int
mx_deny_add(struct mx_deny_list *list, const struct mx_deny_key *key,
	    uint32_t bits, enum mx_deny_verdict verdict)
{
	struct mx_deny_entries *entries = &list->of[key->family];

	if (has_more_bits(key, bits))
		return -EINVAL;
	if (list->of[MX_DENY_V4].count + list->of[MX_DENY_V6].count ==
	    MX_DENY_PREFIXES_MAX)
		return -E2BIG;
	if (make_room(entries) != 0)
		return -ENOMEM;
	entries->entry[entries->count++] = (struct mx_deny_entry){
		.high = key->high,
		.low = key->low,
		.bits = (uint8_t)bits,
		.denied = verdict == MX_DENY_DENIED,
	};
	return 0;
}

bool
mx_deny_covers(const struct mx_deny_key *prefix, uint32_t bits,
	       const struct mx_deny_key *key)
{
	return prefix->family == key->family &&
	       ((prefix->high ^ key->high) & mask_of(bits)) == 0 &&
	       ((prefix->low ^ key->low) &
		mask_of(bits < 64 ? 0 : bits - 64)) == 0;
}
