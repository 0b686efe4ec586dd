/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of a packet of an established session, by forward mode and number of
 * sessions.
 *
 * Real worker_poll() over ports made of rings, so rx, all passes, all counters
 * and tx are in the figure and a driver is not.  Bursts of 32 packets, each of
 * a session drawn at random; checksums are right.  The clock runs while the
 * worker polls: see flows_time().  A figure is of bursts from clients ("in"),
 * from MTAs ("out") or from each in turn ("both"); only from clients if the
 * replies are by direct return.
 *
 *   sysctl vm.nr_hugepages=64
 *   taskset -c 1 build/bench/bench_poll [--json] [--only NAME] [--sessions N]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "flows.h"

#define RUNS 5
#define BURSTS 2000u
#define WARM_BURSTS 400u

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

static void
measure(struct figures *figures, struct flows *flows, const char *way,
	void (*put)(struct flows *flows))
{
	double value[RUNS];
	char name[64];

	flows_time(flows, WARM_BURSTS, put);
	for (int i = 0; i < RUNS; i++)
		value[i] = flows_time(flows, BURSTS, put);
	snprintf(name, sizeof(name), "%s %u %s", flows->subject->name,
		 flows->count, way);
	figures_add(figures, name, "cycles/packet", value, RUNS);
}

static void
measure_subject(struct figures *figures, const struct subject *subject,
		uint32_t sessions)
{
	/* As in practice, the table is not quite full. */
	struct rig *rig = flows_rig(1, sessions + sessions / 10);
	struct flows *flows = flows_make(subject, rig, 0, sessions);

	flows_establish(flows, sessions);
	measure(figures, flows, "in", flows_put_in);
	if (!subject_is_direct(subject)) {
		measure(figures, flows, "out", flows_put_out);
		measure(figures, flows, "both", flows_put_both);
	}
	flows_free(flows);
	rig_free(rig);
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
		/* Only the first kind has a figure for ten million sessions,
		 * which takes long. */
		for (size_t k = 0; k < (i == 0 ? 3 : 2); k++)
			measure_subject(&figures, subject, sizes[k]);
	}
	figures_end(&figures);
	return 0;
}
