/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_LINK_H
#define MX_DRIVERS_LINK_H

/* A Linux interface, as the kernel tells of it; for drivers that leave it to
 * the kernel and share it.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

/* Its MTU, or -errno. */
int link_mtu(const char *interface);

struct link_state {
	int index; /* the kernel's number of it; another one, another interface
		    */
	bool up;   /* administratively, and with a carrier */
	uint8_t mac[6];
	uint16_t mtu;
};

/* How it is now.  Returns 0, or -errno: -ENODEV there is none of that name. */
int link_read(const char *interface, struct link_state *state);

/* Ask or tell it something.  command: a struct of linux/ethtool.h, which
 * begins with its number.  Returns 0 or -errno. */
int link_ethtool(const char *interface, void *command);

/* Give all sockets of this process that are of that domain room for `bytes` on
 * their way out.  A worker whose frames find no room waits in the kernel for as
 * long as it takes, and its other ports with it.  DPDK does not show its
 * sockets: they are found by looking at every open file. */
void link_widen_sockets(int domain, int bytes);

#endif /* MX_DRIVERS_LINK_H */
