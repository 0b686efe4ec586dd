/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CUTGUARD_H
#define MX_CUTGUARD_H

/* A reader of a mapped file outlives a writer that cuts the file.
 *
 * Whoever touches a page behind the end of a mapped file gets SIGBUS, which ends
 * the process.  With the guard, such a page becomes one of zeros that can only be
 * read.  Readers check what they read, and zeros are nothing to believe.
 * Such a page stays as it is until the file is mapped anew, even if the file is
 * long again.
 *
 * Not for    pages that are written, and files on huge pages: these still end the
 *            process.
 * Threads    begin: main, once; it holds for all threads.  Hits: any. */

/* Begin to guard the process. */
void mx_cutguard_begin(void);

/* A number that is another one once a page has become zeros. */
int mx_cutguard_hits(void);

#endif /* MX_CUTGUARD_H */
