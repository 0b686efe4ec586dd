/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TRANSITION_H
#define MX_TRANSITION_H

/* The way from the configuration in force to another one: the data of one
 * apply, besides the file.
 * Threads    the event loop. */
#include "config.h"
#include "publish.h"
#include "retired.h"
#include "state.h"

struct transition {
	const struct mx_config *file; /* the new one, as read */
	struct state *before; /* the state before the change; its config is
			       * freed later */
	/* Addresses that are in use or retired, and that the new configuration
	 * does not have in the same part. */
	struct retired leaving;
	bool counted; /* the sessions of these addresses are known */
	bool same;    /* the new configuration equals the old one */
};

/* Is the configuration in force already? */
bool transition_is_none(const struct state *state,
			const struct mx_config *config);

/* after: the file, with the members that DNS names.  Returns NULL if there is no
 * memory. */
struct transition *transition_new(const struct state *state,
				  const struct publisher *publisher,
				  const struct mx_config *file,
				  const struct mx_config *after);

void transition_free(struct transition *transition);

#endif /* MX_TRANSITION_H */
