/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "route.h"

static void
tell(struct nl_sock *sock, const struct ndmsg *header, int flags,
     const struct mx_addr *addr)
{
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWNEIGH, flags);

	if (message == NULL)
		return;
	if (nlmsg_append(message, (void *)(uintptr_t)header, sizeof(*header),
			 NLMSG_ALIGNTO) == 0 &&
	    nla_put(message, NDA_DST, route_length(addr), route_bytes(addr)) ==
		    0)
		nl_send_auto(sock, message);
	nlmsg_free(message);
}

void
neighbour_use(struct nl_sock *sock, int ifindex, const struct mx_addr *addr)
{
	const struct ndmsg header = {
		.ndm_family = (unsigned char)route_family(addr),
		.ndm_ifindex = ifindex,
		.ndm_flags = NTF_USE,
	};

	tell(sock, &header, NLM_F_CREATE | NLM_F_REPLACE, addr);
}

void
neighbour_probe(struct nl_sock *sock, int ifindex, const struct mx_addr *addr)
{
	const struct ndmsg header = {
		.ndm_family = (unsigned char)route_family(addr),
		.ndm_ifindex = ifindex,
		.ndm_state = NUD_PROBE,
	};

	/* NLM_F_REPLACE changes an existing entry and makes no new one. */
	tell(sock, &header, NLM_F_REPLACE, addr);
}
