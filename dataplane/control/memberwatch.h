/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MEMBERWATCH_H
#define MX_MEMBERWATCH_H

/* Watch the cards of a bond: the bond keeps its link as long as one card has
 * one, and an operator must know before that card fails too.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

#define MEMBERS_MAX 8 /* of a port; further ones are not watched */

struct memberwatch {
	const char *port; /* its name, for messages */
	uint16_t members;
	struct member {
		char name[MX_DEVICE_NAME_MAX];
		uint16_t port_id;
		bool up;
	} member[MEMBERS_MAX];
};

/* Begin with the cards that the device of a port names as its members.  They
 * count as up, so the first look reports those that are not. */
void memberwatch_make(struct memberwatch *watch,
		      const struct mx_config_port *port);

/* One look, a few times a second.  Logs changes. */
void memberwatch_poll(struct memberwatch *watch);

#endif /* MX_MEMBERWATCH_H */
