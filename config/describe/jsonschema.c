/* SPDX-License-Identifier: BSD-3-Clause */
#include "jsonschema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "schema.h"

#define DESCRIPTION_MAX (256 + SCALAR_EXPECTED_MAX)

static bool
is_number(enum scalar_kind kind)
{
	return kind == SCALAR_U8 || kind == SCALAR_U16 || kind == SCALAR_U32;
}

static bool
is_text_of_digits(const char *text)
{
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* A word such as 421 is a number to readers of YAML. */
static json_t *
words_of(const struct scalar *scalar)
{
	json_t *words = json_array();

	for (unsigned i = 0; scalar->words[i] != NULL; i++) {
		const char *word = scalar->words[i];

		json_array_append_new(words, json_string(word));
		if (is_text_of_digits(word))
			json_array_append_new(words, json_integer(atoi(word)));
	}
	return json_pack("{s:o}", "enum", words);
}

static json_t *
range_of(const struct scalar *scalar)
{
	json_t *range = json_pack("{s:s s:I s:I}", "type", "integer", "minimum",
				  (json_int_t)scalar->min, "maximum",
				  (json_int_t)scalar->max);

	if (!scalar->or_zero || scalar->min == 0)
		return range;
	return json_pack("{s:[o {s:i}]}", "anyOf", range, "const", 0);
}

static json_t *
text_of(const struct scalar *scalar)
{
	json_t *value = json_pack("{s:s}", "type", "string");
	char *pattern = pattern_of(scalar);

	if (pattern != NULL)
		json_object_set_new(value, "pattern", json_string(pattern));
	if (scalar->kind == SCALAR_TEXT) {
		json_object_set_new(value, "minLength",
				    json_integer(scalar->min));
		json_object_set_new(value, "maxLength",
				    json_integer(scalar->max - 1));
	}
	free(pattern);
	return value;
}

static json_t *
value_of(const struct scalar *scalar)
{
	if (scalar->words != NULL)
		return words_of(scalar);
	return is_number(scalar->kind) ? range_of(scalar) : text_of(scalar);
}

/* Say in words what a pattern means. */
static void
describe(const struct key *key, json_t *value)
{
	char text[DESCRIPTION_MAX], expected[SCALAR_EXPECTED_MAX];
	const bool is_scalar = key->kind != KEY_MAP && key->kind != KEY_MAPS;

	snprintf(text, sizeof(text), "%s", key->about);
	if (is_scalar && key->scalar.words == NULL) {
		scalar_expected(&key->scalar, NULL, expected);
		snprintf(text, sizeof(text), "%s %s: %s.", key->about,
			 key->kind == KEY_SCALARS ? "Each" : "Expected",
			 expected);
	}
	json_object_set_new(value, "description", json_string(text));
	if (key->fallback != NULL)
		json_object_set_new(value, "default",
				    is_number(key->scalar.kind)
					    ? json_integer(atoi(key->fallback))
					    : json_string(key->fallback));
}

static json_t *
list_of(const struct key *key, json_t *item)
{
	return json_pack("{s:s s:o s:i s:i}", "type", "array", "items", item,
			 "minItems", 1, "maxItems", (int)key->items_max);
}

static json_t *
map_of(const struct key *keys)
{
	json_t *properties = json_object();
	json_t *required = json_array();

	for (const struct key *key = keys; key->name != NULL; key++) {
		json_t *value = key->kind == KEY_MAP || key->kind == KEY_MAPS
					? map_of(key->map)
					: value_of(&key->scalar);

		if (key->kind == KEY_MAPS || key->kind == KEY_SCALARS)
			value = list_of(key, value);
		describe(key, value);
		json_object_set_new(properties, key->name, value);
		if (key->missing != NULL)
			json_array_append_new(required, json_string(key->name));
	}
	json_t *map = json_pack("{s:s s:o s:b}", "type", "object", "properties",
				properties, "additionalProperties", 0);
	if (json_array_size(required) > 0)
		json_object_set(map, "required", required);
	json_decref(required);
	return map;
}

json_t *
jsonschema_new(void)
{
	json_t *schema = json_pack(
		"{s:s s:s s:s}", "$schema",
		"https://json-schema.org/draft/2020-12/schema", "title",
		"mxsteer.yaml", "description",
		"The configuration of mxsteer " MX_VERSION
		". mxsteer config check FILE finds what a schema cannot.");
	json_t *file = map_of(schema_file);

	json_object_update(schema, file);
	json_decref(file);
	return schema;
}
