/* SPDX-License-Identifier: BSD-3-Clause */
#include "hostname.h"

#include <stdio.h>
#include <strings.h>

/* Copy the host without brackets, a port, and the dot that may end a name.
 * Returns false if the text has another form. */
static bool
cut_host(const char *text, char host[static MX_HOSTNAME_MAX])
{
	const bool bracket = text[0] == '[';
	const char *begin = text + bracket;
	const char *end = begin + strcspn(begin, bracket ? "]" : ":");
	const char *port = end;

	if (bracket && *port++ != ']')
		return false;
	if (*port == ':' && port[1 + strspn(port + 1, "0123456789")] != '\0')
		return false;
	if (*port != ':' && *port != '\0')
		return false;
	if (!bracket && end > begin + 1 && end[-1] == '.')
		end--;
	if (end == begin || end - begin >= MX_HOSTNAME_MAX)
		return false;
	snprintf(host, MX_HOSTNAME_MAX, "%.*s", (int)(end - begin), begin);
	return true;
}

/* Is it the address that the server listens on?  If it listens on all, the
 * request came to one of them. */
static bool
is_our_address(const struct mx_config_http *http, const struct mx_addr *addr)
{
	static const struct mx_addr any6;
	const struct mx_addr any4 = mx_addr_from4(0);

	return mx_addr_is_loopback(addr) ||
	       mx_addr_equal(addr, &http->listen.addr) ||
	       mx_addr_equal(&http->listen.addr, &any4) ||
	       mx_addr_equal(&http->listen.addr, &any6);
}

bool
hostname_is_ours(const struct mx_config_http *http, const char *text)
{
	char host[MX_HOSTNAME_MAX];
	struct mx_addr addr;

	if (!cut_host(text, host))
		return false;
	if (mx_addr_parse(host, &addr) == 0)
		return is_our_address(http, &addr);
	if (strcasecmp(host, "localhost") == 0)
		return true;
	for (uint16_t i = 0; i < http->host_count; i++)
		if (strcasecmp(host, http->host[i]) == 0)
			return true;
	return false;
}
