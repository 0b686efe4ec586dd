/* SPDX-License-Identifier: BSD-3-Clause */
#include "side.h"

#include <stdio.h>
#include <string.h>

bool
side_has(const struct key *key, const struct side *side)
{
	return key->fits == NULL || key->fits(side->map);
}

uint16_t
side_count(const struct key *key, const struct side *side)
{
	if (!side_has(key, side))
		return 0;
	return *(const uint16_t *)(const void *)(side->map + key->count_offset);
}

const uint8_t *
side_entry(const struct key *key, const struct side *side, uint16_t i)
{
	return side->map + key->offset + i * key->item_bytes;
}

const char *
side_name(const struct key *key, const uint8_t *entry,
	  char text[static VALUETEXT_MAX])
{
	const struct key *first = key->map;

	return valuetext(&first->scalar, entry + first->offset, text);
}

const char *
side_value(const struct key *key, const struct side *side,
	   char text[static VALUETEXT_MAX])
{
	const uint8_t *field = side->map + key->offset;

	if (!side_has(key, side))
		return NULL;
	if (key->kind == KEY_REFERENCE)
		return side->config
			->pool[*(const uint16_t *)(const void *)field]
			.name;
	return valuetext(&key->scalar, field, text);
}

/* What a mapping says, under way to one line. */
struct summary {
	FILE *out;
	const char *comma;
};

static void
write_list(struct summary *summary, const struct key *key,
	   const struct side *side)
{
	char text[VALUETEXT_MAX];

	for (uint16_t i = 0; i < side_count(key, side); i++)
		fprintf(summary->out, "%s%s", i > 0 ? " " : "",
			valuetext(&key->scalar, side_entry(key, side, i),
				  text));
}

/* Is the text that of the key's default, which a table may write in another
 * unit? */
static bool
is_default(const struct key *key, const char *value)
{
	_Alignas(8) char field[VALUETEXT_MAX];
	char text[VALUETEXT_MAX];

	if (key->fallback == NULL ||
	    scalar_parse(&key->scalar, key->fallback, field) != 0)
		return false;
	return strcmp(valuetext(&key->scalar, field, text), value) == 0;
}

/* Does the mapping say something with this key that is no default? */
static bool
is_said(const struct key *key, const struct side *side)
{
	char text[VALUETEXT_MAX];

	if (!side_has(key, side) || key->kind == KEY_MAP ||
	    key->kind == KEY_MAPS)
		return false;
	if (key->kind == KEY_SCALARS)
		return side_count(key, side) > 0;
	const char *value = side_value(key, side, text);
	return value != NULL && !is_default(key, value);
}

/* Write what a mapping says beside its defaults.  Lists of mappings are told of by
 * themselves.  above: the names of the mappings around it. */
static void
write_map(struct summary *summary, const struct key *keys,
	  const struct side *side, const char *above)
{
	char text[VALUETEXT_MAX];

	for (const struct key *key = keys; key->name != NULL; key++) {
		if (key->kind == KEY_MAP && side_has(key, side)) {
			const struct side inner = {side->config,
						   side->map + key->offset};

			snprintf(text, sizeof(text), "%.64s%s/", above,
				 key->name);
			write_map(summary, key->map, &inner, text);
		}
		if (!is_said(key, side))
			continue;
		fprintf(summary->out, "%s%s%s ", summary->comma, above,
			key->name);
		summary->comma = ", ";
		if (key->kind == KEY_SCALARS)
			write_list(summary, key, side);
		else
			fputs(side_value(key, side, text), summary->out);
	}
}

char *
side_text(const struct key *key, const struct side *side)
{
	/* The first key of an entry is its name. */
	const struct key *keys =
		key->kind == KEY_MAPS ? key->map + 1 : key->map;
	char *text = NULL;
	size_t length;
	struct summary summary = {open_memstream(&text, &length), ""};

	if (summary.out == NULL)
		return NULL;
	write_map(&summary, keys, side, "");
	fclose(summary.out);
	return text;
}
