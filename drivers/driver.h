/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_DRIVER_H
#define MX_DRIVERS_DRIVER_H

/* A driver turns a port of the configuration into one that DPDK can open.
 * Each is one file and one row of the table in port.c. */
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define DRIVER_TEXT_MAX 256

struct driver {
	/* Write the --vdev argument of port number `index` with `queues`
	 * queues into text[DRIVER_TEXT_MAX]; before EAL is up.
	 * Returns 0, or -errno with the reason in text, for the operator. */
	int (*devargs)(const struct mx_config_port *port, uint16_t index,
		       uint16_t queues, char *text);
	/* DPDK's name of that device, into text[DRIVER_TEXT_MAX]. */
	void (*name)(uint16_t index, char *text);
	/* The largest IP packet that the port may be given, or -errno. */
	int (*mtu)(const struct mx_config_port *port);
	/* Amend what DPDK has made of the devices of this driver; after EAL is
	 * up, before a port starts.  May come several times. */
	void (*amend)(void);
};

extern const struct driver driver_afpacket;

#endif /* MX_DRIVERS_DRIVER_H */
