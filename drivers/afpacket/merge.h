/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_MERGE_H
#define MX_DRIVERS_MERGE_H

/* Receive offloads of an interface that merge segments into super-packets,
 * which a packet socket would cut.
 *
 * Threads    main. */

/* Turn merging off, and say on stderr what was turned off and what could not
 * be.  An interface that has no such offloads, or a process that may not change
 * them, is no reason to stop: what comes too large is dropped, and counted. */
void merge_stop(const char *interface);

#endif /* MX_DRIVERS_MERGE_H */
