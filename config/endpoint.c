/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
mx_addr_parse(const char *text, struct mx_addr *out)
{
	struct mx_addr addr;
	uint32_t ip_be;

	if (inet_pton(AF_INET, text, &ip_be) == 1) {
		*out = mx_addr_from4(ip_be);
		return 0;
	}
	if (inet_pton(AF_INET6, text, addr.byte) == 1) {
		*out = addr;
		return 0;
	}
	return -EINVAL;
}

/* Parse a port: 1 to 65535, digits only, no leading zero. */
static int
port_parse(const char *text, uint16_t *port_be)
{
	const size_t length = strspn(text, "0123456789");

	if (length == 0 || length > 5 || text[length] != '\0' || text[0] == '0')
		return -EINVAL;
	const unsigned long port = strtoul(text, NULL, 10);
	if (port > 65535)
		return -EINVAL;
	*port_be = htons((uint16_t)port);
	return 0;
}

int
mx_endpoint_parse(const char *text, struct mx_endpoint *out)
{
	char host[MX_ENDPOINT_TEXT_MAX];
	struct mx_endpoint endpoint;
	const char *colon = strrchr(text, ':');

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	size_t length = (size_t)(colon - text);
	const char *begin = text;
	const bool bracketed =
		length >= 2 && text[0] == '[' && colon[-1] == ']';
	if (bracketed) {
		begin++;
		length -= 2;
	}
	memcpy(host, begin, length);
	host[length] = '\0';

	/* Only IPv6 addresses have brackets, and they need them. */
	if (bracketed != (strchr(host, ':') != NULL) ||
	    mx_addr_parse(host, &endpoint.addr) != 0 ||
	    port_parse(colon + 1, &endpoint.port_be) != 0)
		return -EINVAL;
	*out = endpoint;
	return 0;
}

char *
mx_addr_format(const struct mx_addr *addr, char *text)
{
	const uint32_t ip_be = mx_addr_to4(addr);

	if (mx_addr_is4(addr))
		inet_ntop(AF_INET, &ip_be, text, MX_ENDPOINT_TEXT_MAX);
	else
		inet_ntop(AF_INET6, addr->byte, text, MX_ENDPOINT_TEXT_MAX);
	return text;
}

char *
mx_endpoint_format(const struct mx_endpoint *endpoint, char *text)
{
	char host[MX_ENDPOINT_TEXT_MAX];
	const bool v4 = mx_addr_is4(&endpoint->addr);

	mx_addr_format(&endpoint->addr, host);
	snprintf(text, MX_ENDPOINT_TEXT_MAX, "%s%.45s%s:%u", v4 ? "" : "[",
		 host, v4 ? "" : "]", ntohs(endpoint->port_be));
	return text;
}

static bool
is_host4(const struct mx_addr *addr)
{
	const uint32_t ip = ntohl(mx_addr_to4(addr));
	const uint8_t first = (uint8_t)(ip >> 24);

	return first != 0 && first != 127 && first < 224;
}

/* False for ::, ::1 and multicast. */
static bool
is_host6(const struct mx_addr *addr)
{
	static const struct mx_addr none;

	return addr->byte[0] != 0xff &&
	       (memcmp(addr, &none, sizeof(none) - 1) != 0 ||
		addr->byte[15] > 1);
}

bool
mx_addr_is_host(const struct mx_addr *addr)
{
	return mx_addr_is4(addr) ? is_host4(addr) : is_host6(addr);
}

bool
mx_addr_is_loopback(const struct mx_addr *addr)
{
	static const struct mx_addr loopback6 = {.byte[15] = 1};

	return mx_addr_is4(addr) ? ntohl(mx_addr_to4(addr)) >> 24 == 127
				 : mx_addr_equal(addr, &loopback6);
}

bool
mx_addr_is_link_local(const struct mx_addr *addr)
{
	return addr->byte[0] == 0xfe && (addr->byte[1] & 0xc0) == 0x80;
}
