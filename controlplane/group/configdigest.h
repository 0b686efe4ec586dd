/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIGDIGEST_H
#define MX_CONFIGDIGEST_H

/* The digest of what must be equal on all boxes of a group: services, with the SNAT
 * addresses of all boxes, pools, and the number of workers.  Equal digests mean that
 * every box can carry every session, and gives a new one to the same backend.
 *
 * Not in it: the number and the addresses of the boxes, cores, ports, and what each
 * box has of its own, as its names, log, rights and web server.
 *
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "groupsheet.h"

/* config: as read, without the members that DNS names.  Returns false: no memory. */
bool configdigest_make(const struct mx_config *config,
		       uint8_t digest[static GROUPSHEET_DIGEST_BYTES]);

/* Add the SNAT addresses of all boxes to the sheet, each once, sorted.  Those that do
 * not fit are left out: no plan has room for them. */
void configdigest_snats(const struct mx_config *config,
			struct groupsheet *sheet);

#endif /* MX_CONFIGDIGEST_H */
