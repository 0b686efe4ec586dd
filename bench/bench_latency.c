/* SPDX-License-Identifier: BSD-3-Clause */
/* The time that packets spend in the data plane, at 10, 50 and 90 % of the
 * highest rate, while no plan changes and while plans change.
 *
 * The worker is the product's, with ports made of rings.  Packets arrive at
 * even intervals of a clock that runs only while the worker polls: by the next
 * poll, those that have arrived meanwhile are there, at most a burst.  So the
 * waiting behind other packets is in the figure, and the making of packets is
 * not.  A packet has left when the poll that took it ends.  The highest rate is
 * that of full bursts.
 *
 * Polls during which the kernel gave the core to another thread are left out:
 * the core of a worker is its own.  A virtual machine's host may take the core
 * away unseen, so p99.9 and max can be the host's.
 *
 *   sysctl vm.nr_hugepages=64
 *   build/bench/bench_latency [--json] */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "burst.h"
#include "changes.h"
#include "figure.h"
#include "flows.h"
#include "histogram.h"

#define RUNS 5
#define PACKETS 1000000u /* a run */
#define SESSIONS 100000u
#define WARM_PACKETS 200000u

/* A poll that takes longer may have been without its core for a part. */
#define LONG_POLL_US 10

/* The pause between two changes of plan. */
#define PAUSE_NS 5000000

static const struct subject four = {"fullnat4", RIG_FULLNAT_TO4, false};

/* One run: packets that arrive every gap_tsc, or as fast as they are taken if
 * it is 0. */
struct traffic {
	struct flows *flows;
	struct changes *changes;
	double gap_tsc;
	uint32_t packets;
	struct histogram latency; /* in cycles */
	uint64_t worked_tsc;      /* the clock at the end */
	atomic_bool done;
};

/* How many packets have arrived that the worker has not taken, at most a
 * burst. */
static uint32_t
waiting(const struct traffic *t, uint32_t taken)
{
	const uint32_t left = RTE_MIN(t->packets - taken, (uint32_t)BURST_MAX);

	if (t->gap_tsc <= 0)
		return left;
	const double arrived = (double)t->worked_tsc / t->gap_tsc + 1 - taken;
	if (arrived <= 0)
		return 0;
	return arrived < left ? (uint32_t)arrived : left;
}

static void
note_latency(struct traffic *t, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t arrived_tsc =
			(uint64_t)((first + i) * t->gap_tsc);

		histogram_add(&t->latency, t->worked_tsc - arrived_tsc);
	}
}

/* How often the kernel has given the core of this thread to another. */
static long
switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

/* Poll once.  Returns the cycles, or 0 if the worker was without its core
 * meanwhile. */
static uint64_t
poll_once(struct worker *w, const struct active_plan *active, long *switched)
{
	const uint64_t limit = rte_get_tsc_hz() / 1000000 * LONG_POLL_US;
	const uint64_t begin_tsc = rte_rdtsc();

	worker_poll(w, active);
	const uint64_t its = rte_rdtsc() - begin_tsc;
	if (its < limit)
		return its;
	const long before = *switched;
	*switched = switches();
	return *switched == before ? its : 0;
}

/* As worker_run(), with packets to poll and a clock. */
static void *
run(void *arg)
{
	struct traffic *t = arg;
	struct worker *w = t->flows->rig->worker[0];
	struct plan_swap *swap = &t->changes->swap;
	long switched = switches();

	rig_must(rte_thread_register() == 0);
	rte_rcu_qsbr_thread_online(swap->quiescent, 0);
	for (uint32_t taken = 0; taken < t->packets;) {
		const struct active_plan *active = atomic_load_explicit(
			&swap->current, memory_order_acquire);
		const uint32_t count = waiting(t, taken);

		flows_put_some(t->flows, count);
		const uint64_t its = poll_once(w, active, &switched);
		t->worked_tsc += its;
		if (its > 0)
			note_latency(t, taken, count);
		taken += count;
		rig_flush_worker(t->flows->rig, 0);
		rte_rcu_qsbr_quiescent(swap->quiescent, 0);
	}
	rte_rcu_qsbr_thread_offline(swap->quiescent, 0);
	rte_thread_unregister();
	atomic_store(&t->done, true);
	return NULL;
}

/* Let the packets through, on a thread of their own. */
static void
pass(struct traffic *t, bool change)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	pthread_t thread;

	memset(&t->latency, 0, sizeof(t->latency));
	t->worked_tsc = 0;
	atomic_store(&t->done, false);
	rig_must(pthread_create(&thread, NULL, run, t) == 0);
	while (!atomic_load(&t->done)) {
		if (change)
			changes_make(t->changes);
		nanosleep(&pause, NULL);
	}
	pthread_join(thread, NULL);
}

/* The cycles between two packets at the highest rate. */
static double
least_gap(struct figures *figures, struct traffic *t)
{
	double mpps[RUNS];

	t->gap_tsc = 0;
	t->packets = WARM_PACKETS;
	pass(t, false);
	t->packets = PACKETS;
	for (int i = 0; i < RUNS; i++) {
		pass(t, false);
		mpps[i] = PACKETS * 1e-6 * (double)rte_get_tsc_hz() /
			  (double)t->worked_tsc;
	}
	return (double)rte_get_tsc_hz() * 1e-6 /
	       figures_add(figures, "highest rate", "Mpps", mpps, RUNS);
}

static void
measure(struct figures *figures, struct traffic *t, uint32_t percent,
	bool change)
{
	static const struct {
		const char *name;
		double share;
	} points[] = {
		{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};
	const double us = 1e6 / (double)rte_get_tsc_hz();
	double value[RTE_DIM(points)][RUNS];
	char name[64];

	for (int i = 0; i < RUNS; i++) {
		pass(t, change);
		for (size_t k = 0; k < RTE_DIM(points); k++)
			value[k][i] =
				us * (double)(points[k].share < 1
						      ? histogram_percentile(
								&t->latency,
								points[k].share)
						      : t->latency.max);
	}
	for (size_t k = 0; k < RTE_DIM(points); k++) {
		snprintf(name, sizeof(name), "latency at %u %%%s, %s", percent,
			 change ? ", plans change" : "", points[k].name);
		figures_add(figures, name, "us", value[k], RUNS);
	}
}

int
main(int argc, char **argv)
{
	static const uint32_t percents[] = {10, 50, 90};
	static struct traffic traffic;
	struct figures figures;
	struct changes changes;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	struct rig *rig = flows_rig(1, 2 * SESSIONS);
	changes_begin(&changes, rig);
	traffic.flows = flows_make(&four, rig, 0, SESSIONS);
	traffic.changes = &changes;
	figures = figures_begin(argc, argv);
	flows_establish(traffic.flows, SESSIONS);

	const double least_tsc = least_gap(&figures, &traffic);
	for (size_t i = 0; i < RTE_DIM(percents); i++) {
		traffic.gap_tsc = least_tsc * 100 / percents[i];
		measure(&figures, &traffic, percents[i], false);
		measure(&figures, &traffic, percents[i], true);
	}
	figures_end(&figures);
	flows_free(traffic.flows);
	changes_end(&changes);
	rig_free(rig);
	return 0;
}
