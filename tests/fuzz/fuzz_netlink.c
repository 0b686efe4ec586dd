/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes in the place of the kernel's netlink messages: what is read of them
 * is whole, and reading ends.
 * Method: libFuzzer.  An input is a list of messages.  It goes three ways that
 * the product has: as a datagram of events, as the answer to a question about a
 * route, and as rows of the neighbour table.
 *
 *   {type, flags, size[2], the message's data}...
 */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/cache.h>
#include <netlink/route/neighbour.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "neighbour.h"
#include "route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 4
#define MESSAGES_MAX 8192

static const uint16_t types[] = {
	RTM_NEWNEIGH, RTM_DELNEIGH, RTM_NEWROUTE, RTM_DELROUTE,
	NLMSG_ERROR,  NLMSG_DONE,   NLMSG_NOOP,   RTM_NEWLINK,
};

/* The messages of the present input, and how many bytes of them are left. */
static alignas(NLMSG_ALIGNTO) uint8_t messages[MESSAGES_MAX];
static size_t left_bytes;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
write_messages(const uint8_t *data, size_t size)
{
	left_bytes = 0;
	while (size >= HEAD) {
		const size_t wanted = (size_t)(data[2] << 8 | data[3]);
		const size_t bytes =
			wanted < size - HEAD ? wanted : size - HEAD;
		const size_t room = NLMSG_SPACE(bytes);
		struct nlmsghdr header = {
			/* A kernel's message never has a wrong length; one of
			 * a program could. */
			.nlmsg_len = (uint32_t)NLMSG_LENGTH(
				data[1] & 64 ? wanted : bytes),
			.nlmsg_type = types[data[0] %
					    (sizeof(types) / sizeof(types[0]))],
			.nlmsg_flags = data[1] & NLM_F_MULTI,
		};

		if (left_bytes + room > sizeof(messages))
			return;
		memset(messages + left_bytes, 0, room);
		memcpy(messages + left_bytes, &header, sizeof(header));
		memcpy(messages + left_bytes + NLMSG_HDRLEN, data + HEAD,
		       bytes);
		left_bytes += room;
		data += HEAD + bytes;
		size -= HEAD + bytes;
	}
}

static void
on_failed(void *arg, int ifindex, const struct mx_addr *addr)
{
	(void)ifindex, (void)addr;
	++*(uint32_t *)arg;
}

static void
as_events(void)
{
	uint32_t failures = 0;
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	must(send(pair[0], messages, left_bytes, 0) == (ssize_t)left_bytes);
	neighbour_drain(pair[1], on_failed, &failures);
	must(failures <= left_bytes / NLMSG_HDRLEN);
	close(pair[0]);
	close(pair[1]);
}

/* The socket takes each question, and each answer is the input. */
static int
on_send(struct nl_sock *sock, struct nl_msg *message)
{
	(void)sock, (void)message;
	return 0;
}

static int
on_receive(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **out,
	   struct ucred **who)
{
	const size_t bytes = left_bytes;

	(void)sock;
	*who = NULL;
	*from = (struct sockaddr_nl){.nl_family = AF_NETLINK};
	left_bytes = 0; /* the next call has nothing */
	if (bytes == 0)
		return 0;
	*out = malloc(bytes);
	must(*out != NULL);
	memcpy(*out, messages, bytes);
	return (int)bytes;
}

/* libnl 3.7 takes the family from a gateway of another family, RTA_VIA, and the
 * rest for its address, however short it is.  The kernel sends whole ones. */
static bool
is_short_via(const struct nlattr *attr)
{
	return nla_type(attr) == RTA_VIA &&
	       nla_len(attr) < (int)sizeof(struct rtvia);
}

static bool
has_short_via(const struct nlattr *attr, int left)
{
	for (; nla_ok(attr, left); attr = nla_next(attr, &left))
		if (is_short_via(attr))
			return true;
	return false;
}

/* libnl 3.7 does not end on a next hop that has no length, or that is the last one
 * and has no padding.  The kernel sends neither. */
static bool
has_bad_hops(struct nlattr *hops)
{
	struct rtnexthop *hop = nla_data(hops);
	int left = nla_len(hops);

	while (left >= (int)sizeof(*hop) && left >= hop->rtnh_len) {
		if (hop->rtnh_len < sizeof(*hop) ||
		    (int)RTNH_ALIGN(hop->rtnh_len) > left ||
		    has_short_via((const void *)(hop + 1),
				  hop->rtnh_len - (int)sizeof(*hop)))
			return true;
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
	return false;
}

static bool
have_bad_routes(void)
{
	struct nlmsghdr *message = (struct nlmsghdr *)(void *)messages;
	int left = (int)left_bytes;

	for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		struct nlattr *attr;
		int rest;

		if (!nlmsg_valid_hdr(message, sizeof(struct rtmsg)))
			continue;
		nlmsg_for_each_attr(
			attr, message, sizeof(struct rtmsg),
			rest) if (is_short_via(attr) ||
				  (nla_type(attr) == RTA_MULTIPATH &&
				   has_bad_hops(attr))) return true;
	}
	return false;
}

static void
as_routes(void)
{
	const struct mx_addr asked = {.byte = {0x20, 0x01, 0x0d, 0xb8}};
	const size_t bytes = left_bytes;
	struct nl_sock *sock = nl_socket_alloc();
	struct route_prefix to;

	must(sock != NULL);
	struct nl_cb *calls = nl_socket_get_cb(sock);
	nl_cb_overwrite_send(calls, on_send);
	nl_cb_overwrite_recv(calls, on_receive);
	nl_cb_put(calls);
	nl_socket_disable_seq_check(sock);
	nl_socket_disable_auto_ack(sock);

	const struct route route = route_ask(sock, &asked);
	must(route.found || mx_addr_equal(&route.via, &asked));
	left_bytes = bytes;
	if (route_match(sock, &asked, &to))
		must(to.bits <= 8 * route_length(&to.net));
	left_bytes = bytes;
	nl_socket_free(sock);
}

static void
add_rows(struct nl_cache *neighbours)
{
	struct nlmsghdr *row = (struct nlmsghdr *)(void *)messages;
	int left = (int)left_bytes;

	for (; nlmsg_ok(row, left); row = nlmsg_next(row, &left)) {
		struct nl_msg *message = nlmsg_convert(row);

		must(message != NULL);
		if (row->nlmsg_type == RTM_NEWNEIGH)
			nl_cache_parse_and_add(neighbours, message);
		nlmsg_free(message);
	}
}

static void
as_neighbours(void)
{
	struct nl_cache *neighbours;

	must(nl_cache_alloc_name("route/neigh", &neighbours) == 0);
	add_rows(neighbours);
	for (struct nl_object *at = nl_cache_get_first(neighbours); at != NULL;
	     at = nl_cache_get_next(at)) {
		struct rtnl_neigh *row = (struct rtnl_neigh *)at;
		struct nl_addr *dst = rtnl_neigh_get_dst(row);
		struct mx_addr addr;

		if (dst == NULL || !route_read_addr(dst, &addr))
			continue;
		const struct neighbour found = neighbour_find(
			neighbours, rtnl_neigh_get_ifindex(row), &addr);
		must(!found.has_mac || found.nud > 0);
	}
	nl_cache_free(neighbours);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	write_messages(data, size);
	as_events();
	if (!have_bad_routes())
		as_routes();
	as_neighbours();
	return 0;
}
