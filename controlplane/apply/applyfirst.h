/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_APPLYFIRST_H
#define MX_APPLYFIRST_H

/* The configuration with which a control plane starts: that of its file, as it is
 * now, with two exceptions.
 *
 *   A revision was on trial when the last control plane ended: the one before the
 *   trial counts, whatever the file has.
 *   The file has the text of a revision that was undone, or was not confirmed:
 *   the revision in force counts.
 *
 * So an edited file counts, and a text that was taken back does not come again.
 * Threads    the event loop. */
#include "apply.h"

/* Put it in force without waiting for its lists.  Until they are read, the lists
 * are those of the plan that a data plane has.  The history has been read.
 * Returns 0, or -EINVAL with the faults in *errors. */
int apply_first(struct applier *applier, const char *path,
		struct mx_config_errors *errors);

#endif /* MX_APPLYFIRST_H */
