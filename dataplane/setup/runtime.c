/* SPDX-License-Identifier: BSD-3-Clause */
#include "runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_mbuf.h>

#include "bondwatch.h"
#include "ended.h"
#include "folder.h"
#include "framepool.h"
#include "homing.h"
#include "limit.h"
#include "log.h"
#include "memory.h"
#include "port.h"
#include "ports.h"
#include "recovery.h"
#include "run.h"
#include "sessionfiles.h"
#include "twins.h"

/* Frames between two workers; a ring holds one frame less. */
#define HANDOFF_FRAMES 4096

static int
say(const char *what, int error)
{
	log_line(LOG_LEVEL_ERROR, "cannot start: no %s: %s", what,
		 strerror(-error));
	return error;
}

/* Does another worker poll on the same core? */
static bool
shares_core(const struct mx_config_dataplane *dataplane, uint16_t id)
{
	for (uint16_t i = 0; i < dataplane->worker_count; i++)
		if (i != id &&
		    dataplane->worker_core[i] == dataplane->worker_core[id])
			return true;
	return false;
}

static struct worker *
make_worker(struct runtime *runtime,
	    const struct mx_config_dataplane *dataplane, uint16_t id)
{
	struct worker *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);

	if (w == NULL)
		return NULL;
	memset(w, 0, sizeof(*w));
	w->id = id;
	w->workers = dataplane->worker_count;
	w->ports = dataplane->port_count;
	w->idle = (struct idle){
		.sleeps = dataplane->idle == MX_IDLE_SLEEP,
		.shares_core = shares_core(dataplane, id),
	};
	w->count = &runtime->region->worker[id];
	w->active = &runtime->swap.current;
	w->quiescent = runtime->quiescent;
	w->stop = &runtime->stop;
	w->frame_pool = runtime->frame_pool;
	if (recovery_timers_make(w, rte_get_tsc_hz()) != 0)
		return NULL;
	w->tsc_hz = rte_get_tsc_hz();
	worker_clock_read(w);
	return w;
}

/* Make a ring from each worker to each other worker.  So each ring has one
 * producer and one consumer and needs no atomic operation. */
static int
make_rings(struct runtime *runtime, uint16_t workers)
{
	char name[RTE_RING_NAMESIZE];

	for (uint16_t from = 0; from < workers; from++) {
		for (uint16_t to = 0; to < workers; to++) {
			if (from == to)
				continue;
			snprintf(name, sizeof(name), "handoff-%u-%u", from, to);
			struct rte_ring *ring = rte_ring_create(
				name, HANDOFF_FRAMES, SOCKET_ID_ANY,
				RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (ring == NULL)
				return say("ring between two workers",
					   -rte_errno);
			runtime->worker[from]->to[to] = ring;
			runtime->worker[to]->from[from] = ring;
		}
	}
	return 0;
}

static uint32_t
count_sessions(const struct mx_sessions_file *file)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < file->count; i++)
		count += atomic_load_explicit(&file->session[i].state,
					      memory_order_relaxed) !=
			 MX_SESSION_FREE;
	return count;
}

static int
attach_sessions(struct runtime *runtime, const struct mx_config *config)
{
	struct mx_hash_key key;
	struct snat *snat = &runtime->swap.snat;

	int error = session_files_key(config, &key);
	if (error == 0)
		error = session_files_open(
			runtime->session_file, config, &key,
			runtime->region->header.sessions_path);
	if (error != 0)
		return error;
	uint32_t there = 0;
	for (uint16_t i = 0; i < snat->workers && error == 0; i++) {
		there += count_sessions(runtime->session_file[i].map);
		error = recovery_attach(runtime->worker[i],
					runtime->session_file[i].map, snat);
		runtime->sessions_kept += runtime->worker[i]->sessions.used;
	}
	if (error != 0)
		return say("table of sessions", error);
	if (there > runtime->sessions_kept)
		log_line(LOG_LEVEL_WARN,
			 "%u sessions are lost: the port of their clients "
			 "is not configured any more, or their file is "
			 "damaged",
			 there - runtime->sessions_kept);
	return 0;
}

/* The rings of sessions that end; ended.h.  They are on pages of 4 KiB: a worker
 * writes one behind the other. */
