/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_KEY_H
#define MX_CONFIG_KEY_H

/* A key of the file as a row of a table, and how the rows name the fields of the
 * structs of config.h. */
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
	const char *about;     /* one sentence: what the key says */
	/* May a file have the key beside the other values of the mapping's
	 * struct?  NULL: always.  A file without a value never has it. */
	bool (*fits)(const void *map);
};

/* These name the field of the mapping's struct in a row. */
#define FIELD(type, field) .offset = offsetof(struct type, field)
#define LIST_ITEMS(type, field)                                                \
	.item_bytes = sizeof(((struct type *)0)->field[0]),                    \
	.items_max = sizeof(((struct type *)0)->field) /                       \
		     sizeof(((struct type *)0)->field[0])
#define LIST(type, field, count)                                               \
	FIELD(type, field), .count_offset = offsetof(struct type, count),      \
			    LIST_ITEMS(type, field)

/* For a mapping without a struct of its own: the fields from `first` on. */
#define FROM(type, first, field)                                               \
	(offsetof(struct type, field) - offsetof(struct type, first))
#define FIELD_FROM(type, first, field) .offset = FROM(type, first, field)
#define LIST_FROM(type, first, field, count)                                   \
	FIELD_FROM(type, first, field),                                        \
		.count_offset = FROM(type, first, count),                      \
		LIST_ITEMS(type, field)

/* A constant as the file would say it. */
#define QUOTED(number) #number
#define NUMBER(number) QUOTED(number)
#define SECONDS(number) QUOTED(number) "s"

#endif /* MX_CONFIG_KEY_H */
