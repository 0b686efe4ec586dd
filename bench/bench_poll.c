/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet of an established session costs, in each forward mode, by how
 * many sessions there are.
 *
 * Real worker_poll() over ports made of rings, so rx, all passes, all counters
 * and tx are in the figure and a driver is not.  Bursts of 32 packets, each of
 * a session drawn at random; checksums are right.  The clock runs while the
 * worker polls and stands while the next burst is made, which happens on the
 * same core and so takes some of its caches away.  Bursts that were interrupted
 * are left out.  A figure is of bursts from
 * clients and from MTAs in turn ("both"), or of clients alone where the MTAs
 * answer past us.
 *
 *   sysctl vm.nr_hugepages=64
 *   taskset -c 1 build/bench/bench_poll [--json] [--only NAME] [--sessions N]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "figure.h"
#include "flows.h"

#define RUNS 5
#define BURSTS 2000u
#define WARM_BURSTS 400u

/* A burst takes 1 to 10 us.  In one that took this long the scheduler, or the
 * host of a virtual machine, gave the core to somebody else. */
#define TAKEN_AWAY_US 50

static const struct subject subjects[] = {
	{"fullnat4", RIG_FULLNAT_TO4, false},
	{"fullnat6", RIG_FULLNAT_TO6, true},
	{"fullnat64", RIG_FULLNAT_TO4, true},
	{"fullnat46", RIG_FULLNAT_TO6, false},
	{"proxy4", RIG_V2_TO4, false},
	{"proxy6", RIG_V2_TO6, true},
	{"nat4", RIG_NAT_TO4, false},
	{"nat6", RIG_NAT_TO6, true},
	{"dsr4", RIG_DSR_TO4, false},
	{"dsr6", RIG_DSR_TO6, true},
	{"ipip4", RIG_IPIP_TO4, false},
	{"ipip6", RIG_IPIP_TO6, true},
	{"gue4", RIG_GUE_TO4, false},
	{"gue6", RIG_GUE_TO6, true},
};

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Cycles of one burst. */
static uint64_t
poll_burst(struct flows *flows, uint16_t port, uint64_t *random)
{
	for (uint32_t i = 0; i < BURST_MAX; i++)
		flows_put(flows, port,
			  (uint32_t)(draw(random) >> 20) % flows->count);
	const uint64_t begin_tsc = rte_rdtsc();
	worker_poll(flows->rig->worker[0], flows->rig->view);
	const uint64_t cycles = rte_rdtsc() - begin_tsc;
	rig_flush(flows->rig);
	return cycles;
}

static double
run(struct flows *flows, const uint16_t port[2], uint32_t bursts)
{
	static uint64_t random = 88172645463325252u;
	const uint64_t limit = rte_get_tsc_hz() / 1000000 * TAKEN_AWAY_US;
	uint64_t cycles = 0;
	uint32_t counted = 0;

	for (uint32_t burst = 0; burst < bursts; burst++) {
		const uint64_t its =
			poll_burst(flows, port[burst % 2], &random);

		if (its > limit)
			continue;
		cycles += its;
		counted++;
	}
	rig_must(counted > bursts / 2);
	return (double)cycles / (counted * BURST_MAX);
}

static void
measure(struct figures *figures, struct flows *flows, const char *way,
	uint16_t first, uint16_t second)
{
	const uint16_t port[2] = {first, second};
	double value[RUNS];
	char name[64];

	run(flows, port, WARM_BURSTS);
	for (int i = 0; i < RUNS; i++)
		value[i] = run(flows, port, BURSTS);
	snprintf(name, sizeof(name), "%s %u %s", flows->subject->name,
		 flows->count, way);
	figures_add(figures, name, "cycles/packet", value, RUNS);
}

static void
measure_subject(struct figures *figures, const struct subject *subject,
		uint32_t sessions)
{
	struct flows *flows = flows_make(subject, sessions);

	flows_establish(flows, sessions);
	measure(figures, flows, "in", WAN, WAN);
	if (!subject_is_one_way(subject)) {
		measure(figures, flows, "out", LAN, LAN);
		measure(figures, flows, "both", WAN, LAN);
	}
	flows_free(flows);
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1u << 10, 1000000, 10000000};
	const char *only = figures_argument(argc, argv, "--only", NULL);
	const char *one_size = figures_argument(argc, argv, "--sessions", NULL);
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	for (size_t i = 0; i < RTE_DIM(subjects); i++) {
		const struct subject *subject = &subjects[i];

		if (only != NULL && strcmp(only, subject->name) != 0)
			continue;
		if (one_size != NULL) {
			measure_subject(&figures, subject,
					(uint32_t)atoi(one_size));
			continue;
		}
		/* Ten million of the first kind alone: it takes a while. */
		for (size_t k = 0; k < (i == 0 ? 3 : 2); k++)
			measure_subject(&figures, subject, sizes[k]);
	}
	figures_end(&figures);
	return 0;
}
