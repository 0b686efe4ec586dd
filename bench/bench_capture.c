/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet costs while `mxsteer capture` is on: copies of all frames, or
 * of those of another client only.
 *
 * Real workers over ports made of rings, as in bench_poll.c; bursts of 32 from
 * clients and from MTAs in turn.  The three kinds are measured in turns, so
 * that a bad while of the machine is in all of them.  Records are taken out of
 * the ring between bursts by the same core; in the product the control plane
 * does that on another one.
 *
 *   sysctl vm.nr_hugepages=64
 *   taskset -c 1 build/bench/bench_capture [--json] */
#include <stdio.h>

#include "figure.h"
#include "flows.h"

#define RUNS 9
#define BURSTS 2000u
#define WARM_BURSTS 400u

enum kind { OFF, ALL, OTHER, KINDS };

static const char *const names[KINDS] = {"off", "all frames",
					 "another client's"};

static const struct subject subjects[] = {
	{"fullnat4", RIG_FULLNAT_TO4, false},
	{"fullnat6", RIG_FULLNAT_TO6, true},
};

static double
time_kind(struct flows *flows, enum kind kind)
{
	const struct mx_capture_filter filter[KINDS] = {
		[ALL] = {.bytes = MX_CAPTURE_BYTES},
		[OTHER] = flows_filter_other(flows),
	};

	if (kind != OFF)
		flows_capture(flows, &filter[kind]);
	flows_time(flows, WARM_BURSTS, flows_put_both);
	const double cycles = flows_time(flows, BURSTS, flows_put_both);
	if (kind != OFF)
		flows_capture_end(flows);
	return cycles;
}

static void
measure(struct figures *figures, const struct subject *subject,
	uint32_t sessions)
{
	struct rig *rig = flows_rig(1, sessions + sessions / 10);
	struct flows *flows = flows_make(subject, rig, 0, sessions);
	double value[KINDS][RUNS];
	char name[64];

	flows_establish(flows, sessions);
	for (int run = 0; run < RUNS; run++)
		for (int kind = 0; kind < KINDS; kind++)
			value[kind][run] = time_kind(flows, (enum kind)kind);
	for (int kind = 0; kind < KINDS; kind++) {
		snprintf(name, sizeof(name), "%s %u, capture: %s",
			 subject->name, sessions, names[kind]);
		figures_add(figures, name, "cycles/packet", value[kind], RUNS);
	}
	flows_free(flows);
	rig_free(rig);
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1u << 10, 1000000};
	struct figures figures;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	for (size_t i = 0; i < RTE_DIM(subjects); i++)
		for (size_t k = 0; k < RTE_DIM(sizes); k++)
			measure(&figures, &subjects[i], sizes[k]);
	figures_end(&figures);
	return 0;
}
