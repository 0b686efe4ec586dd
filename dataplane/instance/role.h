/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_ROLE_H
#define MX_TABLES_ROLE_H

/* A role is the right to be the data plane, or the control plane, of an
 * instance.  A process claims its role before it opens a socket, a port or any
 * other file of the instance, and holds the role until it ends.
 *
 * Two locks stand for a role, and the kernel releases both when the process
 * ends, however it ends:
 *
 *   a lock on ROLE.lock in its folder      for all processes of the host
 *   a socket named @mxsteer.INSTANCE.ROLE  for the network namespace
 *
 * The file can be removed under its holder; the socket's name cannot.  Any user
 * could take the name, so only a holder of this user or of root counts.
 *
 * Threads    main. */
#include <stdint.h>

#include "bounds.h"
#include "folder.h"

/* A holder that does not tell its number. */
#define MX_ROLE_OLDER (-1)

struct mx_role {
	enum mx_role_kind kind;
	char instance[MX_NAME_MAX];
	int lock_fd;
	int name_fd; /* -1: a stranger has the name */
	/* After -EBUSY: the process; 0: unknown. */
	int32_t holder;
};

/* Claim a role.  Makes the instance's folder if there is none.
 * Returns 0 or -errno: -EBUSY if another process has the role, in *role its
 * number; else an error of mx_folder_open() or mx_folder_file(). */
int mx_role_claim(struct mx_role *role, enum mx_role_kind kind,
		  const char *instance);

/* Look, a few times a second, whether the lock file is still there, and make
 * and lock a new one if it was removed.
 * Returns 0, 1 if it was made anew, or -errno: -EBUSY if another process took
 * the role, so that this process must end. */
int mx_role_keep(struct mx_role *role);

/* Give the role up.  Removes the lock file, and the folder if it is empty. */
void mx_role_release(struct mx_role *role);

/* After -EBUSY: "process 123", "of an older version" or "process unknown". */
#define MX_ROLE_HOLDER_MAX 32
const char *mx_role_holder(const struct mx_role *role,
			   char text[static MX_ROLE_HOLDER_MAX]);

/* "mxsteer-dataplane", "mxsteer-controlplane" */
const char *mx_role_program(enum mx_role_kind kind);

#endif /* MX_TABLES_ROLE_H */
