/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LINKWATCH_H
#define MX_LINKWATCH_H

/* Watches the interfaces behind the ports: whether each has its link, is gone,
 * or was made anew; and whether another host claims an address of ours.
 *
 * An interface that was deleted and made anew is another one to the kernel, and
 * the port's sockets are of the old one.  DPDK cannot open a port again under
 * its number while others run, so the process ends, and its supervisor starts
 * it again: sessions and plan outlive it.  The same holds for an interface with
 * another MAC address.  While an interface is missing, the other ports go on.
 *
 * Threads    main. */
#include "announce.h"
#include "config.h"
#include "link.h"
#include "region.h"
#include "worker.h"

struct linkwatch_port {
	const struct mx_config_port *config;
	uint16_t port_id;
	struct link_state opened; /* as it was when the port was */
	uint16_t mtu_said;        /* the last MTU that was told of */
	uint64_t claims;          /* as they were told of last */
	uint64_t claims_said_ms;
};

struct linkwatch {
	struct mx_region_link *link; /* of the region */
	struct worker **worker;
	uint16_t workers;
	uint16_t ports;
	struct announcer *announcer;
	struct linkwatch_port port[MX_PORTS_MAX];
};

/* Begin with the ports that the workers have; says on stderr which are down.
 * Returns 0 or -errno: an interface is gone already. */
int linkwatch_make(struct linkwatch *watch,
		   const struct mx_config_dataplane *config,
		   struct mx_region_link *link, struct worker **worker,
		   struct announcer *announcer);

/* One look, a few times a second.  Says on stderr what has changed, announces
 * the addresses of a link that has come up.
 * Returns 0, or -ENODEV if the process must end to open a port again. */
int linkwatch_poll(struct linkwatch *watch, uint64_t now_ms);

#endif /* MX_LINKWATCH_H */
