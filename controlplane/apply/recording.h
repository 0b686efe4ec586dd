/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RECORDING_H
#define MX_RECORDING_H

/* What is put in force is added to the history.
 * Threads    the event loop. */
#include "apply.h"

/* A configuration that is about to be in force, or is. */
struct recording {
	const char *path, *by;
	const char *text;
	size_t size;
	char *changes; /* of recording_changes() */
	bool trial;
};

/* What differs between the file in force and this one, for people: some lines.
 * Returns a text to be freed, or NULL: no memory. */
char *recording_changes(const struct applier *applier,
			const struct mx_config *file);

/* Add it to the history, unless what is in force has the same text and it is no
 * trial.  Returns 0; or -errno: the history has it, or there was no memory, and a
 * restart will not know it. */
int recording_add(struct applier *applier, const struct recording *recording);

/* Write the history.  A failure is an event, once. */
int recording_save(struct history *history);

#endif /* MX_RECORDING_H */
