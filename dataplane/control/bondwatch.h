/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BONDWATCH_H
#define MX_BONDWATCH_H

/* Watch the members of the ports that are bonds.
 *
 * DPDK moves the frames to another member when one loses its link.  The
 * switches learn the new way from the next frame; an announcement is one.
 *
 * Threads    main. */
#include "linkwatch.h"

/* Name the members of each port in the region, and note how they are. */
void bondwatch_make(struct linkwatch *watch);

/* One look.  Logs changes, and announces the addresses of a port when other
 * members than before carry its frames. */
void bondwatch_poll(struct linkwatch *watch, uint64_t now_ms);

#endif /* MX_BONDWATCH_H */
