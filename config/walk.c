/* SPDX-License-Identifier: BSD-3-Clause */
/* Walk through a YAML tree by the tables of schema.c.  A value of the right
 * shape goes into its field.  Any other value makes an error. */
#include "walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema.h"

/* The most characters of a wrong value that are shown. */
#define SHOWN_MAX 40

struct walk {
	struct config_tree *tree;
	yaml_document_t *document;
};

static void add_line(char (*lines)[MX_CONFIG_ERROR_TEXT_MAX], uint16_t *count,
		     const char *begin, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

/* Count one more error; keep its line if there is room. */
static void
add_line(char (*lines)[MX_CONFIG_ERROR_TEXT_MAX], uint16_t *count,
	 const char *begin, const char *format, va_list args)
{
	if (*count < MX_CONFIG_ERRORS_MAX) {
		char *text = lines[*count];
		const int at =
			snprintf(text, MX_CONFIG_ERROR_TEXT_MAX, "%s", begin);

		vsnprintf(text + at, MX_CONFIG_ERROR_TEXT_MAX - (size_t)at,
			  format, args);
	}
	if (*count < UINT16_MAX)
		(*count)++;
}

/* "file:line: " and a word. */
#define BEGIN_MAX 128

void
config_error(struct config_tree *tree, uint32_t line, const char *format, ...)
{
	char begin[BEGIN_MAX];
	va_list args;

	if (line == 0)
		snprintf(begin, sizeof(begin), "%.100s: ", tree->file);
	else
		snprintf(begin, sizeof(begin), "%.100s:%u: ", tree->file, line);
	va_start(args, format);
	add_line(tree->errors->text, &tree->errors->count, begin, format, args);
	va_end(args);
}

void
config_warning(struct config_tree *tree, uint32_t line, const char *name,
	       const char *text)
{
	struct mx_config_errors *errors = tree->errors;

	if (errors->warnings < MX_CONFIG_ERRORS_MAX)
		snprintf(errors->warning[errors->warnings],
			 MX_CONFIG_ERROR_TEXT_MAX,
			 "%.100s:%u: warning[%s]: %.340s", tree->file, line,
			 name, text);
	if (errors->warnings < UINT16_MAX)
		errors->warnings++;
}

static const struct config_mark *
find_mark(const struct config_tree *tree, const void *where)
{
	for (uint32_t i = 0; i < tree->marks; i++)
		if (tree->mark[i].where == where)
			return &tree->mark[i];
	return NULL;
}

uint32_t
config_line(const struct config_tree *tree, const void *where)
{
	const struct config_mark *found = find_mark(tree, where);

	return found != NULL ? found->line : 1;
}

bool
config_said(const struct config_tree *tree, const void *where)
{
	return find_mark(tree, where) != NULL;
}

uint32_t
config_node_line(const yaml_node_t *node)
{
	return (uint32_t)node->start_mark.line + 1;
}

static void
add_mark(struct config_tree *tree, const void *where, uint32_t line)
{
	if (tree->marks < CONFIG_MARKS_MAX)
		tree->mark[tree->marks++] = (struct config_mark){where, line};
}

static void
mark(struct config_tree *tree, const void *where, const yaml_node_t *node)
{
	add_mark(tree, where, config_node_line(node));
}

void
config_same_line(struct config_tree *tree, const void *where, const void *like)
{
	add_mark(tree, where, config_line(tree, like));
}

/* The value in a form fit for a message: ASCII only, as a terminal may obey
 * other characters, and a cut in mid-character would break a JSON reply. */
static const char *
shown(const yaml_node_t *node, char text[static SHOWN_MAX + 8])
{
	switch (node->type) {
	case YAML_SCALAR_NODE:
		snprintf(text, SHOWN_MAX + 8, "\"%.*s\"%s", SHOWN_MAX,
			 (const char *)node->data.scalar.value,
			 node->data.scalar.length > SHOWN_MAX ? "..." : "");
		for (char *c = text; *c != '\0'; c++)
			if (*c < ' ' || *c > '~')
				*c = '?';
		return text;
	case YAML_SEQUENCE_NODE:
		return "a list";
	case YAML_MAPPING_NODE:
		return "a mapping";
	default:
		return "nothing";
	}
}

/* A scalar without a zero byte inside, or NULL. */
static const char *
scalar_text(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	const char *text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

static void
load_scalar(struct walk *walk, const struct key *key, const yaml_node_t *node,
	    void *out)
{
	char expected[SCALAR_EXPECTED_MAX];
	char text[SHOWN_MAX + 8];
	const char *value = scalar_text(node);

	mark(walk->tree, out, node);
	if (value != NULL && scalar_parse(&key->scalar, value, out) == 0)
		return;
	scalar_expected(&key->scalar, value, expected);
	config_error(walk->tree, config_node_line(node),
		     "%s: expected %s, found %s", key->name, expected,
		     shown(node, text));
}

static void
load_reference(struct walk *walk, const struct key *key,
	       const yaml_node_t *node, void *out)
{
	struct config_tree *tree = walk->tree;
	struct config_reference *reference = &tree->reference[tree->references];

	*reference = (struct config_reference){.where = out,
					       .line = config_node_line(node)};
	const uint16_t before = tree->errors->count;
	load_scalar(walk, key, node, reference->name);
	if (tree->errors->count == before)
		tree->references++;
}

/* Lists hold mappings, and mappings hold lists; the schema limits the depth. */
static void load_map(struct walk *walk, const struct key *map,
		     const yaml_node_t *node, void *out);

static void
load_list(struct walk *walk, const struct key *key, const yaml_node_t *node,
	  uint8_t *out)
{
	const yaml_node_item_t *item = node->data.sequence.items.start;
	const yaml_node_item_t *end = node->data.sequence.items.top;
	uint16_t *count = (uint16_t *)(void *)(out + key->count_offset);

	for (; item < end; item++) {
		const yaml_node_t *element =
			yaml_document_get_node(walk->document, *item);
		void *at = out + key->offset + *count * key->item_bytes;

		if (*count == key->items_max) {
			config_error(walk->tree, config_node_line(element),
				     "%s: expected at most %u entries",
				     key->name, key->items_max);
			return;
		}
		if (key->kind == KEY_SCALARS) {
			load_scalar(walk, key, element, at);
		} else {
			mark(walk->tree, at, element);
			load_map(walk, key, element, at);
		}
		(*count)++;
	}
	if (*count == 0)
		config_error(walk->tree, config_node_line(node),
			     "%s: expected at least one entry", key->name);
}

/* A value that is no list.  A single value is shown as a list of one, since
 * people forget the brackets. */
static void
no_list(struct walk *walk, const struct key *key, const yaml_node_t *node)
{
	char text[SHOWN_MAX + 8], form[sizeof(text) + 24] = "";

	const char *found = shown(node, text);
	if (key->kind == KEY_SCALARS && node->type == YAML_SCALAR_NODE &&
	    node->data.scalar.length > 0 &&
	    node->data.scalar.length <= SHOWN_MAX)
		snprintf(form, sizeof(form), ", such as [%s]", found);
	config_error(walk->tree, config_node_line(node),
		     "%s: expected a list%s, found %s", key->name, form, found);
}

static void
load_value(struct walk *walk, const struct key *key, const yaml_node_t *node,
	   uint8_t *out)
{
	switch (key->kind) {
	case KEY_SCALAR:
		load_scalar(walk, key, node, out + key->offset);
		break;
	case KEY_REFERENCE:
		load_reference(walk, key, node, out + key->offset);
		break;
	case KEY_MAP:
		mark(walk->tree, out + key->offset, node);
		load_map(walk, key, node, out + key->offset);
		break;
	case KEY_SCALARS:
	case KEY_MAPS:
		if (node->type == YAML_SEQUENCE_NODE)
			load_list(walk, key, node, out);
		else
			no_list(walk, key, node);
		break;
	}
}

/* Use the default of a missing key.  A mapping that is missing needs none of its
 * keys. */
static void
load_default(const struct key *key, uint8_t *out)
{
	if (key->kind == KEY_MAP)
		for (const struct key *inner = key->map; inner->name != NULL;
		     inner++)
			load_default(inner, out + key->offset);
	else if (key->fallback != NULL)
		scalar_parse(&key->scalar, key->fallback, out + key->offset);
}

/* The same, or report the key if it is required. */
static void
load_missing(struct walk *walk, const struct key *key, uint32_t line,
	     uint8_t *out)
{
	if (key->missing != NULL)
		config_error(walk->tree, line, "%s is missing: expected %s",
			     key->name, key->missing);
	else
		load_default(key, out);
}

static const struct key *
find_key(const struct key *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
		if (name != NULL && strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

static void
unknown_key(struct walk *walk, const struct key *keys, const yaml_node_t *node)
{
	char known[SCHEMA_KEYS_TEXT_MAX];
	char text[SHOWN_MAX + 8];
	size_t at = 0;

	for (; keys->name != NULL && at < sizeof(known) - 1; keys++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
				       at == 0 ? "" : ", ", keys->name);
	config_error(walk->tree, config_node_line(node),
		     "expected one of the keys %s, found %s", known,
		     shown(node, text));
}

/* Schemas have less than this many keys; see schema.c. */
#define KEYS_MAX 32

/* Load a mapping, the value of `map` or an entry of its list. */
static void
load_map(struct walk *walk, const struct key *map, const yaml_node_t *node,
	 void *out)
{
	const struct key *keys = map->map;
	bool seen[KEYS_MAX] = {false};
	char text[SHOWN_MAX + 8];

	if (node->type != YAML_MAPPING_NODE) {
		config_error(walk->tree, config_node_line(node),
			     "%s: expected a mapping of keys and values, found "
			     "%s",
			     map->name, shown(node, text));
		return;
	}
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	for (; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name =
			yaml_document_get_node(walk->document, pair->key);
		const struct key *key = find_key(keys, scalar_text(name));

		if (key == NULL) {
			unknown_key(walk, keys, name);
			continue;
		}
		if (seen[key - keys]) {
			config_error(walk->tree, config_node_line(name),
				     "%s: expected once, found again",
				     key->name);
			continue;
		}
		seen[key - keys] = true;
		load_value(walk, key,
			   yaml_document_get_node(walk->document, pair->value),
			   out);
	}
	for (const struct key *key = keys; key->name != NULL; key++)
		if (!seen[key - keys])
			load_missing(walk, key, config_node_line(node), out);
}

void
config_walk(struct config_tree *tree, yaml_document_t *document,
	    const yaml_node_t *root)
{
	static const struct key file = {"the file", KEY_MAP,
					.map = schema_file};
	struct walk walk = {tree, document};

	load_map(&walk, &file, root, tree->config);
}
