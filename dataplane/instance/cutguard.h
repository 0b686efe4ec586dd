/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CUTGUARD_H
#define MX_CUTGUARD_H

/* A reader of a mapped file outlives a writer that cuts the file.
 *
 * Whoever touches a page behind the end of a mapped file gets SIGBUS, which ends
 * the process.  With the guard, such a page becomes one of zeros that can only be
 * read.  Readers check what they read, and zeros are nothing to believe.
 *
 * Not for    pages that are written, and files on huge pages: these still end the
 *            process.
 * Threads    main, once; it holds for all threads. */

/* Begin to guard the process. */
void mx_cutguard_begin(void);

#endif /* MX_CUTGUARD_H */
