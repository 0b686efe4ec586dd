/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of a change of plan: the time until the workers have it, and the
 * delay of their packets.
 *
 * The region, the plan swap and a worker are the product's; the worker polls a
 * burst of established sessions after the other on a CPU of its own.  Each
 * change gives 256 backends other weights: their pick table is built, the plan
 * published, waited for as long as the data plane's main thread sleeps at most,
 * copied, checked and put in force.  The slowest burst is that of the first
 * ones that see the new plan; a burst is 32 packets, so none of them took
 * longer.
 *
 *   sysctl vm.nr_hugepages=64
 *   build/bench/bench_plan [--json] */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "burst.h"
#include "figure.h"
#include "flows.h"
#include "planswap.h"
#include "regionfile.h"

#define RUNS 5
#define CHANGES 20 /* a run */
#define SESSIONS 1024u
#define BACKENDS 256u
#define FIRST_BACKEND 100u

/* The round of the data plane's main thread; see dataplane/main.c. */
#define ROUND_NS 500000

/* Bursts that are timed after a change. */
#define WATCHED 256u

static const struct subject four = {"fullnat4", RIG_FULLNAT_TO4, false};

struct loop {
	struct flows *flows;
	struct plan_swap *swap;
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
	struct rte_rcu_qsbr *quiescent = loop->swap->quiescent;
	const struct active_plan *before = NULL;

	rig_must(rte_thread_register() == 0);
	rte_rcu_qsbr_thread_online(quiescent, 0);
	while (!atomic_load(&loop->stop)) {
		const struct active_plan *active = atomic_load_explicit(
			&loop->swap->current, memory_order_acquire);

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

/* Another 256 backends' weights than the last time. */
static void
change(struct mx_plan *plan, uint32_t turn)
{
	static struct mx_pick_claim claim[BACKENDS + 3];
	uint32_t count = 0;

	for (uint16_t id = 1; id <= 3; id++)
		claim[count++] = (struct mx_pick_claim){id, id, 100};
	for (uint32_t i = 0; i < BACKENDS; i++) {
		const uint16_t id = (uint16_t)(FIRST_BACKEND + i);

		plan->backend[id] = plan->backend[1];
		plan->backend[id].address.addr = ip4(10, 1, 0, (uint8_t)i);
		plan->backend[id].serves = 1;
		claim[count++] = (struct mx_pick_claim){
			id, id, (uint16_t)(50 + (i + turn) % 100)};
	}
	rig_must(mx_pick_build(&plan->pick[0], claim, count) == 0);
}

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
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
run_changes(struct loop *loop, struct mx_plan *plan, double *took_ms,
	    double *slowest_us)
{
	const struct timespec round = {.tv_nsec = ROUND_NS};
	double took[CHANGES], slowest[CHANGES];
	static uint32_t turn;

	for (int i = 0; i < CHANGES; i++) {
		const double begin_ms = now_ms();

		change(plan, ++turn);
		mx_region_publish(loop->swap->region, plan);
		nanosleep(&round, NULL);
		rig_must(plan_swap_poll(loop->swap));
		took[i] = now_ms() - begin_ms;
		rig_must(atomic_load(&loop->swap->region->ack.fault) ==
			 MX_PLAN_OK);
		while (atomic_load(&loop->burst) < WATCHED)
			nanosleep(&round, NULL);
		slowest[i] = (double)atomic_load(&loop->slowest_tsc) * 1e6 /
			     (double)rte_get_tsc_hz();
	}
	qsort(took, CHANGES, sizeof(*took), compare);
	qsort(slowest, CHANGES, sizeof(*slowest), compare);
	*took_ms = took[CHANGES / 2];
	*slowest_us = slowest[CHANGES / 2];
}

/* The slowest of as many bursts while nothing changes. */
static double
run_calm(struct loop *loop)
{
	const struct timespec round = {.tv_nsec = ROUND_NS};
	double slowest[CHANGES];

	for (int i = 0; i < CHANGES; i++) {
		atomic_store(&loop->slowest_tsc, 0);
		atomic_store(&loop->burst, 0);
		while (atomic_load(&loop->burst) < WATCHED)
			nanosleep(&round, NULL);
		slowest[i] = (double)atomic_load(&loop->slowest_tsc) * 1e6 /
			     (double)rte_get_tsc_hz();
	}
	qsort(slowest, CHANGES, sizeof(*slowest), compare);
	return slowest[CHANGES / 2];
}

static void
measure(struct figures *figures, struct loop *loop)
{
	double took_ms[RUNS], slowest_us[RUNS], calm_us[RUNS];
	struct mx_plan *plan = malloc(MX_PLAN_SIZE(RIG_POOLS));

	rig_must(plan != NULL);
	memcpy(plan, rig_plan(loop->flows->rig), MX_PLAN_SIZE(RIG_POOLS));
	for (int i = 0; i < RUNS; i++) {
		run_changes(loop, plan, &took_ms[i], &slowest_us[i]);
		calm_us[i] = run_calm(loop);
	}
	figures_add(figures, "plan of 256 changed backends", "ms", took_ms,
		    RUNS);
	figures_add(figures, "slowest burst after a change", "us", slowest_us,
		    RUNS);
	figures_add(figures, "slowest burst of as many others", "us", calm_us,
		    RUNS);
	free(plan);
}

static struct plan_swap
make_swap(struct mx_region *region, struct watchdog *watchdog)
{
	const size_t size = rte_rcu_qsbr_get_memsize(1);
	struct plan_swap swap = {
		.region = region,
		.ports = 2,
		.wide = true,
		.quiescent = aligned_alloc(64, (size + 63) / 64 * 64),
		.watchdog = watchdog,
	};

	rig_must(swap.quiescent != NULL);
	rte_rcu_qsbr_init(swap.quiescent, 1);
	rte_rcu_qsbr_thread_register(swap.quiescent, 0);
	return swap;
}

int
main(int argc, char **argv)
{
	char instance[MX_NAME_MAX];
	struct figures figures;
	pthread_t thread;
	int fd;

	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	snprintf(instance, sizeof(instance), "bench-%d", getpid());
	struct mx_region *region = mx_region_create(instance, &fd);
	rig_must(region != NULL);
	struct rig *rig = flows_rig(1, 2 * SESSIONS);
	struct watchdog watchdog = {.worker = region->worker};
	struct plan_swap swap = make_swap(region, &watchdog);

	/* The swap's port maps replace the rig's own. */
	snat_free(&rig->snat);
	rig_must(plan_swap_make(&swap, rig->worker, 1) == 0);
	mx_region_publish(region, rig_plan(rig));
	rte_rcu_qsbr_thread_offline(swap.quiescent, 0);
	rig_must(plan_swap_poll(&swap));

	struct loop loop = {
		.flows = flows_make(&four, rig, 0, SESSIONS),
		.swap = &swap,
	};
	figures = figures_begin(argc, argv);
	flows_establish(loop.flows, SESSIONS);
	rig_must(pthread_create(&thread, NULL, run, &loop) == 0);
	measure(&figures, &loop);
	atomic_store(&loop.stop, true);
	pthread_join(thread, NULL);
	figures_end(&figures);
	flows_free(loop.flows);
	plan_swap_free(&swap);
	free(swap.quiescent);
	rig_free(rig);
	mx_region_close(region, fd);
	mx_region_unlink(instance);
	return 0;
}
