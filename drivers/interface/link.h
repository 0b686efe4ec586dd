/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_LINK_H
#define MX_DRIVERS_LINK_H

/* The kernel's data of a Linux interface, for drivers that share it with the
 * kernel.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

struct link_state {
	int index; /* the kernel's number; a new interface has a new one */
	bool up;   /* administratively up, and with a carrier */
	uint8_t mac[6];
	uint16_t mtu;
};

/* Read the state of the interface.  Returns 0, or -errno: -ENODEV if there is
 * none of that name. */
int link_read(const char *interface, struct link_state *state);

/* Change an interface.  These return 0 or -errno. */
int link_set_mac(const char *interface, const uint8_t mac[static 6]);
int link_set_mtu(const char *interface, uint16_t mtu);
int link_set_up(const char *interface);

/* Does the interface of a port suit its driver (machine/interface.h)?  Returns 0,
 * or -EINVAL with the reason for the operator in text[size]. */
int link_judge(const struct mx_config_port *port, uint16_t workers, char *text,
	       size_t size);

/* Give all sockets of this process that are of that domain room for `bytes` on
 * their way out.  A worker whose frames find no room waits in the kernel, and
 * its other ports wait with it.  DPDK does not show its sockets, so this
 * function looks at every open file. */
void link_widen_sockets(int domain, int bytes);

#endif /* MX_DRIVERS_LINK_H */
