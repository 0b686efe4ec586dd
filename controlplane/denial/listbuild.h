/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTBUILD_H
#define MX_LISTBUILD_H

/* One list of prefixes, from its files to the file of its table.
 * Threads    any. */
#include <stdatomic.h>
#include <stdint.h>

#include "config.h"
#include "hash.h"

#define LIST_TEXT_MAX 512

/* A denied prefix that is shorter is hardly meant: a 256th of all addresses, or
 * a 65536th. */
#define LIST_WIDE4_BITS 8
#define LIST_WIDE6_BITS 16

/* What a list is for. */
enum list_kind {
	LIST_DENIES,
	LIST_ALLOWS, /* its prefixes have no limits, and no list denies them */
	LIST_KINDS,
};

/* "deny list" or "allow list". */
const char *list_kind_name(enum list_kind kind);

struct list_job {
	enum list_kind kind;
	const char *instance;
	const struct mx_hash_key *key;
	const struct mx_config *config; /* the MTAs that no list should deny */
	const struct mx_config_deny *deny; /* its files */
	const atomic_bool *stop;           /* set: give up; NULL: never */
};

struct list_built {
	uint64_t serial;
	uint64_t size_bytes;
	uint32_t prefixes; /* in the files */
	int64_t fresh_s;   /* how long its file counts, by itself; or 0 */
	char fault[LIST_TEXT_MAX];   /* "file:line: ...", if it failed */
	char warning[LIST_TEXT_MAX]; /* the list denies too much; or empty */
};

/* Takes up to seconds.  Returns 0; -ECANCELED if it was told to stop; or -errno
 * with *built only having a fault. */
int list_build(const struct list_job *job, struct list_built *built);

#endif /* MX_LISTBUILD_H */
