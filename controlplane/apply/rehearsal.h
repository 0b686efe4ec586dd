/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REHEARSAL_H
#define MX_REHEARSAL_H

/* What an apply of a configuration would do, without doing it.
 * Threads    the event loop. */
#include "apply.h"

struct rehearsal {
	/* Why the apply would be refused as things are now; none: it would not.
	 */
	struct mx_config_errors refusals;
	char *changes; /* as of changes.h, if it would not be refused; NULL: no
			* memory */
};

/* file: as read.  path: where it is from.  The members that DNS names now are
 * those that the file would get.  Returns 0; or -ENOMEM. */
int rehearsal_make(struct rehearsal *rehearsal, const struct applier *applier,
		   const char *path, const struct mx_config *file);

void rehearsal_free(struct rehearsal *rehearsal);

/* The file in force as it was read: without the members that DNS names. */
const struct mx_config *rehearsal_file(const struct applier *applier);

#endif /* MX_REHEARSAL_H */
