/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_UNPLUGGED_H
#define MX_UNPLUGGED_H

/* Go on without a device that was unplugged: its port gets a stand-in
 * (standin.h), and the sessions of the other ports go on.  A bond goes on
 * without a member that was unplugged.
 *
 * Threads    main. */
#include "runtime.h"

/* One look.  Logs what it does.  Returns 0, or -errno if the process must
 * end. */
int unplugged_poll(struct runtime *runtime);

#endif /* MX_UNPLUGGED_H */
