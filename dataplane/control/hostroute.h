/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOSTROUTE_H
#define MX_HOSTROUTE_H

/* Routes of the kernel to single addresses, by rtnetlink(7).  They carry a number
 * of their own, by which a routing daemon knows them: `proto 200` of ip-route(8).
 * FRR passes over 186 to 198, which it takes for its own.
 *
 * Threads    main. */
#include <stdint.h>

#include "plan.h"

#define HOSTROUTE_PROTOCOL 200

struct nl_sock;

/* Where the routes lead to. */
struct hostroute {
	struct nl_sock *sock;
	uint32_t interface; /* its index */
};

/* Returns 0 or -errno.  CAP_NET_ADMIN may be given up only if no route is set
 * afterwards. */
int hostroute_open(struct hostroute *hostroute, const char *interface);
void hostroute_close(struct hostroute *hostroute);

/* Return 0 or -errno.  Add: -EEXIST if there is a route to that address with that
 * metric.  Delete: -ESRCH if this interface has none. */
int hostroute_add(const struct hostroute *hostroute,
		  const struct mx_announced *route);
int hostroute_delete(const struct hostroute *hostroute,
		     const struct mx_announced *route);

#endif /* MX_HOSTROUTE_H */
