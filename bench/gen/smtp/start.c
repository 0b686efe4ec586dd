/* SPDX-License-Identifier: BSD-3-Clause */
/* The start of sessions: the client's address, its target, and the time. */
#include "start.h"

#include "mix.h"
#include "tcp.h"

#define PORT_FIRST 1024u
#define PORTS (65536u - PORT_FIRST)
/* The most starts in one poll: sessions that are due after a stall must not
 * flood the port. */
#define STARTS_MAX 16u
#define HOSTS_BITS_MAX 16

/* The most sessions of a closed loop that wait for their greeting.  The start
 * of a million sessions must not flood the network between the ends. */
#define UNGREETED_MAX 512u

/* The most ports and addresses in use that a start passes over. */
#define TURNS_MAX 64

#define LATE_MS 10

static void
init_source(struct source *source, const struct gen_prefix *prefix)
{
	const bool four = mx_addr_is4(&prefix->addr);
	const uint8_t bits = (uint8_t)(128 - prefix->bits);
	const uint8_t used = bits < HOSTS_BITS_MAX ? bits : HOSTS_BITS_MAX;

	*source = (struct source){
		.first = prefix->addr,
		.hosts = 1u << used,
		.six = !four,
	};
	/* The first address names the network, and the last IPv4 address is
	 * broadcast. */
	if (bits >= 2) {
		source->first.byte[15] |= 1;
		source->hosts -= four && used == bits ? 2 : 1;
	}
}

/* The address of a host of the prefix, whose last bits are zero. */
static struct mx_addr
host_addr(const struct source *source, uint32_t host)
{
	struct mx_addr addr = source->first;
	const uint32_t low = (uint32_t)(addr.byte[13] << 16 |
					addr.byte[14] << 8 | addr.byte[15]) +
			     host;

	addr.byte[13] = (uint8_t)(low >> 16);
	addr.byte[14] = (uint8_t)(low >> 8);
	addr.byte[15] = (uint8_t)low;
	return addr;
}

/* A target or gateway may be in the clients' prefix.  It is no client. */
static bool
is_someone_else(const struct gen_options *options, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < options->target_count; i++)
		if (mx_addr_equal(&options->target[i].addr, addr))
			return true;
	return mx_addr_equal(&options->client.gateway[0], addr) ||
	       mx_addr_equal(&options->client.gateway[1], addr);
}

bool
client_owns(const void *arg, const struct mx_addr *addr,
	    struct rte_ether_addr *mac)
{
	const struct gen *gen = arg;

	for (uint16_t i = 0; i < gen->options.prefix_count; i++) {
		const struct source *source = &gen->source[i];
		const struct mx_addr last =
			host_addr(source, source->hosts - 1);

		if (memcmp(addr, &source->first, 16) < 0 ||
		    memcmp(addr, &last, 16) > 0 ||
		    is_someone_else(&gen->options, addr))
			continue;
		*mac = gen->client.mac;
		return true;
	}
	return false;
}

static uint16_t
find_hop(struct gen *gen, const struct mx_addr *target)
{
	static const struct mx_addr none;
	static const struct rte_ether_addr unknown;
	const struct gen_side *side = &gen->options.client;
	const bool six = !mx_addr_is4(target);
	const struct mx_addr *gateway = &side->gateway[six];
	struct neighbour hop = {
		.addr = mx_addr_equal(gateway, &none) ? *target : *gateway,
		.own_mac = side->mac,
		.mac = side->peer_mac,
		.known = !rte_is_same_ether_addr(&side->peer_mac, &unknown),
	};

	for (uint16_t i = 0; i < gen->options.prefix_count; i++)
		if (gen->source[i].six == six)
			hop.own = gen->source[i].first;
	return neighbour_add(&gen->client.hops, &hop);
}

void
client_init(struct gen *gen)
{
	const struct gen_options *options = &gen->options;

	for (uint16_t i = 0; i < options->prefix_count; i++)
		init_source(&gen->source[i], &options->prefix[i]);
	for (uint16_t i = 0; i < options->target_count; i++) {
		const struct mx_addr *addr = &options->target[i].addr;
		const bool six = !mx_addr_is4(addr);

		gen->target_of[six][gen->targets_of[six]++] = i;
		gen->target_hop[i] = find_hop(gen, addr);
	}
}

/* Find the next pair of addresses and ports that is not in use.  Returns false
 * if there is none within reach. */
static bool
take_turn(struct gen *gen, struct source *source, struct conn_key *key)
{
	const struct conns *conns = &gen->client.conns;

	for (int i = 0; i < TURNS_MAX; i++) {
		const uint32_t host = (uint32_t)(source->turn % source->hosts);
		const uint64_t port = source->turn / source->hosts % PORTS;

		source->turn++;
		key->local = host_addr(source, host);
		key->local_port_be =
			rte_cpu_to_be_16((uint16_t)(PORT_FIRST + port));
		if (!is_someone_else(&gen->options, &key->local) &&
		    conn_find(conns, key, conn_hash(conns, key)) == NULL)
			return true;
	}
	return false;
}

static bool
start_one(struct gen *gen, uint64_t intended_tsc)
{
	const struct gen_options *options = &gen->options;
	struct source *source =
		&gen->source[gen->number % options->prefix_count];
	const uint64_t round = gen->number / options->prefix_count;
	const uint16_t target =
		gen->target_of[source->six]
			      [round % gen->targets_of[source->six]];
	struct conn_key key = {
		.remote = options->target[target].addr,
		.remote_port_be = options->target[target].port_be,
	};
	const struct mix_session session =
		mix_session(&options->mix, options->seed, gen->number);

	if (!take_turn(gen, source, &key))
		return false;
	struct conn *c =
		tcp_call(&gen->client, &key,
			 &gen->client.hops.hop[gen->target_hop[target]].mac);
	if (c == NULL)
		return false;
	c->client.intended_tsc = intended_tsc;
	c->client.phase_tsc = intended_tsc;
	c->client.number = gen->number++;
	c->client.traits = session.traits;
	c->client.messages_left = session.messages;
	c->client.abort_phase = session.abort_phase;
	gen->ungreeted++;
	gen->traffic.started++;
	return true;
}

/* May one more session start now?  If an open loop finds the table full, that
 * is counted: its sessions will be late. */
static bool
has_room(struct gen *gen)
{
	if (gen->client.conns.used < gen->options.at_once)
		return !gen->schedule.closed || gen->ungreeted < UNGREETED_MAX;
	gen->client.count.table_full += !gen->schedule.closed;
	return false;
}

uint32_t
client_start(struct gen *gen)
{
	const uint64_t now_tsc = gen->now_tsc;
	uint64_t intended_tsc;
	uint32_t count = 0;

	while (count < STARTS_MAX &&
	       schedule_due(&gen->schedule, now_tsc, &intended_tsc) &&
	       has_room(gen) && start_one(gen, intended_tsc)) {
		const uint64_t lag_tsc = now_tsc - intended_tsc;

		histogram_add(&gen->lag, lag_tsc);
		if (lag_tsc > rte_get_tsc_hz() / 1000 * LATE_MS)
			gen->traffic.late++;
		schedule_take(&gen->schedule);
		count++;
	}
	return count;
}
