/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_DRIVER_H
#define MX_DRIVERS_DRIVER_H

/* A driver turns a port of the configuration into one that DPDK can open.
 * Each is one file and one row of the table in port.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "link.h"
#include "owned.h"

#define DRIVER_TEXT_MAX 256

struct driver {
	/* Write the device of port number `index` with `queues` queues, and
	 * its arguments, into text[DRIVER_TEXT_MAX]; before EAL is up.
	 * Returns 0, or -errno with the reason in text, for the operator. */
	int (*devargs)(const struct mx_config_port *port, uint16_t index,
		       uint16_t queues, char *text);
	/* DPDK's name of that device, into text[DRIVER_TEXT_MAX]. */
	void (*name)(const struct mx_config_port *port, uint16_t index,
		     char *text);
	/* Read the state of the link; 0 or -errno, -ENODEV if the device is
	 * gone.  NULL: it is the link of the port's interface. */
	int (*link)(const struct mx_config_port *port, uint16_t port_id,
		    struct link_state *state);
	/* Finish the setup after DPDK has started the port; 0 or -errno. */
	int (*started)(const struct mx_config_port *port);
	/* NULL if the kernel only gets copies.  Otherwise own() takes the
	 * frames for those addresses from the kernel at every started port, in
	 * addition to those already taken.  disown() returns the frames that
	 * the last own() did not name.  Both return 0 or the first -errno, and
	 * do as much as they can. */
	int (*own)(const struct mx_owned_table *owned);
	int (*disown)(void);
	/* The capabilities (capabilities.h) that a started port still needs. */
	uint64_t keeps;
};

extern const struct driver driver_afpacket;
extern const struct driver driver_afxdp;
extern const struct driver driver_dpdk;

#endif /* MX_DRIVERS_DRIVER_H */
