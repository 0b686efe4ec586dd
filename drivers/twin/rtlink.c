/* SPDX-License-Identifier: BSD-3-Clause */
#include "rtlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than the kernel puts into one message (NLMSG_GOODSIZE). */
#define REPLY_BYTES 32768

struct request {
	struct nlmsghdr header;
	struct ifinfomsg link;
	uint8_t attributes[RTLINK_ALIAS_MAX + 16]; /* the longest, aligned */
};

struct visitor {
	void (*visit)(const struct rtlink *link, void *arg);
	void *arg;
};

/* Start a request about one interface, or about all if there is no name. */
static int
begin(struct request *request, uint16_t type, uint16_t flags,
      const char *interface)
{
	*request = (struct request){
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request->link)),
			   .nlmsg_type = type,
			   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
		.link = {.ifi_family = AF_UNSPEC},
	};
	if (interface == NULL)
		return 0;
	request->link.ifi_index = (int)if_nametoindex(interface);
	return request->link.ifi_index == 0 ? -ENODEV : 0;
}

static void
add_attribute(struct request *request, uint16_t type, const void *data,
	      size_t bytes)
{
	struct rtattr *attribute =
		(void *)((uint8_t *)request + request->header.nlmsg_len);

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(bytes);
	memcpy(RTA_DATA(attribute), data, bytes);
	request->header.nlmsg_len += (uint32_t)RTA_ALIGN(attribute->rta_len);
}

static void
take_text(const struct rtattr *attribute, char *text, size_t size)
{
	snprintf(text, size, "%.*s", (int)RTA_PAYLOAD(attribute),
		 (const char *)RTA_DATA(attribute));
}

static void
take_link(const struct nlmsghdr *header, const struct visitor *visitor)
{
	const struct ifinfomsg *info = NLMSG_DATA(header);
	const struct rtattr *attribute = IFLA_RTA(info);
	size_t left = IFLA_PAYLOAD(header);
	struct rtlink link = {.index = (unsigned)info->ifi_index};

	while (left >= sizeof(*attribute) &&
	       attribute->rta_len >= sizeof(*attribute) &&
	       attribute->rta_len <= left) {
		const size_t step = RTA_ALIGN((size_t)attribute->rta_len);

		if (attribute->rta_type == IFLA_IFNAME)
			take_text(attribute, link.interface,
				  sizeof(link.interface));
		if (attribute->rta_type == IFLA_IFALIAS)
			take_text(attribute, link.alias, sizeof(link.alias));
		if (attribute->rta_type == IFLA_CARRIER)
			link.carrier = *(const uint8_t *)RTA_DATA(attribute);
		attribute = (const void *)((const uint8_t *)attribute + step);
		left -= step < left ? step : left;
	}
	visitor->visit(&link, visitor->arg);
}

/* Take the messages of one datagram.  Returns 1 if more will follow, 0 at the
 * end, or the kernel's -errno. */
static int
take_reply(const uint8_t *reply, ssize_t bytes, const struct visitor *visitor)
{
	const struct nlmsghdr *header = (const void *)reply;
	unsigned left = (unsigned)bytes;

	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		if (header->nlmsg_type == NLMSG_DONE)
			return 0;
		if (header->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *end = NLMSG_DATA(header);
			return end->error;
		}
		if (header->nlmsg_type == RTM_NEWLINK)
			take_link(header, visitor);
	}
	return 1;
}

/* Send the request, and hear the kernel until the end of its answer. */
static int
ask(const struct request *request, const struct visitor *visitor)
{
	alignas(struct nlmsghdr) uint8_t reply[REPLY_BYTES];
	const int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int result = 1;

	if (fd < 0)
		return -errno;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		result = -errno;
	while (result == 1) {
		const ssize_t bytes = recv(fd, reply, sizeof(reply), 0);

		if (bytes > 0)
			result = take_reply(reply, bytes, visitor);
		else if (bytes == 0 || errno != EINTR)
			result = bytes == 0 ? -EIO : -errno;
	}
	close(fd);
	return result;
}

int
rtlink_each(void (*visit)(const struct rtlink *link, void *arg), void *arg)
{
	struct request request;

	begin(&request, RTM_GETLINK, NLM_F_DUMP, NULL);
	return ask(&request, &(struct visitor){visit, arg});
}

static void
keep(const struct rtlink *link, void *arg)
{
	*(struct rtlink *)arg = *link;
}

int
rtlink_read(const char *interface, struct rtlink *link)
{
	struct request request;

	const int error = begin(&request, RTM_GETLINK, NLM_F_ACK, interface);
	if (error != 0)
		return error;
	*link = (struct rtlink){0};
	return ask(&request, &(struct visitor){keep, link});
}

/* Change one attribute of an interface. */
static int
set(const char *interface, uint16_t type, const void *data, size_t bytes)
{
	struct request request;

	const int error = begin(&request, RTM_SETLINK, NLM_F_ACK, interface);
	if (error != 0)
		return error;
	add_attribute(&request, type, data, bytes);
	return ask(&request, NULL);
}

int
rtlink_set_alias(const char *interface, const char *alias)
{
	const size_t bytes = strlen(alias) + 1;

	if (bytes > RTLINK_ALIAS_MAX)
		return -E2BIG;
	return set(interface, IFLA_IFALIAS, alias, bytes);
}

int
rtlink_set_carrier(const char *interface, bool on)
{
	const uint8_t value = on;

	return set(interface, IFLA_CARRIER, &value, sizeof(value));
}

int
rtlink_delete(const char *interface)
{
	struct request request;

	const int error = begin(&request, RTM_DELLINK, NLM_F_ACK, interface);
	return error == 0 ? ask(&request, NULL) : error;
}
