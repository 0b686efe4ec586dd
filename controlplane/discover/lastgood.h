/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LASTGOOD_H
#define MX_LASTGOOD_H

/* The members of each pool by the last good answer, in a JSON file: a control
 * plane that starts while DNS fails has them.
 *
 * Shape      {"version": 1, "pools": [{"pool", "mx", "explicit", "members":
 *            [{"host", "address", "preference", "served",
 *            "former"}]}]}
 * Threads    the event loop. */
#include <jansson.h>

#include "membership.h"

/* Read the file.  Returns its pools; the caller owns them.  NULL with *error: 0
 * if there is no file, -EINVAL if its content is wrong, or -errno. */
json_t *lastgood_load(const char *path, int *error);

/* Find the members of a pool with this domain among `pools`, which may be NULL.
 * Returns false if there are none, with *m empty. */
bool lastgood_find(const json_t *pools, const char *pool, const char *mx,
		   struct membership *m);

/* A row for lastgood_save(), or NULL if there is no memory. */
json_t *lastgood_row(const char *pool, const char *mx,
		     const struct membership *m);

/* Write the file.  Takes pools.  Returns 0 or -errno, with the old file in
 * place. */
int lastgood_save(const char *path, json_t *pools);

#endif /* MX_LASTGOOD_H */
