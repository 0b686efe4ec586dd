/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TARGETS_H
#define MX_TARGETS_H

/* The backends that a command is about.
 *
 *   mx/mta1       one backend
 *   m?/mta*       a pattern of a pool and a backend: * and ? stand for any
 *                 characters of a name, and either name may be * alone
 *   @10.0.2.11    every backend at that address, in all pools
 *   @mta1         every backend at the addresses of the backends that are called
 *                 so, or that DNS calls so
 *
 * Only configured backends are found.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct discovery;

struct targets {
	uint16_t count;
	uint16_t id[MX_BACKENDS_MAX]; /* in the order of the file */
};

/* Can the text stand for several backends? */
bool targets_are_many(const char *text);

/* Find them.  Returns false if there is none. */
bool targets_find(const struct state *state, const struct discovery *discovery,
		  const char *text, struct targets *found);

/* Mark the ids of all backends whose sessions are meant, also those that left the
 * file.  Returns false if there is none. */
bool targets_sessions(const struct state *state,
		      const struct discovery *discovery, const char *text,
		      bool meant[static MX_BACKENDS_MAX + 1]);

#endif /* MX_TARGETS_H */
