/* SPDX-License-Identifier: BSD-3-Clause */
#include "proxyread.h"

#include <stdlib.h>

#define V1_MAX 107u
#define V2_FIXED 16u
#define V2_LOCAL 0x20
#define V2_PROXY 0x21
#define V2_TCP4 0x11
#define V2_TCP6 0x21

/* Copy one word of a line, without the blank behind it.  Longer words do not
 * fit. */
static bool
next_word(const char **at, char *word, size_t room)
{
	const size_t bytes = strcspn(*at, " ");

	const bool last = (*at)[bytes] == '\0';

	if (bytes == 0 || bytes >= room || (!last && (*at)[bytes + 1] == '\0'))
		return false;
	memcpy(word, *at, bytes);
	word[bytes] = '\0';
	*at += last ? bytes : bytes + 1;
	return true;
}

static bool
read_addr(const char *word, bool six, struct mx_addr *addr)
{
	uint32_t ip_be;

	if (six)
		return inet_pton(AF_INET6, word, addr) == 1;
	if (inet_pton(AF_INET, word, &ip_be) != 1)
		return false;
	*addr = mx_addr_from4(ip_be);
	return true;
}

static bool
read_port(const char *word, uint16_t *port_be)
{
	char *end;
	const unsigned long port = strtoul(word, &end, 10);

	if (word[0] < '0' || word[0] > '9' || *end != '\0' || port > 65535 ||
	    (word[0] == '0' && word[1] != '\0'))
		return false;
	*port_be = htons((uint16_t)port);
	return true;
}

static bool
read_line(const char *line, struct proxy_says *says)
{
	char proxy[6], family[8], from[46], to[46], from_port[6], to_port[6];
	const bool words = next_word(&line, proxy, sizeof(proxy)) &&
			   next_word(&line, family, sizeof(family)) &&
			   next_word(&line, from, sizeof(from)) &&
			   next_word(&line, to, sizeof(to)) &&
			   next_word(&line, from_port, sizeof(from_port)) &&
			   next_word(&line, to_port, sizeof(to_port)) &&
			   *line == '\0';

	if (!words || strcmp(proxy, "PROXY") != 0)
		return false;
	const bool six = strcmp(family, "TCP6") == 0;
	if (!six && strcmp(family, "TCP4") != 0)
		return false;
	return read_addr(from, six, &says->client.addr) &&
	       read_addr(to, six, &says->server.addr) &&
	       read_port(from_port, &says->client.port_be) &&
	       read_port(to_port, &says->server.port_be);
}

static int
read_v1(const uint8_t *data, uint32_t bytes, struct proxy_says *says)
{
	char line[V1_MAX + 1];
	const uint32_t looked = bytes < V1_MAX ? bytes : V1_MAX;
	const uint8_t *lf = memchr(data, '\n', looked);

	if (lf == NULL)
		return bytes < V1_MAX ? 0 : -1;
	const size_t length = (size_t)(lf - data);
	if (length == 0 || data[length - 1] != '\r')
		return -1;
	memcpy(line, data, length - 1);
	line[length - 1] = '\0';
	if (strlen(line) != length - 1 || !read_line(line, says))
		return -1;
	return (int)length + 1;
}

static struct mx_addr
addr_at(const uint8_t *at, bool six)
{
	struct mx_addr addr;
	uint32_t ip_be;

	if (six) {
		memcpy(&addr, at, sizeof(addr));
		return addr;
	}
	memcpy(&ip_be, at, sizeof(ip_be));
	return mx_addr_from4(ip_be);
}

static int
read_v2(const uint8_t *data, uint32_t bytes, struct proxy_says *says)
{
	static const uint8_t signature[12] = {0x0d, 0x0a, 0x0d, 0x0a,
					      0x00, 0x0d, 0x0a, 0x51,
					      0x55, 0x49, 0x54, 0x0a};
	const uint32_t looked =
		bytes < sizeof(signature) ? bytes : sizeof(signature);

	if (memcmp(data, signature, looked) != 0)
		return -1;
	if (bytes < V2_FIXED)
		return 0;
	const uint32_t rest = (uint32_t)data[14] << 8 | data[15];
	if (bytes < V2_FIXED + rest)
		return 0;
	if (data[12] == V2_LOCAL) {
		says->local = true;
		return (int)(V2_FIXED + rest);
	}
	const bool six = data[13] == V2_TCP6;
	const uint32_t width = six ? 16 : 4;
	if (data[12] != V2_PROXY || (!six && data[13] != V2_TCP4) ||
	    rest < 2 * width + 4)
		return -1;
	const uint8_t *at = data + V2_FIXED;
	says->client.addr = addr_at(at, six);
	says->server.addr = addr_at(at + width, six);
	memcpy(&says->client.port_be, at + 2 * width, 2);
	memcpy(&says->server.port_be, at + 2 * width + 2, 2);
	return (int)(V2_FIXED + rest);
}

int
proxy_read(int version, const uint8_t *data, uint32_t bytes,
	   struct proxy_says *says)
{
	*says = (struct proxy_says){0};
	return version == 1 ? read_v1(data, bytes, says)
			    : read_v2(data, bytes, says);
}
