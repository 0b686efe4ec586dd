/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOTPLUG_H
#define MX_HOTPLUG_H

/* Devices that go and come while the data plane runs.
 *
 *   a device is unplugged      its port gets a stand-in (standin.h), and the
 *                              other ports go on; a bond goes on without it
 *   a device comes that was    the process ends, so that a restart opens it:
 *   absent at the start        sessions and plan outlive it (absence.h)
 *   the peer of a memif        the port is started anew, which connects them
 *   client comes again         (memifpeer.h)
 *
 * Threads    main. */
#include "runtime.h"

/* One look.  Logs what it does.  Returns 0, or -errno if the process must
 * end. */
int hotplug_poll(struct runtime *runtime);

#endif /* MX_HOTPLUG_H */
