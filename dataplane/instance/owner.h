/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OWNER_H
#define MX_OWNER_H

/* Whose files a plane believes.
 *
 * The data plane's files belong to the user that runs it, root.  The control
 * plane's belong to the user of the configuration file's key `user`.  Without
 * that key it is the user "mxsteer", if this host has one, and else the user
 * that runs this process.
 *
 * A plane opens files of its own user and of root; and in the control plane's
 * folder, files of the control plane's user.
 *
 * Threads    main, at start, before any file is opened. */
#include <stdbool.h>
#include <sys/types.h>

#include "hostuser.h"

/* The control plane's user if the configuration names none. */
#define MX_OWNER_DEFAULT "mxsteer"

enum mx_owner_found {
	MX_OWNER_NAMED,   /* the user of the file, or the default one */
	MX_OWNER_SELF,    /* the file names none, and the default is not here */
	MX_OWNER_MISSING, /* the file names a user that this host has not */
};

/* Find the control plane's user, and believe its files from now on.  user: as
 * the file names it; empty: it names none. */
enum mx_owner_found mx_owner_set(const char *user);

/* Believe that user, whatever the configuration says. */
void mx_owner_believe(uid_t uid, gid_t gid);

/* The control plane's user. */
const struct hostuser *mx_owner(void);

bool mx_owner_is_trusted(uid_t uid, bool control);

#endif /* MX_OWNER_H */
