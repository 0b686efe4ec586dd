/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUP_GROUPSHEET_H
#define MX_GROUP_GROUPSHEET_H

/* The sheet of the group: what the control plane tells mxsteer-replica of the
 * configuration in force.
 *
 * It is the text file `group` in the control plane's folder (instance/folder.h),
 * which is replaced as a whole:
 *
 *   mxsteer-group 1
 *   box 1
 *   secret /etc/mxsteer/group.secret
 *   digest 6b1f...                     64 hexadecimal digits
 *   peer 2 10.9.0.2:9708
 *   listen 10.9.0.1:9708
 *   snat 10.0.2.101 1
 *   serves 0100...                     64 hexadecimal digits: see serves[]
 *   port wan                           in the order of the data plane
 *
 * Without a group it has the first line alone.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"

#define GROUPSHEET_NAME "group"
#define GROUPSHEET_PATH_MAX 256
#define GROUPSHEET_DIGEST_BYTES 32
#define GROUPSHEET_SERVES_BYTES 32
#define GROUPSHEET_TEXT_MAX 65536 /* of the file */

struct groupsheet_peer {
	uint8_t box;
	struct mx_endpoint address;
};

struct groupsheet_snat {
	struct mx_addr address;
	uint8_t box;
};

struct groupsheet {
	uint8_t box; /* 0: there is no group */
	struct mx_endpoint listen;
	char secret[GROUPSHEET_PATH_MAX];
	uint8_t digest[GROUPSHEET_DIGEST_BYTES];
	/* A bit for each VIP address, sorted: this box has MTAs for it, and lets
	 * routers send clients here.  Boxes of the same digest have the same VIPs. */
	uint8_t serves[GROUPSHEET_SERVES_BYTES];
	uint16_t peers;
	struct groupsheet_peer peer[MX_BOXES_MAX];
	uint16_t snats; /* of all boxes */
	struct groupsheet_snat snat[MX_SNATS_MAX];
	uint16_t ports;
	char port[MX_PORTS_MAX][MX_NAME_MAX];
};

/* Write the file's text.  Returns its length, or 0 if it does not fit. */
size_t groupsheet_write(const struct groupsheet *sheet,
			char text[static GROUPSHEET_TEXT_MAX]);

/* Read it.  Lines with other keys are of a later version, and are passed over.
 * Returns false, with an unknown *sheet, if it is not such a text. */
bool groupsheet_read(struct groupsheet *sheet, const char *text);

/* The box whose SNAT address it is, or 0. */
uint8_t groupsheet_home(const struct groupsheet *sheet,
			const struct mx_addr *address);

#endif /* MX_GROUP_GROUPSHEET_H */