static int
attach_ended(struct runtime *runtime, const struct mx_config *config)
{
	const struct mx_ring like = {
		.kind = MX_RING_ENDED,
		.words = MX_ENDED_WORDS,
		.slots = MX_ENDED_SLOTS,
		.tsc_hz = rte_get_tsc_hz(),
	};
	char name[MX_RING_NAME_MAX];

	for (uint16_t i = 0; i < config->dataplane.worker_count; i++) {
		mx_ring_name(name, i);
		const int error = mx_ring_file_open(
			&runtime->ended_file[i], config->instance, name, &like);
		if (error != 0) {
			log_line(LOG_LEVEL_ERROR,
				 MX_FOLDER_BASE "/mxsteer.%s/%s: %s",
				 config->instance, name,
				 mx_folder_error(error));
			return error;
		}
		runtime->worker[i]->ended = runtime->ended_file[i].ring;
	}
	return 0;
}

/* Start the ports, and report how segments reach their workers. */
static int
start_ports(struct runtime *runtime, const struct mx_config *config)
{
	struct ports ports = {
		.worker = runtime->worker,
		.workers = config->dataplane.worker_count,
		.frame_pool = runtime->frame_pool,
		.header = &runtime->region->header,
		.key = &runtime->session_file[0].map->key,
	};

	int error = ports_make(&ports, config);
	if (error == 0)
		error = twins_make(&ports, config);
	if (error != 0)
		return error;
	atomic_store_explicit(&ports.header->steering, ports_settle(&ports),
			      memory_order_relaxed);
	snat_set_peers(&runtime->swap.snat, &config->group);
	snat_link(&runtime->swap.snat, (uint32_t)rte_rdtsc());
	return 0;
}

/* Start watching the links and the RSS of the ports. */
static int
make_watch(struct runtime *runtime, const struct mx_config *config)
{
	const struct mx_config_dataplane *dataplane = &config->dataplane;
	const char *interface[MX_PORTS_MAX];

	for (uint16_t i = 0; i < dataplane->port_count; i++)
		interface[i] = dataplane->port[i].interface;
	int error = announcer_make(&runtime->announcer, runtime->worker[0],
				   runtime->frame_pool, interface);
	if (error != 0)
		return say("memory for announcements", error);
	error = linkwatch_make(&runtime->linkwatch, dataplane,
			       runtime->region->link, runtime->worker,
			       &runtime->announcer);
	if (error != 0)
		return error;
	bondwatch_make(&runtime->linkwatch);
	runtime->shadowwatch = (struct shadowwatch){
		.instance = config->instance,
		.worker = runtime->worker,
		.workers = dataplane->worker_count,
		.quiescent = runtime->quiescent,
	};
	error = rsswatch_make(&runtime->rsswatch, config, runtime->region,
			      runtime->worker);
	return error == 0 ? 0 : say("memory to compare RSS", error);
}

static int
make_quiescent(struct runtime *runtime, uint16_t workers)
{
	const size_t size = rte_rcu_qsbr_get_memsize(workers);

	runtime->quiescent = aligned_alloc(64, (size + 63) / 64 * 64);
	if (runtime->quiescent == NULL)
		return say("memory for the workers", -ENOMEM);
	rte_rcu_qsbr_init(runtime->quiescent, workers);
	for (uint16_t i = 0; i < workers; i++)
		rte_rcu_qsbr_thread_register(runtime->quiescent, i);
	return 0;
}

static enum mx_idling
idling(const struct idle *idle)
{
	if (!idle->sleeps)
		return MX_IDLING_POLLS;
	return idle->interrupts ? MX_IDLING_WAITS : MX_IDLING_SLEEPS;
}

static void
describe(struct runtime *runtime, const struct mx_config *config, bool huge)
{
	struct mx_region_header *header = &runtime->region->header;
	const struct mx_config_dataplane *dataplane = &config->dataplane;

	header->workers = dataplane->worker_count;
	header->ports = dataplane->port_count;
	header->sessions_max = dataplane->sessions_max;
	header->tsc_hz = rte_get_tsc_hz();
	header->started_s = time(NULL);
	header->hugepages = huge;
	header->ipv6 = mx_config_has_ipv6(config);
	header->idling = (uint8_t)idling(&runtime->worker[0]->idle);
	for (uint16_t i = 0; i < dataplane->worker_count; i++)
		header->worker_core[i] = dataplane->worker_core[i];
	/* Release: with the pid the rest of the header is visible. */
	atomic_store_explicit(&header->dataplane_pid, getpid(),
			      memory_order_release);
}

