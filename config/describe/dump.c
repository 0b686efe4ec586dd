/* SPDX-License-Identifier: BSD-3-Clause */
/* libyaml knows when a text needs quotes, and how to escape what is in it. */
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "schema.h"
#include "valuetext.h"

struct dump {
	yaml_emitter_t emitter;
	const struct mx_config *config;
	bool failed;
};

static void
emit(struct dump *dump, yaml_event_t *event, int made)
{
	/* The emitter takes the event, also if it fails. */
	if (made == 0 || yaml_emitter_emit(&dump->emitter, event) == 0)
		dump->failed = true;
}

static void
emit_text(struct dump *dump, const char *text)
{
	yaml_event_t event;

	emit(dump, &event,
	     yaml_scalar_event_initialize(
		     &event, NULL, NULL, (const yaml_char_t *)text,
		     (int)strlen(text), 1, 1, YAML_ANY_SCALAR_STYLE));
}

static void
begin_map(struct dump *dump)
{
	yaml_event_t event;

	emit(dump, &event,
	     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
						 YAML_BLOCK_MAPPING_STYLE));
}

static void
end_map(struct dump *dump)
{
	yaml_event_t event;

	emit(dump, &event, yaml_mapping_end_event_initialize(&event));
}

static void
begin_list(struct dump *dump, yaml_sequence_style_t style)
{
	yaml_event_t event;

	emit(dump, &event,
	     yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						  style));
}

static void
end_list(struct dump *dump)
{
	yaml_event_t event;

	emit(dump, &event, yaml_sequence_end_event_initialize(&event));
}

static void
dump_scalar(struct dump *dump, const struct key *key, const void *field)
{
	char text[VALUETEXT_MAX];
	const char *value = valuetext(&key->scalar, field, text);

	if (value == NULL)
		return;
	emit_text(dump, key->name);
	emit_text(dump, value);
}

static void
dump_reference(struct dump *dump, const struct key *key, const void *field)
{
	const uint16_t pool = *(const uint16_t *)field;

	emit_text(dump, key->name);
	emit_text(dump, dump->config->pool[pool].name);
}

static void
dump_scalars(struct dump *dump, const struct key *key, const uint8_t *map)
{
	const uint16_t count =
		*(const uint16_t *)(const void *)(map + key->count_offset);
	char text[VALUETEXT_MAX];

	if (count == 0)
		return;
	emit_text(dump, key->name);
	begin_list(dump, YAML_FLOW_SEQUENCE_STYLE);
	for (uint16_t i = 0; i < count; i++)
		emit_text(dump,
			  valuetext(&key->scalar,
				    map + key->offset + i * key->item_bytes,
				    text));
	end_list(dump);
}

/* Mappings hold lists, and lists mappings; the tables limit the depth. */
static void dump_map(struct dump *dump, const struct key *keys,
		     const uint8_t *map);

static void
dump_maps(struct dump *dump, const struct key *key, const uint8_t *map)
{
	const uint16_t count =
		*(const uint16_t *)(const void *)(map + key->count_offset);

	if (count == 0)
		return;
	emit_text(dump, key->name);
	begin_list(dump, YAML_BLOCK_SEQUENCE_STYLE);
	for (uint16_t i = 0; i < count; i++)
		dump_map(dump, key->map,
			 map + key->offset + i * key->item_bytes);
	end_list(dump);
}

static void
dump_key(struct dump *dump, const struct key *key, const uint8_t *map)
{
	switch (key->kind) {
	case KEY_SCALAR:
		dump_scalar(dump, key, map + key->offset);
		break;
	case KEY_REFERENCE:
		dump_reference(dump, key, map + key->offset);
		break;
	case KEY_SCALARS:
		dump_scalars(dump, key, map);
		break;
	case KEY_MAP:
		emit_text(dump, key->name);
		dump_map(dump, key->map, map + key->offset);
		break;
	case KEY_MAPS:
		dump_maps(dump, key, map);
		break;
	}
}

static void
dump_map(struct dump *dump, const struct key *keys, const uint8_t *map)
{
	begin_map(dump);
	for (const struct key *key = keys; key->name != NULL; key++)
		if (key->fits == NULL || key->fits(map))
			dump_key(dump, key, map);
	end_map(dump);
}

static void
dump_file(struct dump *dump)
{
	yaml_event_t event;

	emit(dump, &event,
	     yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(dump, &event,
	     yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	dump_map(dump, schema_file, (const uint8_t *)dump->config);
	emit(dump, &event, yaml_document_end_event_initialize(&event, 1));
	emit(dump, &event, yaml_stream_end_event_initialize(&event));
}

char *
dump_text(const struct mx_config *config, size_t *size)
{
	struct dump dump = {.config = config};
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (out == NULL)
		return NULL;
	if (yaml_emitter_initialize(&dump.emitter) == 0) {
		dump.failed = true;
	} else {
		yaml_emitter_set_output_file(&dump.emitter, out);
		yaml_emitter_set_unicode(&dump.emitter, 1);
		yaml_emitter_set_width(&dump.emitter, -1);
		dump_file(&dump);
		yaml_emitter_delete(&dump.emitter);
	}
	if (fclose(out) == 0 && !dump.failed)
		return text;
	free(text);
	return NULL;
}
