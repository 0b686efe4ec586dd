/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_JSONSCHEMA_H
#define MX_CONFIG_JSONSCHEMA_H

/* The keys of the configuration file as a JSON Schema, draft 2020-12, for editors
 * and programs.  It is for readers of YAML 1.2, to whom `off` is a word and 25
 * a number.
 *
 * It has names, types, ranges, words and defaults.  What keys mean together, only
 * `mxsteer config check` knows.
 *
 * Threads    any. */
#include <jansson.h>

/* Returns a new object, or NULL: no memory. */
json_t *jsonschema_new(void);

#endif /* MX_CONFIG_JSONSCHEMA_H */
