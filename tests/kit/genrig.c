/* SPDX-License-Identifier: BSD-3-Clause */
#include "genrig.h"

#include <check.h>
#include <sched.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "random.h"

#define FRAMES 8191
#define RING 4096
#define BURST 32
/* Longer than any test takes, in its made-up time. */
#define LIMIT_S 3600

/* One direction of the wire: the frames that an end has sent and the other will
 * get. */
struct way {
	struct rte_ring *out;
	struct rte_ring *in;
	struct rte_mbuf *held;
	uint64_t passed;
};

static struct rte_mempool *pool;
static struct way way[2]; /* from the clients, from the servers */
static uint16_t port[2];

static uint16_t
make_port(const char *name, struct rte_ring *rx, struct rte_ring *tx)
{
	static const struct rte_eth_conf plain;
	const int made = rte_eth_from_rings(name, &rx, 1, &tx, 1, 0);

	ck_assert_int_ge(made, 0);
	const uint16_t id = (uint16_t)made;
	ck_assert_int_eq(rte_eth_dev_configure(id, 1, 1, &plain), 0);
	ck_assert_int_eq(rte_eth_rx_queue_setup(id, 0, BURST, 0, NULL, pool),
			 0);
	ck_assert_int_eq(rte_eth_tx_queue_setup(id, 0, BURST, 0, NULL), 0);
	ck_assert_int_eq(rte_eth_dev_start(id), 0);
	return id;
}

