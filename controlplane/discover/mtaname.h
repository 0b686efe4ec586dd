/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MTANAME_H
#define MX_MTANAME_H

/* The backend name of an MTA that DNS names: the first label of its host, and
 * its address.
 *
 *   mx1.example.net 10.0.2.11   mx1_10.0.2.11
 *   mx1.example.net fd00:2::11  mx1_fd00-2--11
 *
 * It depends on the two alone, so it stays the same whatever else an answer has.
 * A long label is cut.  An address that has no place is written as a hash.
 *
 * Threads    pure functions: any. */
#include "config.h"
#include "membership.h"

void mtaname_make(const char *host, const struct mx_addr *addr,
		  char name[static MX_NAME_MAX]);

/* The name of a member: one of the configuration before has the name of there. */
void mtaname_of(const struct member *member, char name[static MX_NAME_MAX]);

#endif /* MX_MTANAME_H */
