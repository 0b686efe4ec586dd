/* SPDX-License-Identifier: BSD-3-Clause */
/* The gain of a second worker.
 *
 * Two workers of one data plane, each with its own sessions, poll on two CPUs
 * at once.  Before that, one of them polls while the other CPU is idle.  A
 * worker's rate counts only the time in which it polls.  The same is measured
 * for arithmetic without memory.  It shows what two CPUs can gain at most,
 * since those of a virtual machine may share a core.
 *
 *   sysctl vm.nr_hugepages=64
 *   build/bench/bench_workers [--json] */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "figure.h"
#include "flows.h"

#define WORKERS 2
#define RUNS 5
#define BURSTS 4000u
#define SESSIONS 1024u

/* Keyed hashes of one run of the arithmetic. */
#define HASHES 4000000u

static const struct subject four = {"fullnat4", RIG_FULLNAT_TO4, false};

struct runner {
	unsigned cpu;
	struct flows *flows; /* NULL: arithmetic */
	pthread_barrier_t *begin;
	double rate; /* per second */
};

static double
hash_rate(void)
{
	const struct mx_hash_key key = {{1, 2}};
	const uint64_t begin_tsc = rte_rdtsc();
	uint64_t hash[4] = {1, 2, 3, 4};

	/* Four chains, so that the multiplier is always busy. */
	for (uint32_t i = 0; i < HASHES; i += 4)
		for (int k = 0; k < 4; k++)
			hash[k] = mx_hash_words(&key, hash[k], i);
	rig_must((hash[0] ^ hash[1] ^ hash[2] ^ hash[3]) != 0);
	return HASHES * (double)rte_get_tsc_hz() /
	       (double)(rte_rdtsc() - begin_tsc);
}

static void *
run(void *arg)
{
	struct runner *runner = arg;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(runner->cpu, &cpus);
	rig_must(pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) ==
		 0);
	/* For a cache of frames of its own. */
	rig_must(rte_thread_register() == 0);
	pthread_barrier_wait(runner->begin);
	runner->rate = runner->flows == NULL
			       ? hash_rate()
			       : (double)rte_get_tsc_hz() /
					 flows_time(runner->flows, BURSTS,
						    flows_put_both);
	rte_thread_unregister();
	return NULL;
}

/* The sum of the rates of the first `count`, which run at once. */
static double
run_together(struct runner *runner, unsigned count)
{
	pthread_t thread[WORKERS];
	pthread_barrier_t begin;
	double rate = 0;

	pthread_barrier_init(&begin, NULL, count);
	for (unsigned i = 0; i < count; i++) {
		runner[i].begin = &begin;
		rig_must(pthread_create(&thread[i], NULL, run, &runner[i]) ==
			 0);
	}
	for (unsigned i = 0; i < count; i++) {
		pthread_join(thread[i], NULL);
		rate += runner[i].rate;
	}
	pthread_barrier_destroy(&begin);
	return rate;
}

static void
measure(struct figures *figures, struct runner *runner, const char *what)
{
	double one[RUNS], two[RUNS], ratio[RUNS];
	char name[64];

	for (int i = 0; i < RUNS; i++) {
		one[i] = run_together(runner, 1);
		two[i] = run_together(runner, WORKERS);
		ratio[i] = two[i] / one[i];
	}
	snprintf(name, sizeof(name), "one %s", what);
	figures_add(figures, name, "1/s", one, RUNS);
	snprintf(name, sizeof(name), "two %ss", what);
	figures_add(figures, name, "1/s", two, RUNS);
	snprintf(name, sizeof(name), "two %ss to one", what);
	figures_add(figures, name, "ratio", ratio, RUNS);
}

/* Find the first CPUs that this process may use. */
static void
choose_cpus(struct runner *runner)
{
	cpu_set_t cpus;
	unsigned found = 0;

	rig_must(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && found < WORKERS; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			runner[found++].cpu = cpu;
	if (found == WORKERS)
		return;
	fprintf(stderr, "two workers need two CPUs\n");
	exit(EXIT_FAILURE);
}

int
main(int argc, char **argv)
{
	struct runner runner[WORKERS] = {0};
	struct figures figures;

	choose_cpus(runner);
	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	figures = figures_begin(argc, argv);
	measure(&figures, runner, "hasher");

	struct rig *rig = flows_rig(WORKERS, 2 * SESSIONS);
	for (uint16_t i = 0; i < WORKERS; i++) {
		runner[i].flows = flows_make(&four, rig, i, SESSIONS);
		flows_establish(runner[i].flows, SESSIONS);
	}
	measure(&figures, runner, "worker");
	for (uint16_t i = 0; i < WORKERS; i++) {
		rig_must(rig->count[i].handed_off == 0);
		flows_free(runner[i].flows);
	}
	rig_free(rig);
	figures_end(&figures);
	return 0;
}
