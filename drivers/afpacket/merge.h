/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_MERGE_H
#define MX_DRIVERS_MERGE_H

/* Turn off the receive offloads of an interface that merge segments into
 * super-packets.  A packet socket would cut these.
 *
 * Threads    main. */

/* Turn merging off.  Logs what was turned off and what could not
 * be.  An interface without such offloads is no error.  Neither is a process
 * that may not change them: packets that are too large are then dropped and
 * counted. */
void merge_stop(const char *interface);

#endif /* MX_DRIVERS_MERGE_H */
