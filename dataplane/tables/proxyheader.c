/* SPDX-License-Identifier: BSD-3-Clause */
#include "proxyheader.h"

#include <stdio.h>
#include <string.h>

static const char *
text_of(const struct mx_addr *addr, char text[static INET6_ADDRSTRLEN])
{
	const bool four = mx_addr_is4(addr);

	return inet_ntop(four ? AF_INET : AF_INET6, &addr->byte[four ? 12 : 0],
			 text, INET6_ADDRSTRLEN);
}

static uint8_t
write_v1(uint8_t *out, const struct mx_endpoint *client,
	 const struct mx_endpoint *vip)
{
	char line[MX_PROXY_HEADER_MAX + 1]; /* with a terminator */
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	const int bytes =
		snprintf(line, sizeof(line), "PROXY TCP%c %s %s %u %u\r\n",
			 mx_addr_is4(&client->addr) ? '4' : '6',
			 text_of(&client->addr, from), text_of(&vip->addr, to),
			 ntohs(client->port_be), ntohs(vip->port_be));
	memcpy(out, line, (size_t)bytes);
	return (uint8_t)bytes;
}

static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";

static uint8_t
write_v2(uint8_t *out, const struct mx_endpoint *client,
	 const struct mx_endpoint *vip)
{
	const bool four = mx_addr_is4(&client->addr);
	const size_t skip = four ? 12 : 0;
	const size_t address = sizeof(client->addr) - skip;
	uint8_t *at = out + sizeof(signature);

	memcpy(out, signature, sizeof(signature));
	*at++ = 0x21;               /* version 2, PROXY */
	*at++ = four ? 0x11 : 0x21; /* TCP over IPv4, IPv6 */
	*at++ = 0;
	*at++ = (uint8_t)(2 * address + 4);
	memcpy(at, client->addr.byte + skip, address);
	memcpy(at + address, vip->addr.byte + skip, address);
	at += 2 * address;
	memcpy(at, &client->port_be, 2);
	memcpy(at + 2, &vip->port_be, 2);
	return (uint8_t)(at + 4 - out);
}

uint8_t
mx_proxy_write(uint8_t *out, enum mx_proxy version,
	       const struct mx_endpoint *client, const struct mx_endpoint *vip)
{
	return version == MX_PROXY_V2 ? write_v2(out, client, vip)
				      : write_v1(out, client, vip);
}

uint8_t
mx_proxy_write_local(uint8_t *out)
{
	/* Version 2, LOCAL; no family, and nothing behind. */
	static const uint8_t rest[4] = {0x20, 0, 0, 0};

	memcpy(out, signature, sizeof(signature));
	memcpy(out + sizeof(signature), rest, sizeof(rest));
	return sizeof(signature) + sizeof(rest);
}

/* Where version 2 has the number of bytes behind it, with 16 bits. */
#define LENGTH_AT 15

uint8_t
mx_proxy_mark(uint8_t *header, uint8_t bytes)
{
	static const uint8_t mark[MX_PROXY_MARK_BYTES] = {MX_PROXY_MARK_TYPE, 0,
							  1, 1};

	memcpy(header + bytes, mark, sizeof(mark));
	header[LENGTH_AT] = (uint8_t)(header[LENGTH_AT] + sizeof(mark));
	return (uint8_t)(bytes + sizeof(mark));
}
