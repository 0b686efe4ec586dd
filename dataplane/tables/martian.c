/* SPDX-License-Identifier: BSD-3-Clause */
#include "martian.h"

static bool
is_martian4(const struct mx_addr *addr)
{
	const uint8_t first = addr->byte[12];

	return first == 0 || first == 127 || first >= 224;
}

static bool
is_martian6(const struct mx_addr *addr)
{
	static const struct mx_addr unspecified;
	static const struct mx_addr loopback = {{[15] = 1}};
	const uint8_t *byte = addr->byte;

	return byte[0] == 0xff ||
	       (byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80) ||
	       mx_addr_equal(addr, &unspecified) ||
	       mx_addr_equal(addr, &loopback);
}

bool
martian_is(const struct mx_owned_table *owned, const struct mx_flow *flow)
{
	if (mx_addr_is4(&flow->src) ? is_martian4(&flow->src)
				    : is_martian6(&flow->src))
		return true;
	/* A backend has a row under its port only. */
	return mx_owned_find(owned, &flow->src, 0)->kind != MX_OWNED_NOT ||
	       mx_owned_find(owned, &flow->src, flow->src_port_be)->kind !=
		       MX_OWNED_NOT;
}
