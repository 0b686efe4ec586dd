/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_SIDE_H
#define MX_CONFIG_SIDE_H

/* One of two configurations that are compared, and a mapping of it: what the
 * mapping has for each key of its table.
 * Threads    pure functions: any. */
#include "config.h"
#include "key.h"
#include "valuetext.h"

struct side {
	const struct mx_config *config;
	const uint8_t *map; /* the mapping's struct */
};

/* May the mapping have the key? */
bool side_has(const struct key *key, const struct side *side);

/* A list: its length, and the struct or value of an entry.  Without the key the
 * length is 0. */
uint16_t side_count(const struct key *key, const struct side *side);
const uint8_t *side_entry(const struct key *key, const struct side *side,
			  uint16_t i);

/* What an entry of a list of mappings is known by: the value of its first key, such
 * as a name, or the number of a box. */
const char *side_name(const struct key *key, const uint8_t *entry,
		      char text[static VALUETEXT_MAX]);

/* The value of a key that is no list and no mapping, or NULL. */
const char *side_value(const struct key *key, const struct side *side,
		       char text[static VALUETEXT_MAX]);

/* What a mapping of the key says beside its name and its defaults, in one line, to be
 * freed; or NULL: no memory.  Lists of mappings in it are left out. */
char *side_text(const struct key *key, const struct side *side);

#endif /* MX_CONFIG_SIDE_H */
