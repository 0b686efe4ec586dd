/* SPDX-License-Identifier: BSD-3-Clause */
#include "difference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"
#include "side.h"
#include "valuetext.h"

/* Longer than the names of keys and entries on the way to any value. */
#define PATH_BYTES_MAX 512

struct walk {
	difference_seen seen;
	void *arg;
	char path[PATH_BYTES_MAX];
	int count;
	bool failed;
};

/* Go to a value below the path.  Returns the length to come back to. */
static size_t
enter(struct walk *walk, const char *name)
{
	const size_t length = strlen(walk->path);

	snprintf(walk->path + length, sizeof(walk->path) - length, "%s%s",
		 length > 0 ? "/" : "", name);
	return length;
}

static void
leave(struct walk *walk, size_t length)
{
	walk->path[length] = '\0';
}

static void
tell(struct walk *walk, const char *before, const char *after)
{
	walk->seen(walk->arg, walk->path, before, after);
	walk->count++;
}

static void
compare_values(struct walk *walk, const struct key *key,
	       const struct side *before, const struct side *after)
{
	char text[2][VALUETEXT_MAX];
	const char *old = side_value(key, before, text[0]);
	const char *new = side_value(key, after, text[1]);

	if (old == NULL && new == NULL)
		return;
	if (old == NULL || new == NULL || strcmp(old, new) != 0)
		tell(walk, old, new);
}

/* Has the list an entry of these bytes?  The gaps in them are zero. */
static bool
has_entry(const struct key *key, const struct side *side, const uint8_t *entry)
{
	for (uint16_t i = 0; i < side_count(key, side); i++)
		if (memcmp(side_entry(key, side, i), entry, key->item_bytes) ==
		    0)
			return true;
	return false;
}

/* Tell of the entries that only one side has. */
static void
tell_entries(struct walk *walk, const struct key *key, const struct side *has,
	     const struct side *lacks, bool gone)
{
	char text[VALUETEXT_MAX];

	for (uint16_t i = 0; i < side_count(key, has); i++) {
		const uint8_t *entry = side_entry(key, has, i);

		if (has_entry(key, lacks, entry))
			continue;
		const char *value = valuetext(&key->scalar, entry, text);
		tell(walk, gone ? value : NULL, gone ? NULL : value);
	}
}

static void
compare_scalars(struct walk *walk, const struct key *key,
		const struct side *before, const struct side *after)
{
	const int count = walk->count;
	const uint16_t entries = side_count(key, before);

	tell_entries(walk, key, before, after, true);
	tell_entries(walk, key, after, before, false);
	if (count == walk->count &&
	    (entries != side_count(key, after) ||
	     memcmp(side_entry(key, before, 0), side_entry(key, after, 0),
		    entries * key->item_bytes) != 0))
		tell(walk, "one order", "another order");
}

static bool
same_name(const struct key *key, const uint8_t *a, const uint8_t *b)
{
	char text[2][VALUETEXT_MAX];

	return strcmp(side_name(key, a, text[0]), side_name(key, b, text[1])) ==
	       0;
}

/* The entry of another side that has the entry's name, or NULL. */
static const uint8_t *
find_entry(const struct key *key, const struct side *side, const uint8_t *like)
{
	for (uint16_t i = 0; i < side_count(key, side); i++) {
		const uint8_t *entry = side_entry(key, side, i);

		if (same_name(key, entry, like))
			return entry;
	}
	return NULL;
}

/* Mappings hold lists, and lists mappings; the tables limit the depth. */
static void compare_maps(struct walk *walk, const struct key *keys,
			 const struct side *before, const struct side *after);
static void tell_maps(struct walk *walk, const struct key *key,
		      const struct side *side, bool gone);

/* Tell of a mapping that only one side has, and of the lists in it. */
static void
tell_map(struct walk *walk, const struct key *map, const struct side *side,
	 bool gone)
{
	char *text = side_text(map, side);

	if (text == NULL) {
		walk->failed = true;
		return;
	}
	tell(walk, gone ? text : NULL, gone ? NULL : text);
	free(text);
	for (const struct key *key = map->map; key->name != NULL; key++) {
		if (key->kind != KEY_MAPS)
			continue;
		const size_t length = enter(walk, key->name);
		tell_maps(walk, key, side, gone);
		leave(walk, length);
	}
}

