/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of a change of plan: the time until the workers have it, and the
 * delay of their packets.
 *
 * The worker is the product's.  It polls a burst of established sessions after
 * the other on a CPU of its own while plans change (changes.h).  The slowest
 * burst is that of the first ones that see the new plan; a burst is 32 packets,
 * so none of them took longer.
 *
 *   sysctl vm.nr_hugepages=64
 *   build/bench/bench_plan [--json] */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "burst.h"
#include "changes.h"
#include "figure.h"
#include "flows.h"

#define RUNS 5
#define CHANGES_A_RUN 20
#define SESSIONS 1024u

/* Bursts that are timed after a change. */
#define WATCHED 256u

static const struct subject four = {"fullnat4", RIG_FULLNAT_TO4, false};

struct loop {
	struct flows *flows;
	struct changes *changes;
	atomic_bool stop;
	_Atomic uint32_t burst; /* since the plan changed */
	_Atomic uint64_t slowest_tsc;
};

/* As worker_run(), with bursts to poll and a clock. */
static void *
run(void *arg)
{
	struct loop *loop = arg;
	struct worker *w = loop->flows->rig->worker[0];
	struct rte_rcu_qsbr *quiescent = loop->changes->swap.quiescent;
	const struct active_plan *before = NULL;

	rig_must(rte_thread_register() == 0);
	rte_rcu_qsbr_thread_online(quiescent, 0);
	while (!atomic_load(&loop->stop)) {
		const struct active_plan *active = atomic_load_explicit(
			&loop->changes->swap.current, memory_order_acquire);

		flows_put_in(loop->flows);
		if (active != before) {
			atomic_store(&loop->slowest_tsc, 0);
			atomic_store(&loop->burst, 0);
			before = active;
		}
		const uint64_t begin_tsc = rte_rdtsc();
		worker_poll(w, active);
		const uint64_t its = rte_rdtsc() - begin_tsc;
		rig_flush_worker(loop->flows->rig, 0);
		if (atomic_load(&loop->burst) < WATCHED) {
			if (its > atomic_load(&loop->slowest_tsc))
				atomic_store(&loop->slowest_tsc, its);
			atomic_fetch_add(&loop->burst, 1);
		}
		rte_rcu_qsbr_quiescent(quiescent, 0);
	}
	rte_rcu_qsbr_thread_offline(quiescent, 0);
	rte_thread_unregister();
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

/* Medians of some changes: how long one took, and its slowest burst. */
static void
run_changes(struct loop *loop, double *took_ms, double *slowest_us)
{
	const struct timespec round = {.tv_nsec = CHANGES_ROUND_NS};
	double took[CHANGES_A_RUN], slowest[CHANGES_A_RUN];

	for (int i = 0; i < CHANGES_A_RUN; i++) {
		took[i] = changes_make(loop->changes);
		while (atomic_load(&loop->burst) < WATCHED)
			nanosleep(&round, NULL);
		slowest[i] = (double)atomic_load(&loop->slowest_tsc) * 1e6 /
			     (double)rte_get_tsc_hz();
	}
	qsort(took, CHANGES_A_RUN, sizeof(*took), compare);
	qsort(slowest, CHANGES_A_RUN, sizeof(*slowest), compare);
	*took_ms = took[CHANGES_A_RUN / 2];
	*slowest_us = slowest[CHANGES_A_RUN / 2];
}

/* The slowest of as many bursts while nothing changes. */
static double
run_calm(struct loop *loop)
{
	const struct timespec round = {.tv_nsec = CHANGES_ROUND_NS};
	double slowest[CHANGES_A_RUN];

	for (int i = 0; i < CHANGES_A_RUN; i++) {
		atomic_store(&loop->slowest_tsc, 0);
		atomic_store(&loop->burst, 0);
		while (atomic_load(&loop->burst) < WATCHED)
			nanosleep(&round, NULL);
		slowest[i] = (double)atomic_load(&loop->slowest_tsc) * 1e6 /
			     (double)rte_get_tsc_hz();
	}
	qsort(slowest, CHANGES_A_RUN, sizeof(*slowest), compare);
	return slowest[CHANGES_A_RUN / 2];
}

static void
measure(struct figures *figures, struct loop *loop)
{
	double took_ms[RUNS], slowest_us[RUNS], calm_us[RUNS];

	for (int i = 0; i < RUNS; i++) {
		run_changes(loop, &took_ms[i], &slowest_us[i]);
		calm_us[i] = run_calm(loop);
	}
	figures_add(figures, "plan of 256 changed backends", "ms", took_ms,
		    RUNS);
	figures_add(figures, "slowest burst after a change", "us", slowest_us,
		    RUNS);
	figures_add(figures, "slowest burst of as many others", "us", calm_us,
		    RUNS);
}

int
main(int argc, char **argv)
{
	struct figures figures;
	struct changes changes;
	pthread_t thread;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	struct rig *rig = flows_rig(1, 2 * SESSIONS);
	changes_begin(&changes, rig);

	struct loop loop = {
		.flows = flows_make(&four, rig, 0, SESSIONS),
		.changes = &changes,
	};
	figures = figures_begin(argc, argv);
	flows_establish(loop.flows, SESSIONS);
	rig_must(pthread_create(&thread, NULL, run, &loop) == 0);
	measure(&figures, &loop);
	atomic_store(&loop.stop, true);
	pthread_join(thread, NULL);
	figures_end(&figures);
	flows_free(loop.flows);
	changes_end(&changes);
	rig_free(rig);
	return 0;
}
