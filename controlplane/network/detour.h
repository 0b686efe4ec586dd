/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DETOUR_H
#define MX_DETOUR_H

/* Routes for the kernel's packets of probes, to backends that frames reach by
 * another gateway than the kernel's.
 *
 * The kernel would send a probe by the gateway that died.  So sockets of probes
 * have a mark, a rule of the kernel sends packets with the mark to a table of
 * their own, and that table has a route to each such backend.  The operator's
 * routes stay as they are, and no other program has the mark.
 *
 *   ip rule                     2525: from all fwmark 0x9dd lookup 2525
 *   ip route show table 2525    10.0.3.11 via 10.0.2.4 dev eth1
 *
 * A refusal (no privilege) is ignored.
 *
 * Threads    the event loop. */
#include <netlink/netlink.h>
#include <stdbool.h>

#include "addr.h"

/* The number of the mark, the table and the rule. */
#define DETOUR_MARK 2525

/* The detour of one backend; zero: none. */
struct detour {
	bool cleared; /* none of an earlier process is left */
	bool is_set;
	int ifindex;
	struct mx_addr via;
};

/* Send the packets of probes to addr by a gateway, and set the rules.  Returns
 * true if that was not so already. */
bool detour_begin(struct detour *detour, struct nl_sock *sock,
		  const struct mx_addr *addr, const struct mx_addr *via,
		  int ifindex);

/* Send them by the kernel's routes.  The first call also ends the detour that
 * an earlier process left. */
void detour_end(struct detour *detour, struct nl_sock *sock,
		const struct mx_addr *addr);

/* Set or remove the rules of both families. */
void detour_rules(struct nl_sock *sock, bool wanted);

/* Give a socket of a probe the mark. */
void detour_mark(int fd);

#endif /* MX_DETOUR_H */
