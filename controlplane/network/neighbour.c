/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/route/neighbour.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>

#include "route.h"

#define NUD_HAS_MAC                                                            \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT |   \
	 NUD_NOARP)

struct neighbour
neighbour_find(struct nl_cache *neighbours, int ifindex,
	       const struct mx_addr *addr)
{
	struct neighbour found = {.nud = -1};
	struct nl_addr *key = nl_addr_build(
		route_family(addr), route_bytes(addr), route_length(addr));

	if (key == NULL)
		return found;
	struct rtnl_neigh *row = rtnl_neigh_get(neighbours, ifindex, key);
	nl_addr_put(key);
	if (row == NULL)
		return found;
	found.nud = rtnl_neigh_get_state(row);
	found.fixed =
		found.nud >= 0 && (found.nud & (NUD_PERMANENT | NUD_NOARP));
	struct nl_addr *mac = rtnl_neigh_get_lladdr(row);
	if (found.nud >= 0 && (found.nud & NUD_HAS_MAC) && mac != NULL &&
	    nl_addr_get_len(mac) == sizeof(found.mac)) {
		memcpy(found.mac, nl_addr_get_binary_addr(mac),
		       sizeof(found.mac));
		found.has_mac = true;
	}
	rtnl_neigh_put(row);
	return found;
}

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

struct failure {
	void (*tell)(void *arg, int ifindex, const struct mx_addr *addr);
	void *arg;
};

static void
read_event(struct nlmsghdr *event, const struct failure *failure)
{
	struct rtnl_neigh *row;
	struct mx_addr addr;

	if (rtnl_neigh_parse(event, &row) < 0)
		return;
	struct nl_addr *dst = rtnl_neigh_get_dst(row);
	const int state = rtnl_neigh_get_state(row);
	if (state >= 0 && (state & NUD_FAILED) && dst != NULL &&
	    route_read_addr(dst, &addr))
		failure->tell(failure->arg, rtnl_neigh_get_ifindex(row), &addr);
	rtnl_neigh_put(row);
}

/* Returns whether an event is about more than neighbours. */
static bool
read_events(uint8_t *events, size_t bytes, const struct failure *failure)
{
	struct nlmsghdr *event = (struct nlmsghdr *)(void *)events;
	bool more = false;
	int left = (int)bytes;

	for (; nlmsg_ok(event, left); event = nlmsg_next(event, &left)) {
		if (event->nlmsg_type == RTM_NEWNEIGH)
			read_event(event, failure);
		else if (event->nlmsg_type != RTM_DELNEIGH &&
			 event->nlmsg_type != NLMSG_ERROR)
			more = true;
	}
	return more;
}

bool
neighbour_drain(int fd,
		void (*failed)(void *arg, int ifindex,
			       const struct mx_addr *addr),
		void *arg)
{
	const struct failure failure = {.tell = failed, .arg = arg};
	alignas(NLMSG_ALIGNTO) uint8_t events[8192];
	bool more = false;

	for (int i = 0; i < 64; i++) {
		const ssize_t bytes =
			recv(fd, events, sizeof(events), MSG_DONTWAIT);

		if (bytes < 0 && errno != ENOBUFS)
			break;
		more |= bytes < 0 ||
			read_events(events, (size_t)bytes, &failure);
	}
	return more;
}