int
runtime_make(struct runtime *runtime, const struct mx_config *config,
	     struct mx_region *region, const struct eal_memory *memory)
{
	const uint16_t workers = config->dataplane.worker_count;

	*runtime = (struct runtime){.region = region, .routes = {.tun = -1}};
	int error = planroutes_make(&runtime->routes, region,
				    config->announce.interface);
	if (error == 0)
		error = make_quiescent(runtime, workers);
	if (error != 0)
		return error;
	runtime->frame_pool = frame_pool_make(memory_frames(&config->dataplane),
					      memory->node);
	if (runtime->frame_pool == NULL)
		return say("memory for frames", -rte_errno);
	for (uint16_t i = 0; i < workers; i++) {
		runtime->worker[i] =
			make_worker(runtime, &config->dataplane, i);
		if (runtime->worker[i] == NULL)
			return say("memory for the workers", -ENOMEM);
	}
	runtime->watchdog = (struct watchdog){.worker = region->worker,
					      .workers = workers,
					      .on_late = planroutes_hold,
					      .arg = &runtime->routes};
	runtime->swap = (struct plan_swap){
		.region = region,
		.deny = {.instance = config->instance},
		.ports = config->dataplane.port_count,
		.wide = mx_config_has_ipv6(config),
		.quiescent = runtime->quiescent,
		.watchdog = &runtime->watchdog,
	};
	error = plan_swap_make(&runtime->swap, runtime->worker, workers);
	if (error != 0)
		return say("memory for plans", error);
	error = make_rings(runtime, workers);
	/* attach_sessions() may find the key of earlier sessions.  The ports'
	 * RSS uses the same key. */
	if (error == 0)
		error = attach_sessions(runtime, config);
	if (error == 0)
		error = attach_ended(runtime, config);
	if (error == 0)
		error = start_ports(runtime, config);
	if (error == 0)
		error = make_watch(runtime, config);
	if (error != 0)
		return error;
	describe(runtime, config, memory->huge);
	return 0;
}

int
runtime_launch(struct runtime *runtime)
{
	/* A plan that outlived the last data plane serves from the first packet
	 * on, with or without a control plane. */
	plan_swap_poll(&runtime->swap);
	for (uint16_t i = 0; i < runtime->watchdog.workers; i++) {
		limit_recount(runtime->worker[i],
			      atomic_load_explicit(&runtime->swap.current,
						   memory_order_relaxed));
		if (runtime->sessions_kept == 0)
			homing_begin(runtime->worker[i]);
	}
	return runtime_resume(runtime);
}

int
runtime_resume(struct runtime *runtime)
{
	atomic_store_explicit(&runtime->stop, false, memory_order_relaxed);
	for (uint16_t i = 0; i < runtime->watchdog.workers; i++) {
		const int error = rte_eal_remote_launch(
			worker_run, runtime->worker[i], i + 1u);
		if (error != 0)
			return say("thread for a worker", error);
	}
	return 0;
}

void
runtime_stop(struct runtime *runtime)
{
	atomic_store_explicit(&runtime->stop, true, memory_order_relaxed);
	rte_eal_mp_wait_lcore();
}

void
runtime_abandon(struct runtime *runtime, const char *instance)
{
	session_files_abandon(runtime->session_file, instance);
	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++)
		mx_ring_file_abandon(&runtime->ended_file[i], instance);
}

void
runtime_free(struct runtime *runtime, const struct mx_config *config)
{
	atomic_store_explicit(&runtime->region->header.dataplane_pid, 0,
			      memory_order_relaxed);
	twins_stop(runtime->worker[0], &runtime->region->header);
	for (uint16_t i = 0; i < config->dataplane.port_count; i++)
		port_stop(runtime->worker[0]->port[i].port_id);
	plan_swap_free(&runtime->swap);
	shadowwatch_end(&runtime->shadowwatch);
	for (uint16_t i = 0; i < config->dataplane.worker_count; i++) {
		recovery_detach(runtime->worker[i]);
		session_file_close(&runtime->session_file[i]);
		mx_ring_file_close(&runtime->ended_file[i]);
		free(runtime->worker[i]);
	}
	free(runtime->quiescent);
}
