/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BOOT_H
#define MX_BOOT_H

/* Which start of the machine this is.  CLOCK_MONOTONIC counts from it.
 * Threads    any. */

#define BOOT_ID_MAX 37 /* a UUID and a terminator */

/* Write the kernel's id of this start, or an empty text if it cannot be read.
 * Returns id. */
char *boot_id(char id[static BOOT_ID_MAX]);

#endif /* MX_BOOT_H */
