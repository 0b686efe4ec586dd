/* SPDX-License-Identifier: BSD-3-Clause */
#include "rtlink.h"

#include <errno.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>

/* libnl's error, as the operator knows it. */
static int
error_of(int nl)
{
	switch (-nl) {
	case NLE_SUCCESS:
		return 0;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENODEV;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
		return -EPERM;
	case NLE_BUSY:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/* Returns NULL with *error set. */
static struct nl_sock *
connect_route(int *error)
{
	struct nl_sock *sock = nl_socket_alloc();

	*error = sock == NULL ? -ENOMEM
			      : error_of(nl_connect(sock, NETLINK_ROUTE));
	if (*error == 0)
		return sock;
	nl_socket_free(sock);
	return NULL;
}

static struct rtlink
read_link(struct rtnl_link *from)
{
	const char *name = rtnl_link_get_name(from);
	const char *alias = rtnl_link_get_ifalias(from);
	struct rtlink link = {
		.index = (unsigned)rtnl_link_get_ifindex(from),
		.carrier = rtnl_link_get_carrier(from) != 0,
	};

	snprintf(link.interface, sizeof(link.interface), "%s",
		 name == NULL ? "" : name);
	snprintf(link.alias, sizeof(link.alias), "%s",
		 alias == NULL ? "" : alias);
	return link;
}

int
rtlink_each(void (*visit)(const struct rtlink *link, void *arg), void *arg)
{
	struct nl_cache *links;
	int error;
	struct nl_sock *sock = connect_route(&error);

	if (sock == NULL)
		return error;
	error = error_of(rtnl_link_alloc_cache(sock, AF_UNSPEC, &links));
	nl_socket_free(sock);
	if (error != 0)
		return error;
	for (struct nl_object *at = nl_cache_get_first(links); at != NULL;
	     at = nl_cache_get_next(at)) {
		const struct rtlink link = read_link((struct rtnl_link *)at);

		visit(&link, arg);
	}
	nl_cache_free(links);
	return 0;
}

int
rtlink_read(const char *interface, struct rtlink *link)
{
	struct rtnl_link *found;
	int error;
	struct nl_sock *sock = connect_route(&error);

	if (sock == NULL)
		return error;
	error = error_of(rtnl_link_get_kernel(sock, 0, interface, &found));
	nl_socket_free(sock);
	if (error != 0)
		return error;
	*link = read_link(found);
	rtnl_link_put(found);
	return 0;
}

/* Send one change of an interface; change: its wanted attributes, which this
 * frees, or NULL to delete the interface. */
static int
send_change(const char *interface, struct rtnl_link *change)
{
	struct rtnl_link *link = NULL;
	int error;
	struct nl_sock *sock = connect_route(&error);

	if (error == 0)
		error = error_of(
			rtnl_link_get_kernel(sock, 0, interface, &link));
	if (error == 0)
		error = error_of(
			change != NULL ? rtnl_link_change(sock, link, change, 0)
				       : rtnl_link_delete(sock, link));
	rtnl_link_put(link);
	rtnl_link_put(change);
	nl_socket_free(sock);
	return error;
}

int
rtlink_set_alias(const char *interface, const char *alias)
{
	struct rtnl_link *change = rtnl_link_alloc();

	if (change == NULL)
		return -ENOMEM;
	rtnl_link_set_ifalias(change, alias);
	return send_change(interface, change);
}

int
rtlink_set_carrier(const char *interface, bool on)
{
	struct rtnl_link *change = rtnl_link_alloc();

	if (change == NULL)
		return -ENOMEM;
	rtnl_link_set_carrier(change, on);
	return send_change(interface, change);
}

int
rtlink_delete(const char *interface)
{
	return send_change(interface, NULL);
}
