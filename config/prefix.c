/* SPDX-License-Identifier: BSD-3-Clause */
#include "prefix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first bit of an IPv4 address in ::ffff:a.b.c.d. */
#define IPV4_FIRST_BIT 96u

int
mx_prefix_parse(const char *text, struct mx_config_prefix *out)
{
	const char *slash = strchr(text, '/');
	char host[MX_ENDPOINT_TEXT_MAX];
	struct mx_addr addr;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	const char *digits = slash + 1;
	const size_t length = strspn(digits, "0123456789");
	if (length == 0 || length > 3 || digits[length] != '\0' ||
	    (length > 1 && digits[0] == '0') || mx_addr_parse(host, &addr) != 0)
		return -EINVAL;

	/* ::ffff:a.b.c.d/N is refused: N could count from either form's first
	 * bit. */
	const bool v4 = mx_addr_is4(&addr);
	const unsigned long bits = strtoul(digits, NULL, 10);
	if (bits > (v4 ? 32 : 128) || (v4 && strchr(host, ':') != NULL))
		return -EINVAL;
	*out = (struct mx_config_prefix){addr, (uint8_t)bits};
	return 0;
}

/* The address with all bits behind the first `bits` of 128 set to zero. */
static struct mx_addr
first_bits(const struct mx_addr *addr, unsigned bits)
{
	struct mx_addr out = *addr;

	for (unsigned i = 0; i < sizeof(out.byte); i++) {
		const unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

		if (kept < 8)
			out.byte[i] &= (uint8_t)(0xff00u >> kept);
	}
	return out;
}

static unsigned
all_bits(const struct mx_config_prefix *prefix)
{
	return mx_addr_is4(&prefix->addr) ? IPV4_FIRST_BIT + prefix->bits
					  : prefix->bits;
}

struct mx_config_prefix
mx_prefix_trim(const struct mx_config_prefix *prefix)
{
	return (struct mx_config_prefix){
		first_bits(&prefix->addr, all_bits(prefix)), prefix->bits};
}

bool
mx_prefix_contains(const struct mx_config_prefix *prefix,
		   const struct mx_addr *addr)
{
	const struct mx_addr first = first_bits(addr, all_bits(prefix));

	return mx_addr_is4(addr) == mx_addr_is4(&prefix->addr) &&
	       mx_addr_equal(&first, &prefix->addr);
}

char *
mx_prefix_format(const struct mx_config_prefix *prefix, char *text)
{
	char host[MX_ENDPOINT_TEXT_MAX];

	mx_addr_format(&prefix->addr, host);
	snprintf(text, MX_PREFIX_TEXT_MAX, "%.45s/%u", host, prefix->bits);
	return text;
}
