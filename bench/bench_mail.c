/* SPDX-License-Identifier: BSD-3-Clause */
/* What a whole SMTP session costs a worker: SYN to the last ACK of a FIN, with
 * one message of 4 kB.
 *
 *   clients ---ring--- worker ---ring--- servers     all in one thread, in
 * turns
 *
 * The generator's clients and servers talk through a real worker, which polls
 * until nothing moves before they go on; only the cycles of its polls that
 * found a frame count.  Its clock goes a hundred times as fast, so that
 * sessions that are over leave the table while others come, as they do in a
 * day's work. A run in which any mail is lost, doubled or told of a wrong
 * client is none.
 *
 *   taskset -c 1 build/bench/bench_mail [--json] [--seed N] */
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "figure.h"
#include "gen.h"
#include "rig.h"

#define RUNS 5
#define SESSIONS 60000u /* of a run */
#define AT_ONCE 200u
#define MESSAGE_BYTES 4000u
#define MTU 1500

#define CLOCK_SPEED 100u
#define CLOCK_FIRST_S 1000u
/* With those that are over, which stay for 120 s: a second or two of ours. */
#define TABLE_SESSIONS (1u << 19)
#define LOCAL_ADDRESSES 9u

static const struct subject {
	const char *name;
	enum rig_service service;
	enum gen_seen seen;
} subjects[] = {
	{"SMTP session of 4 kB", RIG_V2_TO4, GEN_SEEN_PROXY_V2},
	{"SMTP session of 4 kB, no PROXY", RIG_FULLNAT_TO4, GEN_SEEN_NOBODY},
	{"SMTP session of 4 kB, nat", RIG_NAT_TO4, GEN_SEEN_SOURCE},
};

static uint16_t client_port, server_port;

/* The other end of a port of the rig, as a port. */
static uint16_t
far_port(unsigned port, struct rte_mempool *pool)
{
	static const struct rte_eth_conf plain;
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "tx-%u-0", port);
	struct rte_ring *rx = rte_ring_lookup(name);
	snprintf(name, sizeof(name), "rx-%u-0", port);
	struct rte_ring *tx = rte_ring_lookup(name);
	rig_must(rx != NULL && tx != NULL);
	snprintf(name, sizeof(name), "far%u", port);
	const int made = rte_eth_from_rings(name, &rx, 1, &tx, 1, 0);
	rig_must(made >= 0);
	const uint16_t id = (uint16_t)made;
	rig_must(rte_eth_dev_configure(id, 1, 1, &plain) == 0);
	rig_must(rte_eth_rx_queue_setup(id, 0, BURST_MAX, 0, NULL, pool) == 0);
	rig_must(rte_eth_tx_queue_setup(id, 0, BURST_MAX, 0, NULL) == 0);
	rig_must(rte_eth_dev_start(id) == 0);
	return id;
}

static struct gen_options
options_for(const struct rig *rig, const struct subject *subject, uint64_t seed)
{
	const struct end vip = rig_vip_of(subject->service, false);
	struct gen_options options;

	gen_options_default(&options);
	options.client = (struct gen_side){
		.on = true,
		.port = client_port,
		.mtu = MTU,
		.mac = rig_client.mac,
		.peer_mac = vip.mac,
	};
	options.server = (struct gen_side){
		.on = true,
		.port = server_port,
		.mtu = MTU,
		.mac = rig_mta(1).mac,
		.peer_mac = rig_local.mac,
	};
	options.pool = rig->worker[0]->pool;
	options.sessions = SESSIONS;
	options.at_once = AT_ONCE;
	options.mix.size_low = options.mix.size_high = MESSAGE_BYTES;
	options.seen = subject->seen;
	options.seed = seed;
	options.shares_core = true;
	options.prefix[0] = (struct gen_prefix){ip4(203, 0, 113, 0), 96 + 24};
	options.prefix_count = 1;
	options.target[0] =
		(struct mx_endpoint){vip.ip, rte_cpu_to_be_16(vip.port)};
	options.target_count = 1;
	for (int i = 0; i < 3; i++)
		options.mta[options.mta_count++] = (struct mx_endpoint){
			rig_mta(1 + i).ip, rte_cpu_to_be_16(rig_mta(1).port)};
	return options;
}

/* Microseconds of the worker's time a session. */
static double
run(struct rig *rig, const struct subject *subject, uint64_t seed)
{
	static uint64_t begin_tsc;
	const struct gen_options options = options_for(rig, subject, seed);
	struct worker *w = rig->worker[0];
	const uint64_t busy_before = w->count->busy_cycles;
	struct gen_report report;

	begin_tsc = begin_tsc == 0 ? rte_rdtsc() : begin_tsc;
	rig_must(gen_options_fault(&options) == NULL);
	struct gen *gen = gen_make(&options);
	rig_must(gen != NULL);
	while (!gen_done(gen)) {
		const uint64_t now_tsc = rte_rdtsc();

		gen_poll(gen, now_tsc);
		w->now_s = CLOCK_FIRST_S +
			   (uint32_t)((now_tsc - begin_tsc) * CLOCK_SPEED /
				      rte_get_tsc_hz());
		while (worker_poll(w, rig->view) > 0)
			continue;
	}
	gen_report_read(gen, &report);
	gen_free(gen);
	if (!report.clean || report.traffic.ended[GEN_COMPLETED] != SESSIONS) {
		fprintf(stderr, "%s: %s\n", subject->name,
			report.verdict[0] != '\0'
				? report.verdict
				: "sessions were not completed");
		exit(1);
	}
	return (double)(w->count->busy_cycles - busy_before) * 1e6 /
	       (double)rte_get_tsc_hz() / SESSIONS;
}

int
main(int argc, char **argv)
{
	const uint64_t seed =
		strtoull(figures_argument(argc, argv, "--seed", "1"), NULL, 10);
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	for (size_t i = 0; i < RTE_DIM(subjects); i++) {
		double value[RUNS];
		struct rig *rig =
			rig_make_sized(1, TABLE_SESSIONS, LOCAL_ADDRESSES);

		if (i == 0) {
			client_port = far_port(WAN, rig->worker[0]->pool);
			server_port = far_port(LAN, rig->worker[0]->pool);
		}
		run(rig, &subjects[i], seed);
		for (int k = 0; k < RUNS; k++)
			value[k] =
				run(rig, &subjects[i], seed + 1 + (uint64_t)k);
		figures_add(&figures, subjects[i].name, "us", value, RUNS);
		rig_free(rig);
	}
	figures_end(&figures);
	return 0;
}
