/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LINKWATCH_H
#define MX_LINKWATCH_H

/* Watch the interfaces and devices behind the ports: whether one lost its link,
 * is gone or was made anew, and whether another host claims an owned address.
 *
 * For the kernel an interface that was deleted and made anew is another one,
 * and the port's sockets belong to the old one.  DPDK cannot open a port again
 * under its number while other ports run.  So the process ends, and its
 * supervisor starts it again: sessions and plan outlive it.  The process also
 * ends if an interface has another MAC address, or if the twin of a port was
 * removed.  While an interface is missing, the other ports go on.
 *
 * Threads    main. */
#include "announce.h"
#include "config.h"
#include "link.h"
#include "port.h"
#include "portcount.h"
#include "region.h"
#include "worker.h"

struct linkwatch_port {
	const struct mx_config_port *config;
	char basis[PORT_BASIS_MAX]; /* for messages */
	uint16_t port_id;
	unsigned twin_index;      /* the kernel's number of the port's twin; 0:
				   * it has none */
	struct link_state opened; /* the interface when the port was opened */
	uint16_t mtu_said;        /* the MTU in the last report */
	uint16_t patience;        /* looks until a link that was down from the
				   * start is reported; 0: it was */
	bool replaced;            /* by a stand-in, as its device is gone */
	uint32_t absent_looks;    /* for them */
	uint32_t looks_to_wait;   /* until its peer is looked for again */
	uint32_t absent;          /* parts that were not there at the start; see
				   * absence.h */
	uint64_t claims;          /* the number of claims that was reported
				   * last */
	uint64_t claims_said_ms;
	struct portcount count;
};

struct linkwatch {
	struct mx_region_link *link; /* in the region */
	struct worker **worker;
	uint16_t workers;
	uint16_t ports;
	struct announcer *announcer;
	struct linkwatch_port port[MX_PORTS_MAX];
};

/* Begin with the ports of the workers.  Logs which ports are down.
 * Returns 0, or -errno if an interface is gone already. */
int linkwatch_make(struct linkwatch *watch,
		   const struct mx_config_dataplane *config,
		   struct mx_region_link *link, struct worker **worker,
		   struct announcer *announcer);

/* One look, a few times a second.  Logs changes, and announces the
 * addresses of a link that has come up.  Returns 0, or -ENODEV if the process
 * must end to open a port again. */
int linkwatch_poll(struct linkwatch *watch, uint64_t now_ms);

#endif /* MX_LINKWATCH_H */
