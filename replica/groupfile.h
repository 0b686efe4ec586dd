/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_GROUPFILE_H
#define MX_REPLICA_GROUPFILE_H

/* The file of the group's sheet (group/groupsheet.h), which is replaced now and then.
 *
 * Threads    main. */
#include <stdint.h>
#include <time.h>

#include "groupsheet.h"

/* Which file was read last. */
struct groupfile {
	struct timespec at; /* of its last change */
	uint64_t ino;       /* 0: none was read */
};

/* Read the sheet if there is another one.  Returns 1 if it was read, 0 if there is
 * none or no other one, or -EPROTO, with an unknown *sheet, if this version cannot
 * read it. */
int groupfile_read(struct groupfile *file, const char *instance,
		   struct groupsheet *sheet);

#endif /* MX_REPLICA_GROUPFILE_H */
