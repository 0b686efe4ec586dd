/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_IDENTITY_H
#define MX_IDENTITY_H

/* The user that the control plane runs as (instance/owner.h).  A control plane
 * that root starts becomes that user, and keeps one capability: to read and
 * write the kernel's tables of neighbours and rules.
 *
 * Threads    main, once the role is claimed. */
#include "config.h"

/* The folders of the default paths. */
#define IDENTITY_STATE_FOLDER "/var/lib/mxsteer"
#define IDENTITY_SOCKET_FOLDER "/run/mxsteer"

/* Find the user, before any file of the instance is opened.  Logs what is
 * wrong.  Returns 0 or -errno. */
int identity_find(const struct mx_config *config);

/* Make the folders that are missing, give them and the instance's files to the
 * user, and become the user.  socket_path: NULL for the default.  Logs what
 * fails.  Returns 0 or -errno. */
int identity_take(const char *instance, const char *state_dir,
		  const char *socket_path);

#endif /* MX_IDENTITY_H */
