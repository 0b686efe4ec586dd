/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SMALLPAGES_H
#define MX_SMALLPAGES_H

/* What to do when huge pages were counted as free and another process took them
 * before EAL could: start this process again with --no-huge.  EAL cannot be
 * initialised twice in one process.
 *
 * Threads    main, before the workers start. */

/* Replace this process by a new image of itself, with --no-huge as its first
 * argument.  All descriptors but the standard ones are closed, so that locks
 * and the huge pages that EAL did get are free again. Returns -errno, and only
 * if that does not work. */
int smallpages_restart(void);

#endif /* MX_SMALLPAGES_H */
