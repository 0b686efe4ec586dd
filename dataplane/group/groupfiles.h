/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUP_GROUPFILES_H
#define MX_GROUP_GROUPFILES_H

/* The files of a group in the control plane's folder: the sheet, what mxsteer-replica
 * has done, and the shadows.
 * Threads    any. */

/* Remove those of an instance whose programs do not run.  Returns how many there
 * were. */
unsigned mx_group_files_remove(const char *instance);

#endif /* MX_GROUP_GROUPFILES_H */
