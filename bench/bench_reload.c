/* SPDX-License-Identifier: BSD-3-Clause */
/* The reload of a deny list of two million prefixes: how long it takes, and what
 * waits for it.
 *
 * The parts are the product's.  A thread reads the operator's file, builds the
 * table and writes it, while an event loop goes on; then a plan names the table,
 * and the main thread of the data plane reads it, checks it and puts it in
 * force.  Meanwhile a worker polls bursts of established sessions.  The loop has
 * a timer of a millisecond: its longest pause is the longest time between two of
 * them.  The worker has a CPU of its own, and all else the other one.
 *
 *   taskset -c 0,1 build/bench/bench_reload [--json] */
#include <event2/event.h>
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
#include "changes.h"
#include "config.h"
#include "denyfile.h"
#include "figure.h"
#include "flows.h"
#include "listreader.h"

#define RUNS 5
#define LIST (2u * 1000 * 1000)
#define SESSIONS 1024u
#define TICK_US 1000

static const struct subject four = {"fullnat4", RIG_FULLNAT_TO4, false};

enum family { FAMILY_4, FAMILY_6, FAMILIES };

/* The worker, and the slowest burst since it was set to 0. */
struct polling {
	struct flows *flows;
	struct changes *changes;
	int cpu;
	atomic_bool stop;
	_Atomic uint64_t slowest_tsc;
};

/* The reload that is under way. */
struct reload {
	struct event_base *base;
	struct mx_config *config;
	struct list_built built;
	bool done;
	double tick_ms; /* when the timer last fired */
	double pause_ms;
};

/* One run. */
struct took {
	double all_s;
	double pause_ms; /* of the control plane's loop */
	double swap_ms;  /* of the data plane's main thread */
	double burst_us;
	double calm_us; /* the slowest burst of as long a time without a
			 * reload */
};

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void
stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

/* As worker_run(), with bursts to poll and a clock. */
static void *
poll_bursts(void *arg)
{
	struct polling *polling = arg;
	struct worker *w = polling->flows->rig->worker[0];
	struct plan_swap *swap = &polling->changes->swap;

	stay_on(polling->cpu);
	rig_must(rte_thread_register() == 0);
	rte_rcu_qsbr_thread_online(swap->quiescent, 0);
	while (!atomic_load(&polling->stop)) {
		const struct active_plan *active = atomic_load_explicit(
			&swap->current, memory_order_acquire);

		flows_put_in(polling->flows);
		const uint64_t begin_tsc = rte_rdtsc();
		worker_poll(w, active);
		const uint64_t its = rte_rdtsc() - begin_tsc;
		rig_flush_worker(polling->flows->rig, 0);
		if (its > atomic_load(&polling->slowest_tsc))
			atomic_store(&polling->slowest_tsc, its);
		rte_rcu_qsbr_quiescent(swap->quiescent, 0);
	}
	rte_rcu_qsbr_thread_offline(swap->quiescent, 0);
	rte_thread_unregister();
	return NULL;
}

static double
slowest_us(const struct polling *polling)
{
	return (double)atomic_load(&polling->slowest_tsc) * 1e6 /
	       (double)rte_get_tsc_hz();
}

/* Write a list that differs from the one of the turn before. */
static void
write_list(const char *path, enum family family, int turn)
{
	uint64_t random = 88172645463325252u + (uint64_t)turn;
	FILE *file = fopen(path, "w");

	rig_must(file != NULL);
	for (uint32_t i = 0; i < LIST; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		const uint32_t a = (uint32_t)random;
		if (family == FAMILY_4)
			fprintf(file, "%u.%u.%u.%u\n", 100 + (a >> 24) % 100,
				a >> 16 & 255, a >> 8 & 255, a & 255);
		else
			fprintf(file, "2a00:%x:%x:%x::/64\n", a >> 16,
				a & 0xffff, (uint32_t)(random >> 32) & 0xffff);
	}
	rig_must(fclose(file) == 0);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct reload *reload = arg;
	const double now = now_ms();

	(void)fd, (void)what;
	if (now - reload->tick_ms > reload->pause_ms)
		reload->pause_ms = now - reload->tick_ms;
	reload->tick_ms = now;
}

static void
on_read(void *arg, int error, const struct list_built *built)
{
	struct reload *reload = arg;

	rig_must(error == 0);
	reload->built = *built;
	reload->done = true;
	event_base_loopbreak(reload->base);
}

/* The control plane's part. */
static void
read_list(struct reload *reload, const char *instance)
{
	static const struct mx_hash_key key = {{1, 2}};
	const struct timeval every = {.tv_usec = TICK_US};
	const struct list_job job = {
		.kind = LIST_DENIES,
		.instance = instance,
		.key = &key,
		.config = reload->config,
		.deny = &reload->config->service[0].deny,
	};
	struct list_reader *reader =
		list_reader_new(reload->base, on_read, reload);
	struct event *tick =
		event_new(reload->base, -1, EV_PERSIST, on_tick, reload);

	rig_must(reader != NULL && tick != NULL);
	event_add(tick, &every);
	reload->tick_ms = now_ms();
	rig_must(list_reader_begin(reader, &job) == 0);
	while (!reload->done)
		event_base_dispatch(reload->base);
	on_tick(-1, 0, reload);
	event_free(tick);
	list_reader_free(reader);
}

