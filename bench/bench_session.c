/* SPDX-License-Identifier: BSD-3-Clause */
/* What sessions cost: to open, to hold, and to find in a table that is half
 * full, nearly full and full.
 *
 * Real worker_poll() over ports made of rings, as in bench_poll.c: a new
 * session is a SYN that comes in, is given a backend and a local port, is
 * entered, and leaves.  Memory is what the product allocates for a table of
 * that size: the file of sessions, the buckets, and the entry of the local
 * port.
 *
 *   sysctl vm.nr_hugepages=64
 *   taskset -c 1 build/bench/bench_session [--json] */
#include <stdio.h>

#include <rte_cycles.h>

#include "figure.h"
#include "flows.h"

#define RUNS 5
#define MILLION 1000000u
#define SYN_BURSTS 1000u /* a run, at a million */
#define BURSTS 1000u

static const struct subject four = {"fullnat4", RIG_FULLNAT_TO4, false};

static void
put_syns(struct flows *flows)
{
	flows_put_syns(flows, BURST_MAX);
}

static void
measure(struct figures *figures, struct flows *flows, const char *name,
	uint32_t bursts, void (*put)(struct flows *flows))
{
	double value[RUNS];

	flows_time(flows, bursts / 10, put);
	for (int i = 0; i < RUNS; i++)
		value[i] = flows_time(flows, bursts, put);
	figures_add(figures, name, "cycles/packet", value, RUNS);
}

/* Sessions a second, while a million are there. */
static void
measure_new(struct figures *figures)
{
	const uint32_t more = (RUNS + 1) * SYN_BURSTS * BURST_MAX;
	struct rig *rig = flows_rig(1, MILLION + more + BURST_MAX);
	struct flows *flows = flows_make(&four, rig, 0, MILLION + more);
	double value[RUNS];

	flows_establish(flows, MILLION);
	flows_time(flows, SYN_BURSTS / 10, put_syns);
	for (int i = 0; i < RUNS; i++)
		value[i] = (double)rte_get_tsc_hz() /
			   flows_time(flows, SYN_BURSTS, put_syns);
	rig_must(rig_sessions(rig) == flows->count);
	figures_add(figures, "new sessions, 1 M there", "1/s", value, RUNS);
	flows_free(flows);
	rig_free(rig);
}

/* Bytes a session of a table with room for `count`. */
static void
measure_memory(struct figures *figures, uint32_t count)
{
	static struct session_table table;
	const double buckets =
		(double)session_table_buckets_bytes(count) + sizeof(table);
	const double port = sizeof(uint32_t);
	double four_bytes =
		((double)MX_SESSIONS_SIZE(count, false) + buckets) / count +
		port;
	double six_bytes =
		((double)MX_SESSIONS_SIZE(count, true) + buckets) / count +
		port;
	double all = six_bytes * count / (1024 * 1024 * 1024.0);
	double all_four = four_bytes * count / (1024 * 1024 * 1024.0);
	char name[64];

	snprintf(name, sizeof(name), "memory a session, IPv4, of %u", count);
	figures_add(figures, name, "bytes", &four_bytes, 1);
	snprintf(name, sizeof(name), "memory a session, IPv6, of %u", count);
	figures_add(figures, name, "bytes", &six_bytes, 1);
	snprintf(name, sizeof(name), "memory of %u sessions, IPv4", count);
	figures_add(figures, name, "GiB", &all_four, 1);
	snprintf(name, sizeof(name), "memory of %u sessions, IPv6", count);
	figures_add(figures, name, "GiB", &all, 1);
}

/* A table with room for a million, and ever more of it in use. */
static void
measure_full(struct figures *figures)
{
	static const uint32_t percents[] = {50, 80, 95, 100};
	const uint32_t syns = (RUNS + 1) * BURSTS * BURST_MAX;
	struct rig *rig = flows_rig(1, MILLION);
	struct flows *flows = flows_make(&four, rig, 0, MILLION + syns);
	char name[64];

	for (size_t i = 0; i < RTE_DIM(percents); i++) {
		flows_establish(flows, MILLION / 100 * percents[i]);
		snprintf(name, sizeof(name), "established, %u %% full",
			 percents[i]);
		measure(figures, flows, name, BURSTS, flows_put_both);
	}
	/* No mail is given up for them. */
	measure(figures, flows, "SYN refused, 100 % full", BURSTS, put_syns);
	rig_must(rig_sessions(rig) == MILLION);
	measure(figures, flows, "established, SYNs refused", BURSTS,
		flows_put_both);
	flows_free(flows);
	rig_free(rig);
}

int
main(int argc, char **argv)
{
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	measure_new(&figures);
	measure_memory(&figures, 10 * MILLION);
	measure_full(&figures);
	figures_end(&figures);
	return 0;
}
