/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SOCKETGROUP_H
#define MX_SOCKETGROUP_H

#define SOCKETGROUP "mxsteer"

/* The users who may use the CLI without being root: the members of the group
 * "mxsteer", if this host has one.
 * Threads    any. */

/* Give the socket at path to that group.  A failure is logged, and only root
 * can use the socket then. */
void socketgroup_set(const char *path);

#endif /* MX_SOCKETGROUP_H */
