/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUP_SECRET_H
#define MX_GROUP_SECRET_H

/* The secret of a group of boxes, and the keys that are made from it.
 *
 * Every box of a group has a file of the same bytes.  From it each program makes
 * the keys that it needs, by HKDF-SHA256 (RFC 5869) with a label for each, so
 * that who learns one key learns no other:
 *
 *   sessions    decides the places of sessions, and the worker of a flow
 *   plan        decides which backend a new flow gets
 *   stream      opens the connection between two boxes (TLS 1.3, external PSK)
 *   check       tells two boxes whether their secrets are equal
 *
 * Believed   the file, if no stranger can read or write it: it belongs to root,
 *            to the user of this process or to the control plane's (owner.h);
 *            others have no right, and the group may read it at most.  The path
 *            may be a link.
 * Threads    any. */
#include <stddef.h>
#include <stdint.h>

#include "hash.h"

#define MX_SECRET_BYTES_MIN 32
#define MX_SECRET_BYTES_MAX 4096
#define MX_SECRET_STREAM_BYTES 32
#define MX_SECRET_CHECK_BYTES 8

struct mx_secret {
	struct mx_hash_key sessions;
	struct mx_hash_key plan;
	uint8_t stream[MX_SECRET_STREAM_BYTES];
	uint8_t check[MX_SECRET_CHECK_BYTES];
};

/* Read the file, and make the keys.  The bytes of the file are forgotten; white
 * space at its end does not count.
 * Returns 0 or -errno, with *secret as it was; -EINVAL: it is no regular file; -EPERM:
 * strangers can read or write it; -EMSGSIZE: it is too short or too long; -ENOKEY: the
 * keys cannot be made. */
int mx_secret_read(struct mx_secret *secret, const char *path);

/* The text of an error of mx_secret_read(), for a person. */
const char *mx_secret_error(int error);

#endif /* MX_GROUP_SECRET_H */