static void
tell_maps(struct walk *walk, const struct key *key, const struct side *side,
	  bool gone)
{
	char name[VALUETEXT_MAX];

	for (uint16_t i = 0; i < side_count(key, side); i++) {
		const struct side entry = {side->config,
					   side_entry(key, side, i)};
		const size_t length =
			enter(walk, side_name(key, entry.map, name));

		tell_map(walk, key, &entry, gone);
		leave(walk, length);
	}
}

static void
compare_entry(struct walk *walk, const struct key *key,
	      const struct side *before, const struct side *after)
{
	const struct side *named = before->map != NULL ? before : after;
	char name[VALUETEXT_MAX];
	const size_t length = enter(walk, side_name(key, named->map, name));

	if (before->map != NULL && after->map != NULL)
		compare_maps(walk, key->map, before, after);
	else
		tell_map(walk, key, named, after->map == NULL);
	leave(walk, length);
}

static bool
is_same_order(const struct key *key, const struct side *before,
	      const struct side *after)
{
	for (uint16_t i = 0; i < side_count(key, before); i++)
		if (!same_name(key, side_entry(key, before, i),
			       side_entry(key, after, i)))
			return false;
	return true;
}

static void
compare_list(struct walk *walk, const struct key *key,
	     const struct side *before, const struct side *after)
{
	uint16_t common = 0;

	for (uint16_t i = 0; i < side_count(key, before); i++) {
		const struct side old = {before->config,
					 side_entry(key, before, i)};
		const struct side new = {after->config,
					 find_entry(key, after, old.map)};

		if (new.map != NULL)
			common++;
		compare_entry(walk, key, &old, &new);
	}
	for (uint16_t i = 0; i < side_count(key, after); i++) {
		const struct side new = {after->config,
					 side_entry(key, after, i)};
		const struct side none = {before->config, NULL};

		if (find_entry(key, before, new.map) == NULL)
			compare_entry(walk, key, &none, &new);
	}
	if (common == side_count(key, before) &&
	    common == side_count(key, after) &&
	    !is_same_order(key, before, after))
		tell(walk, "one order", "another order");
}

/* Compare mappings that one side may do without. */
static void
compare_inner(struct walk *walk, const struct key *key,
	      const struct side *before, const struct side *after)
{
	const bool was = side_has(key, before);
	const bool is = side_has(key, after);
	const struct side old = {before->config, before->map + key->offset};
	const struct side new = {after->config, after->map + key->offset};

	if (was && is)
		compare_maps(walk, key->map, &old, &new);
	else if (was || is)
		tell_map(walk, key, was ? &old : &new, was);
}

static void
compare_key(struct walk *walk, const struct key *key, const struct side *before,
	    const struct side *after)
{
	switch (key->kind) {
	case KEY_SCALAR:
	case KEY_REFERENCE:
		compare_values(walk, key, before, after);
		break;
	case KEY_SCALARS:
		compare_scalars(walk, key, before, after);
		break;
	case KEY_MAP:
		compare_inner(walk, key, before, after);
		break;
	case KEY_MAPS:
		compare_list(walk, key, before, after);
		break;
	}
}

static void
compare_maps(struct walk *walk, const struct key *keys,
	     const struct side *before, const struct side *after)
{
	for (const struct key *key = keys; key->name != NULL; key++) {
		const size_t length = enter(walk, key->name);

		compare_key(walk, key, before, after);
		leave(walk, length);
	}
}

int
difference_each(const struct mx_config *before, const struct mx_config *after,
		difference_seen seen, void *arg)
{
	struct walk walk = {.seen = seen, .arg = arg};
	const struct side old = {before, (const uint8_t *)before};
	const struct side new = {after, (const uint8_t *)after};

	compare_maps(&walk, schema_file, &old, &new);
	return walk.failed ? -ENOMEM : walk.count;
}
