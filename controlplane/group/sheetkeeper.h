/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHEETKEEPER_H
#define MX_SHEETKEEPER_H

/* The sheet of the group (group/groupsheet.h): the control plane writes it when a
 * configuration comes in force, and mxsteer-replica reads it.
 *
 * Threads    the event loop. */
#include <stdbool.h>

#include "groupsheet.h"
#include "state.h"

struct sheetkeeper {
	const char *instance;
	bool written;     /* the sheet is that of `applied` */
	uint32_t applied; /* as of struct state */
	uint8_t serves[GROUPSHEET_SERVES_BYTES]; /* as written */
	int error;                      /* of the last write; 0: it succeeded */
	char text[GROUPSHEET_TEXT_MAX]; /* as written */
};

/* Write the sheet if the configuration in force has another one, or other
 * VIPs are served.  file: as read, without the
 * members that DNS names.  An error is an event once, and the next call tries
 * again. */
void sheetkeeper_follow(struct sheetkeeper *keeper, const struct state *state,
			const struct mx_config *file);

#endif /* MX_SHEETKEEPER_H */
