/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of sessions: to open, to refuse, to hold, and to find in a table
 * that is half full, nearly full and full.
 *
 * Real worker_poll() over ports made of rings, as in bench_poll.c: a new
 * session is a SYN that comes in, is given a backend and a local port, is
 * entered, and leaves.  Memory is what the product allocates for a table of
 * that size: the file of sessions, the buckets, the links of those that may be
 * given up, and the entry of the local port.
 *
 *   sysctl vm.nr_hugepages=64
 *   taskset -c 1 build/bench/bench_session [--json] [--only refused] */
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "figure.h"
#include "flows.h"

#define RUNS 5
#define PAIRS 9
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

#define MORE ((PAIRS + 1) * BURSTS * BURST_MAX) /* SYNs */
#define PORTS (16 * MX_LOCAL_PORTS)

/* Whether sessions that carry mail hold every place that SYNs could get. */
struct crowd {
	const char *name;
	uint32_t held;
	uint32_t places;
	uint16_t addresses;
	struct flows *flows;
	double value[PAIRS];
};

/* The cost of a refused SYN, beside an accepted one.  The runs take turns, so
 * that load of other programs hits all of them alike.  The ratio is that of
 * successive runs. */
static void
measure_refused(struct figures *figures)
{
	struct crowd crowd[] = {
		{"SYN accepted, 1 M there", MILLION, MILLION + MORE, 24},
		{"SYN refused, no place, 1 M there", MILLION, MILLION, 24},
		{"SYN refused, no port, 1 M there", PORTS, PORTS + MORE, 16},
	};
	double ratio[RTE_DIM(crowd)][PAIRS];

	for (size_t i = 0; i < RTE_DIM(crowd); i++) {
		struct crowd *c = &crowd[i];

		c->flows = flows_make(
			&four, rig_make_sized(1, c->places, c->addresses), 0,
			c->held + MORE);
		flows_establish(c->flows, c->held);
	}
	for (int pair = -1; pair < PAIRS; pair++) /* the first warms up */
		for (size_t i = 0; i < RTE_DIM(crowd); i++) {
			struct crowd *c = &crowd[i];
			const double cycles =
				flows_time(c->flows, BURSTS, put_syns);

			if (pair < 0)
				continue;
			c->value[pair] = cycles;
			ratio[i][pair] = cycles / crowd[0].value[pair];
		}
	rig_must(rig_sessions(crowd[0].flows->rig) == MILLION + MORE);
	rig_must(rig_sessions(crowd[1].flows->rig) == MILLION);
	rig_must(rig_sessions(crowd[2].flows->rig) == PORTS);
	for (size_t i = 0; i < RTE_DIM(crowd); i++) {
		struct rig *rig = crowd[i].flows->rig;

		figures_add(figures, crowd[i].name, "cycles/packet",
			    crowd[i].value, PAIRS);
		flows_free(crowd[i].flows);
		rig_free(rig);
	}
	figures_add(figures, "no place / SYN accepted", "times", ratio[1],
		    PAIRS);
	figures_add(figures, "no port / SYN accepted", "times", ratio[2],
		    PAIRS);
}

/* Bytes a session, in a table with room for `count`. */
static void
measure_memory(struct figures *figures, uint32_t count)
{
	static struct session_table table;
	const double buckets = (double)session_table_buckets_bytes(count) +
			       sizeof(table) +
			       (double)count * sizeof(struct reclaim_link);
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

/* A table with room for a million sessions, as it fills up. */
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
	/* No session that carries mail is given up for them. */
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
	const bool only_refused =
		strcmp(figures_argument(argc, argv, "--only", ""), "refused") ==
		0;
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	measure_refused(&figures);
	if (!only_refused) {
		measure_new(&figures);
		measure_memory(&figures, 10 * MILLION);
		measure_full(&figures);
	}
	figures_end(&figures);
	return 0;
}
