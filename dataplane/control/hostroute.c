/* SPDX-License-Identifier: BSD-3-Clause */
#include "hostroute.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* Where the IPv4 address stands in an mx_addr. */
#define AT4 12

/* The kernel's own error, which libnl would change into one of its numbers. */
static int
on_error(struct sockaddr_nl *from, struct nlmsgerr *answer, void *arg)
{
	int *error = arg;

	(void)from;
	*error = answer->error;
	return NL_STOP;
}

int
hostroute_open(struct hostroute *hostroute, const char *interface)
{
	hostroute->interface = if_nametoindex(interface);
	if (hostroute->interface == 0)
		return -errno;
	hostroute->sock = nl_socket_alloc();
	if (hostroute->sock == NULL)
		return -ENOMEM;
	if (nl_connect(hostroute->sock, NETLINK_ROUTE) == 0)
		return 0;
	hostroute_close(hostroute);
	return -EIO;
}

void
hostroute_close(struct hostroute *hostroute)
{
	nl_socket_free(hostroute->sock);
	hostroute->sock = NULL;
}

static int
fill(struct nl_msg *message, const struct hostroute *hostroute,
     const struct mx_announced *route)
{
	const bool is4 = mx_addr_is4(&route->addr);
	const size_t at = is4 ? AT4 : 0;
	const int bytes = (int)(sizeof(route->addr.byte) - at);
	struct rtmsg header = {
		.rtm_family = is4 ? AF_INET : AF_INET6,
		.rtm_dst_len = (unsigned char)(8 * bytes),
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = HOSTROUTE_PROTOCOL,
		.rtm_scope = is4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	return nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO) ==
				       0 &&
			       nla_put(message, RTA_DST, bytes,
				       &route->addr.byte[at]) == 0 &&
			       nla_put_u32(message, RTA_OIF,
					   hostroute->interface) == 0 &&
			       nla_put_u32(message, RTA_PRIORITY,
					   route->metric) == 0
		       ? 0
		       : -ENOMEM;
}

/* Send one change.  The kernel carries it out before the answer. */
static int
change(const struct hostroute *hostroute, int type, int flags,
       const struct mx_announced *route)
{
	struct nl_msg *message =
		nlmsg_alloc_simple(type, flags | NLM_F_REQUEST | NLM_F_ACK);
	int refused = 0;

	if (message == NULL)
		return -ENOMEM;
	int error = fill(message, hostroute, route);
	if (error == 0 && nl_send_auto(hostroute->sock, message) < 0)
		error = -EIO;
	nlmsg_free(message);
	if (error != 0)
		return error;
	nl_socket_modify_err_cb(hostroute->sock, NL_CB_CUSTOM, on_error,
				&refused);
	error = nl_wait_for_ack(hostroute->sock);
	if (refused != 0)
		return refused;
	return error == 0 ? 0 : -EIO;
}

int
hostroute_add(const struct hostroute *hostroute,
	      const struct mx_announced *route)
{
	return change(hostroute, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
		      route);
}

int
hostroute_delete(const struct hostroute *hostroute,
		 const struct mx_announced *route)
{
	return change(hostroute, RTM_DELROUTE, 0, route);
}