/* The data plane's part. */
static void
put_in_force(struct changes *changes, const struct list_built *built)
{
	struct mx_service *service = &changes->plan->service[four.service];

	service->deny.serial = built->serial;
	service->deny.size_bytes = built->size_bytes;
	mx_region_publish(changes->region, changes->plan);
	rig_must(plan_swap_poll(&changes->swap));
	rig_must(atomic_load(&changes->region->ack.fault) == MX_PLAN_OK &&
		 atomic_load(&changes->region->ack.deny_missing) == 0);
}

static struct took
reload_once(struct polling *polling, struct mx_config *config)
{
	struct changes *changes = polling->changes;
	struct reload reload = {.base = event_base_new(), .config = config};
	struct took took;

	rig_must(reload.base != NULL);
	atomic_store(&polling->slowest_tsc, 0);
	const double begin_ms = now_ms();
	read_list(&reload, changes->instance);
	const double read_ms = now_ms();
	put_in_force(changes, &reload.built);
	const double end_ms = now_ms();
	took = (struct took){
		.all_s = (end_ms - begin_ms) / 1e3,
		.pause_ms = reload.pause_ms,
		.swap_ms = end_ms - read_ms,
		.burst_us = slowest_us(polling),
	};
	mx_deny_files_prune(changes->instance, &reload.built.serial, 1);
	event_base_free(reload.base);

	atomic_store(&polling->slowest_tsc, 0);
	usleep((useconds_t)(took.all_s * 1e6));
	took.calm_us = slowest_us(polling);
	return took;
}

static void
measure(struct figures *figures, struct polling *polling,
	struct mx_config *config, enum family family)
{
	static const struct {
		const char *name;
		const char *unit;
		size_t at;
	} parts[] = {
		{"reload of", "s", offsetof(struct took, all_s)},
		{"loop's longest pause,", "ms",
		 offsetof(struct took, pause_ms)},
		{"data plane's main thread,", "ms",
		 offsetof(struct took, swap_ms)},
		{"slowest burst,", "us", offsetof(struct took, burst_us)},
		{"slowest burst without,", "us",
		 offsetof(struct took, calm_us)},
	};
	struct took took[RUNS];
	double value[RUNS];
	char name[96];

	for (int i = 0; i < RUNS; i++) {
		write_list(config->service[0].deny.file, family, i);
		took[i] = reload_once(polling, config);
	}
	for (size_t p = 0; p < RTE_DIM(parts); p++) {
		for (int i = 0; i < RUNS; i++)
			memcpy(&value[i], (char *)&took[i] + parts[p].at,
			       sizeof(value[i]));
		snprintf(name, sizeof(name), "%s 2 M prefixes of IPv%d",
			 parts[p].name, family == FAMILY_4 ? 4 : 6);
		figures_add(figures, name, parts[p].unit, value, RUNS);
	}
}

/* The first and the last CPU of those that this process may use. */
static void
choose_cpus(int *first, int *last)
{
	cpu_set_t all;

	*first = *last = -1;
	rig_must(sched_getaffinity(0, sizeof(all), &all) == 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &all)) {
			*first = *first < 0 ? cpu : *first;
			*last = cpu;
		}
}

int
main(int argc, char **argv)
{
	struct figures figures;
	struct changes changes;
	pthread_t thread;
	int first, last;

	choose_cpus(&first, &last);
	if (!rig_start_dpdk_huge())
		fprintf(stderr, "no huge pages are free: figures are worse\n");
	struct rig *rig = flows_rig(1, 2 * SESSIONS);
	struct mx_config *config = calloc(1, sizeof(*config));
	rig_must(config != NULL);
	char *path = config->service[0].deny.file;
	strcpy(path, "/tmp/mxsteer-bench-XXXXXX");
	const int fd = mkstemp(path);
	rig_must(fd >= 0 && close(fd) == 0);
	changes_begin(&changes, rig);
	changes.swap.deny.instance = changes.instance;

	struct polling polling = {
		.flows = flows_make(&four, rig, 0, SESSIONS),
		.changes = &changes,
		.cpu = last,
	};
	figures = figures_begin(argc, argv);
	flows_establish(polling.flows, SESSIONS);
	rig_must(pthread_create(&thread, NULL, poll_bursts, &polling) == 0);
	stay_on(first);
	for (int family = 0; family < FAMILIES; family++)
		measure(&figures, &polling, config, (enum family)family);
	atomic_store(&polling.stop, true);
	pthread_join(thread, NULL);
	figures_end(&figures);
	unlink(path);
	mx_deny_files_prune(changes.instance, NULL, 0);
	free(config);
	flows_free(polling.flows);
	changes_end(&changes);
	rig_free(rig);
	return 0;
}
