/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REMOVAL_H
#define MX_REMOVAL_H

/* `mxsteer-dataplane --remove INSTANCE`: remove the plan, the counters, the
 * sessions and the twins of an instance that will not run again.
 *
 * Threads    main. */

/* Remove the files, of older versions too, unless a plane of the instance runs.
 * Logs what it did.  Returns the exit status: 0 if the files are
 * gone, 1 if it refused, 2 if the text is no name of an instance. */
int removal_run(const char *instance);

#endif /* MX_REMOVAL_H */
