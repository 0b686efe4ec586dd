/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_SCHEMA_H
#define MX_CONFIG_SCHEMA_H

/* The keys of the file, as tables.  walk.c walks a YAML tree by them.  A new
 * key is a new row. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scalar.h"

enum key_kind {
	KEY_SCALAR,
	KEY_SCALARS,   /* a list of scalars */
	KEY_MAP,       /* a mapping of the keys of `map` */
	KEY_MAPS,      /* a list of such mappings */
	KEY_REFERENCE, /* the name of a pool; the field becomes its index */
};

struct key {
	const char *name;
	enum key_kind kind;
	struct scalar scalar; /* of the value, or of each in the list */
	size_t offset;        /* of the field in the mapping's struct */
	size_t count_offset;  /* lists: of its uint16_t length */
	size_t item_bytes;    /* lists: of one element */
	uint16_t items_max;
	const struct key *map; /* ends in a row without a name */
	const char *missing;   /* required, and why; NULL: has a default */
	const char *fallback;  /* the default as text; NULL: all zero */
};

/* The names of a mapping's keys in a message, with commas between them. */
#define SCHEMA_KEYS_TEXT_MAX 256

/* The keys of the whole file, for struct mx_config. */
extern const struct key schema_file[];

#endif /* MX_CONFIG_SCHEMA_H */
