/* SPDX-License-Identifier: BSD-3-Clause */
#include "network.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

static struct mx_addr
address_of(const struct sockaddr *from)
{
	struct mx_addr addr;

	if (from->sa_family == AF_INET)
		return mx_addr_from4(
			((const struct sockaddr_in *)(const void *)from)
				->sin_addr.s_addr);
	memcpy(&addr,
	       &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
	       sizeof(addr));
	return addr;
}

/* Are two addresses equal in the bits of a mask?  The first 12 bytes of all
 * IPv4 addresses are equal. */
static bool
agree(const struct mx_addr *one, const struct mx_addr *other,
      const struct mx_addr *mask)
{
	const unsigned first = mx_addr_is4(one) ? 12 : 0;

	for (unsigned i = first; i < sizeof(*one); i++)
		if ((one->byte[i] ^ other->byte[i]) & mask->byte[i])
			return false;
	return true;
}

static enum network
network_of_row(const struct ifaddrs *row, const struct mx_addr *addr)
{
	const int family = mx_addr_is4(addr) ? AF_INET : AF_INET6;

	if (row->ifa_addr == NULL || row->ifa_netmask == NULL ||
	    row->ifa_addr->sa_family != family)
		return NETWORK_NONE;
	const struct mx_addr own = address_of(row->ifa_addr);
	const struct mx_addr mask = address_of(row->ifa_netmask);
	if (family == AF_INET6 && own.byte[0] == 0xfe &&
	    (own.byte[1] & 0xc0) == 0x80)
		return NETWORK_NONE;
	return agree(&own, addr, &mask) ? NETWORK_HOLDS : NETWORK_OTHER;
}

enum network
network_of(const char *interface, const struct mx_addr *addr)
{
	enum network found = NETWORK_NONE;
	struct ifaddrs *rows;

	if (getifaddrs(&rows) < 0)
		return NETWORK_NONE;
	for (const struct ifaddrs *row = rows; row != NULL;
	     row = row->ifa_next) {
		if (strcmp(row->ifa_name, interface) != 0)
			continue;
		const enum network now = network_of_row(row, addr);
		if (now > found)
			found = now;
	}
	freeifaddrs(rows);
	return found;
}
