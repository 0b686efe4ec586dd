/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SMALLPAGES_H
#define MX_SMALLPAGES_H

/* Start this process again with --no-huge.  This is for the case that another
 * process took the huge pages that were counted as free, before EAL could take
 * them.  EAL cannot be initialised twice in one process.
 *
 * Threads    main, before the workers start. */

/* Replace this process by a new image of itself, with --no-huge as its first
 * argument.  All descriptors but the standard ones are closed, so that locks
 * and the huge pages of EAL are free again.  Returns only on an error, with
 * -errno. */
int smallpages_restart(void);

#endif /* MX_SMALLPAGES_H */
