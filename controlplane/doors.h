/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DOORS_H
#define MX_DOORS_H

/* The sockets for callers who may not do everything: the key `access`.
 *
 *   INSTANCE.operate.sock   for a group: the level operate
 *   INSTANCE.read.sock      for a group, or everyone: the level read
 *
 * They are opened and closed as the configuration says.  A socket that cannot be
 * opened is one event, and is tried again with each new configuration; the other
 * sockets work all the same.
 *
 * Threads    the event loop. */
#include <limits.h>

#include "config.h"
#include "ctl.h"

struct door {
	struct ctl *ctl; /* NULL: closed */
	char group[MX_NAME_MAX];
	struct level_rules rules;
	int fault; /* why it could not be opened, as was told; 0: none */
	char path[PATH_MAX];
};

struct doors {
	struct event_base *base;
	ctl_handler handler;
	void *arg;
	char main[PATH_MAX]; /* of the operators' socket */
	uint32_t applied;    /* the configuration that was followed */
	struct door operate;
	struct door read;
};

/* Follow a configuration.  applied: its number; see state.h. */
void doors_follow(struct doors *doors, const struct mx_config *config,
		  uint32_t applied);

/* Close all.  No request may be open. */
void doors_end(struct doors *doors);

/* Why a socket cannot be opened, for a person.  error: errno of ctl_new(). */
const char *doors_fault(int error);

#endif /* MX_DOORS_H */