static void
start_dpdk(void)
{
	char *argv[] = {"genrig",
			"--no-huge",
			"--no-shconf",
			"-m",
			"96",
			"--no-pci",
			"--no-telemetry",
			"--log-level=warning",
			"--lcores=0@0",
			NULL};
	static bool started;
	cpu_set_t cpus;

	if (started)
		return;
	started = true;
	/* EAL moves to a core of its own choice, so the old choice of cores is
	 * restored. */
	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	ck_assert_int_ge(rte_eal_init(9, argv), 0);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
	pool = rte_pktmbuf_pool_create("genrig", FRAMES, 0, 0,
				       RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	ck_assert_ptr_nonnull(pool);
	way[0].out = rte_ring_create("client_out", RING, 0, 0);
	way[0].in = rte_ring_create("server_in", RING, 0, 0);
	way[1].out = rte_ring_create("server_out", RING, 0, 0);
	way[1].in = rte_ring_create("client_in", RING, 0, 0);
	port[0] = make_port("clients", way[1].in, way[0].out);
	port[1] = make_port("servers", way[0].in, way[1].out);
}

static struct gen_side
side(uint16_t id, uint8_t mac)
{
	return (struct gen_side){
		.on = true,
		.port = id,
		.mtu = 1500,
		.mac = {{0x02, 0, 0, 0, mac, 0}},
	};
}

static struct mx_addr
addr4(uint8_t b, uint8_t d)
{
	const uint8_t byte[4] = {198, b, 0, d};
	uint32_t ip_be;

	memcpy(&ip_be, byte, 4);
	return mx_addr_from4(ip_be);
}

static struct mx_addr
addr6(uint8_t net, uint8_t host)
{
	return (struct mx_addr){{0xfd, [3] = net, [15] = host}};
}

static void
aim_at(struct gen_options *options, struct mx_addr server)
{
	const struct mx_endpoint end = {server, rte_cpu_to_be_16(25)};

	options->mta[options->mta_count++] = end;
	options->target[options->target_count++] = end;
}

struct gen_options
genrig_options(uint64_t sessions)
{
	struct gen_options options;

	start_dpdk();
	gen_options_default(&options);
	options.client = side(port[0], 1);
	options.server = side(port[1], 2);
	options.pool = pool;
	options.sessions = sessions;
	options.at_once = 200;
	options.drain_ms = 900000;
	options.seen = GEN_SEEN_SOURCE;
	options.prefix[0] = (struct gen_prefix){addr4(18, 0), 96 + 16};
	options.prefix_count = 1;
	aim_at(&options, addr4(19, 1));
	aim_at(&options, addr4(19, 2));
	return options;
}

void
genrig_use_ipv6(struct gen_options *options)
{
	options->prefix[0] = (struct gen_prefix){addr6(1, 0), 64};
	options->mta_count = 0;
	options->target_count = 0;
	aim_at(options, addr6(2, 1));
}

/* Change the port as a translator would, with the checksums; IPv4 alone. */
static void
masquerade(struct rte_mbuf *frame, bool from_clients)
{
	struct rte_ether_hdr *ether =
		rte_pktmbuf_mtod(frame, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (void *)(ether + 1);
	struct rte_tcp_hdr *tcp = (void *)(ip + 1);

	if (ether->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return;
	if (from_clients)
		tcp->src_port ^= RTE_BE16(0x8000);
	else
		tcp->dst_port ^= RTE_BE16(0x8000);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

/* Change some bytes behind the IP header, or the length; IPv4 alone. */
static void
forge(struct rte_mbuf *frame, uint64_t number)
{
	uint64_t random = number;
	uint8_t *at = rte_pktmbuf_mtod(frame, uint8_t *);
	struct rte_ipv4_hdr *ip = (void *)(at + 14);
	struct rte_tcp_hdr *tcp = (void *)(ip + 1);

	if (frame->data_len < 54 || at[12] != 0x08 || at[13] != 0x00)
		return;
	if (random_between(&random, 0, 9) == 0) {
		frame->data_len = (uint16_t)random_between(&random, 0, 54);
		frame->pkt_len = frame->data_len;
		return;
	}
	for (uint32_t i = random_between(&random, 1, 4); i > 0; i--)
		at[random_between(&random, 34, frame->data_len - 1u)] =
			(uint8_t)random_next(&random);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

/* Send a copy to 192.0.2.1, which neither end has; IPv4 alone. */
static void
readdress(struct rte_mbuf *frame)
{
	uint8_t *at = rte_pktmbuf_mtod(frame, uint8_t *);
	struct rte_ipv4_hdr *ip = (void *)(at + 14);
	struct rte_tcp_hdr *tcp = (void *)(ip + 1);

	if (frame->data_len < 54 || at[12] != 0x08 || at[13] != 0x00)
		return;
	ip->dst_addr = RTE_BE32(0xc0000201);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

static void
deliver(struct way *w, struct rte_mbuf *frame)
{
	if (rte_ring_enqueue(w->in, frame) != 0)
		rte_pktmbuf_free(frame);
}

static bool
is_turn(uint32_t every, uint64_t number)
{
	return every > 0 && number % every == every - 1;
}

static void
carry(struct way *w, const struct genrig_wire *wire, struct rte_mbuf *frame)
{
	const uint64_t number = w->passed++;

	if (wire->masquerade)
		masquerade(frame, w == &way[0]);
	if (is_turn(wire->lose, number)) {
		rte_pktmbuf_free(frame);
		return;
	}
	if (is_turn(wire->damage, number))
		*rte_pktmbuf_mtod_offset(frame, uint8_t *,
					 frame->data_len - 1) ^= 1;
	if (is_turn(wire->twice, number))
		deliver(w, rte_pktmbuf_copy(frame, pool, 0, UINT32_MAX));
	if (is_turn(wire->forge, number)) {
		struct rte_mbuf *copy =
			rte_pktmbuf_copy(frame, pool, 0, UINT32_MAX);

		forge(copy, number);
		deliver(w, copy);
	}
	if (is_turn(wire->others, number)) {
		struct rte_mbuf *copy =
			rte_pktmbuf_copy(frame, pool, 0, UINT32_MAX);

		readdress(copy);
		deliver(w, copy);
	}
	if (is_turn(wire->hold, number) && w->held == NULL) {
		w->held = frame;
		return;
	}
	deliver(w, frame);
	if (w->held != NULL)
		deliver(w, w->held);
	w->held = NULL;
}

static void
flush(struct rte_ring *ring)
{
	void *frame;

	while (rte_ring_dequeue(ring, &frame) == 0)
		rte_pktmbuf_free(frame);
}

struct gen *
genrig_run_on(const struct gen_options *options, const struct genrig_wire *wire)
{
	const uint64_t hz = rte_get_tsc_hz();
	uint64_t now_tsc = hz;
	void *frame;

	ck_assert_ptr_null(gen_options_fault(options));
	struct gen *gen = gen_make(options);
	ck_assert_ptr_nonnull(gen);
	while (!gen_done(gen)) {
		bool moved = gen_poll(gen, now_tsc) > 0;

		for (int i = 0; i < 2; i++)
			while (rte_ring_dequeue(way[i].out, &frame) == 0) {
				moved = true;
				carry(&way[i], wire, frame);
			}
		now_tsc += moved ? 1000 : hz / 1000;
		ck_assert_uint_lt(now_tsc / hz, LIMIT_S);
	}
	for (int i = 0; i < 2; i++) {
		flush(way[i].in);
		rte_pktmbuf_free(way[i].held);
		way[i].held = NULL;
		way[i].passed = 0;
	}
	return gen;
}

void
genrig_run(const struct gen_options *options, const struct genrig_wire *wire,
	   struct gen_report *report)
{
	struct gen *gen = genrig_run_on(options, wire);

	gen_report_read(gen, report);
	gen_free(gen);
	/* All frames have come back. */
	ck_assert_uint_eq(rte_mempool_avail_count(pool), FRAMES);
}
