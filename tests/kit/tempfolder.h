/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TEMPFOLDER_H
#define MX_TESTS_TEMPFOLDER_H

/* A folder in /tmp for the files of a test, one at a time.
 *
 * It is removed with all that is in it when the program ends: also if a test
 * failed before its end, or if SIGTERM or SIGINT ends the program. */

/* Make the folder, in place of one that is there.  Returns its path. */
const char *tempfolder_make(void);

/* Remove it if there is one. */
void tempfolder_remove(void);

#endif /* MX_TESTS_TEMPFOLDER_H */
