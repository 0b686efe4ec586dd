/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of servers, and the next hops of their segments. */
#include "listen.h"

static int
find_backend(const struct gen *gen, const struct conn *c,
	     const struct rte_ether_addr *to)
{
	const struct gen_options *options = &gen->options;

	for (uint16_t i = 0; i < options->mta_count; i++) {
		const struct mx_endpoint *server = &options->mta[i];
		const struct rte_ether_addr mac =
			end_mac(&gen->server, (uint8_t)i);

		if (server->port_be != c->key.local_port_be)
			continue;
		if (mx_addr_equal(&server->addr, &c->key.local) ||
		    (mx_addr_equal(&options->server_vip, &c->key.local) &&
		     rte_is_same_ether_addr(&mac, to)))
			return i;
	}
	return -1;
}

bool
server_accepts(struct end *end, struct conn *c, const struct rte_ether_addr *to)
{
	const struct gen *gen = end->gen;
	const int backend = find_backend(gen, c, to);

	if (backend < 0)
		return false;
	c->server.backend = (uint8_t)backend;
	c->host = (uint8_t)backend;
	c->server.claim = c->key.remote;
	c->server.claim_port_be = c->key.remote_port_be;
	for (uint16_t i = 0; i < end->hops.count; i++)
		if (mx_addr_is4(&end->hops.hop[i].addr) ==
		    mx_addr_is4(&c->key.local))
			memcpy(c->mac, &end->hops.hop[i].mac, sizeof(c->mac));
	return true;
}

bool
server_owns(const void *arg, const struct mx_addr *addr,
	    struct rte_ether_addr *mac)
{
	const struct gen *gen = arg;

	for (uint16_t i = 0; i < gen->options.mta_count; i++) {
		if (!mx_addr_equal(&gen->options.mta[i].addr, addr))
			continue;
		*mac = end_mac(&gen->server, (uint8_t)i);
		return true;
	}
	return false;
}

void
server_init(struct gen *gen)
{
	static const struct mx_addr none;
	const struct gen_options *options = &gen->options;

	for (uint16_t six = 0; six < 2; six++) {
		struct neighbour hop = {
			.addr = options->server.gateway[six],
			.own_mac = options->server.mac,
			.known = false,
		};

		if (mx_addr_equal(&hop.addr, &none))
			continue;
		for (uint16_t i = 0; i < options->mta_count; i++)
			if (mx_addr_is4(&options->mta[i].addr) == !six)
				hop.own = options->mta[i].addr;
		neighbour_add(&gen->server.hops, &hop);
	}
}
