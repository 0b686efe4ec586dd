/* SPDX-License-Identifier: BSD-3-Clause */
#include "changeline.h"

#include <stddef.h>
#include <string.h>

#include "lineparts.h"

static const struct key {
	const char *name;
	size_t at; /* the text in the record */
	size_t size;
	const char *about;
} keys[] = {
#define KEY(name)                                                              \
#name, offsetof(struct mx_changed, name),                              \
		sizeof(((struct mx_changed *)NULL)->name)
	/* clang-format off */
	{KEY(level), "info, warn or error"},
	{KEY(source), "what found it: operator, probe, agent, dns, ..."},
	{KEY(subject), "what it is about"},
	{KEY(what), "which part of the subject changed"},
	{KEY(before), "what it was"},
	{KEY(after), "what it is"},
	{KEY(why), "why"},
	{KEY(who), "the user, or the source"},
/* clang-format on */
#undef KEY
};

/* A value that ends in the record; an empty one has no key. */
static void
put_text(struct text *text, enum logsheet_format format, const struct key *key,
	 const struct mx_changed *changed)
{
	const char *value = (const char *)changed + key->at;

	if (value[0] == '\0' || memchr(value, '\0', key->size) == NULL)
		return;
	part_key(text, format, key->name, false);
	part_quoted(text, value, format == LOGSHEET_JSON);
}

void
changeline_put(struct text *text, enum logsheet_format format,
	       uint32_t identity, const struct mx_changed *changed)
{
	const bool quoted = format == LOGSHEET_JSON;

	part_key(text, format, "time", true);
	if (quoted)
		text_byte(text, '"');
	part_seconds(text, changed->at_s);
	if (quoted)
		text_byte(text, '"');
	part_key(text, format, "event", false);
	part_quoted(text, "change", quoted);
	part_key(text, format, "id", false);
	if (quoted)
		text_byte(text, '"');
	text_hex(text, identity);
	text_byte(text, '.');
	text_number(text, CHANGELINE_RING, 1);
	text_byte(text, '.');
	text_number(text, changed->serial, 1);
	if (quoted)
		text_byte(text, '"');
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		put_text(text, format, &keys[i], changed);
	part_end(text, format);
}

void
changeline_keys(FILE *out)
{
	fprintf(out, "A line of a change (event=change) has time, id, and of "
		     "these what is known:\n\n");
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		fprintf(out, "  %-12s %s\n", keys[i].name, keys[i].about);
}
