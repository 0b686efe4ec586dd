/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_SCHEMA_H
#define MX_CONFIG_SCHEMA_H

/* The keys of the file, as tables.  walk.c walks a YAML tree by them, and the
 * room describe makes the JSON schema of them.  A new key is a new row. */
#include "key.h"

/* The names of a mapping's keys in a message, with commas between them. */
#define SCHEMA_KEYS_TEXT_MAX 256

/* The keys of the whole file, for struct mx_config. */
extern const struct key schema_file[];

/* The keys of a service and of a pool. */
extern const struct key schema_service[];
extern const struct key schema_pool[];

#endif /* MX_CONFIG_SCHEMA_H */
