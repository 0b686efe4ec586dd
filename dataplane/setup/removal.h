/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REMOVAL_H
#define MX_REMOVAL_H

/* `mxsteer-dataplane --remove INSTANCE`: removes the plan, the counters and the
 * sessions of an instance that is not to run any more.
 *
 * Threads    main. */

/* Remove the files, of older versions too, unless a plane of the instance runs.
 * Says on stderr what it did.
 * Returns the exit status: 0 they are gone, 1 refused, 2 no instance's name. */
int removal_run(const char *instance);

#endif /* MX_REMOVAL_H */
