/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLANKEY_H
#define MX_PLANKEY_H

/* The key of the plan, by which new sessions are given to backends.
 *
 *   a group of boxes   the key of its secret (group/secret.h): the same on each box
 *   none               a random key, which the state file keeps; a new one when the
 *                      group has gone
 *
 * The secret is read with each configuration that an operator puts in force, and
 * at the start.
 * Threads    the event loop. */
#include <stdbool.h>

#include "config.h"
#include "state.h"

struct plankey {
	struct mx_hash_key key;
	bool shared; /* it is the group's */
	int error;   /* of mx_secret_read(): the key is the last one; or 0 */
};

/* Find the key that a configuration needs. */
void plankey_find(struct plankey *found, const struct state *state,
		  const struct mx_config *config);

/* The secret cannot be read: add that to the errors of the file at path. */
void plankey_refuse(const struct plankey *found, const char *path,
		    const struct mx_config *config,
		    struct mx_config_errors *errors);

/* Put it in force, with its configuration.  An error is an event. */
void plankey_follow(const struct plankey *found, struct state *state);

#endif /* MX_PLANKEY_H */
