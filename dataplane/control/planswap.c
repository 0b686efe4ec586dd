/* SPDX-License-Identifier: BSD-3-Clause */
#include "planswap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>

#include "limit.h"
#include "log.h"
#include "port.h"
#include "wayback.h"

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int
plan_swap_make(struct plan_swap *swap, struct worker **worker, uint16_t workers)
{
	if (snat_make(&swap->snat, worker, workers) != 0)
		return -ENOMEM;
	for (int i = 0; i < 2; i++) {
		swap->active[i] = aligned_alloc(
			64, (ACTIVE_PLAN_SIZE_MAX + 63) / 64 * 64);
		if (swap->active[i] == NULL) {
			plan_swap_free(swap);
			return -ENOMEM;
		}
	}
	memset(swap->active[0], 0, offsetof(struct active_plan, plan));
	swap->active[1]->rules = NULL;
	swap->active[1]->rule_slots = NULL;
	mx_plan_init(&swap->active[0]->plan, 0);
	active_plan_find_ports(swap->active[0], NULL);
	atomic_store_explicit(&swap->current, swap->active[0],
			      memory_order_release);
	return 0;
}

void
plan_swap_free(struct plan_swap *swap)
{
	if (swap->snat.workers > 0)
		limiters_free(swap->snat.worker, swap->snat.workers);
	for (int i = 0; i < 2; i++) {
		if (swap->active[i] != NULL)
			deny_rules_free(swap->active[i]);
		free(swap->active[i]);
	}
	deny_load_free(&swap->deny);
	snat_free(&swap->snat);
}

static struct active_plan *
spare_plan(const struct plan_swap *swap)
{
	const struct active_plan *current =
		atomic_load_explicit(&swap->current, memory_order_relaxed);

	return swap->active[current == swap->active[0]];
}

/* The timers of a service that left the configuration.  Its sessions may
 * outlive it, and must not end before the time of RFC 5321 4.5.3.2 for the idle
 * timer. */
static void
fill_absent_services(struct mx_plan *plan)
{
	for (uint32_t i = 0; i < MX_SERVICES_MAX; i++)
		if (!plan->service[i].used)
			plan->service[i] = (struct mx_service){
				.idle_s = MX_IDLE_S,
				.half_open_s = MX_HALF_OPEN_S,
				.greeting_s = MX_GREETING_S,
				.closing_s = MX_CLOSING_S,
			};
}

/* Copy the plan first, and check the copy.  So a worker never uses bytes or a
 * size that the control plane changes in the meantime. */
static enum mx_plan_fault
take_plan(struct plan_swap *swap, struct active_plan *active,
	  uint64_t generation)
{
	const struct mx_plan *staged = mx_region_slot(swap->region, generation);
	const uint32_t size = staged->size_bytes;

	if (size < sizeof(struct mx_plan) || size > MX_PLAN_SIZE_MAX)
		return MX_PLAN_BAD_SIZE;
	memcpy(&active->plan, staged, size);
	enum mx_plan_fault fault =
		mx_plan_check(&active->plan, size, generation, swap->ports);
	if (fault == MX_PLAN_OK && active->plan.ipv6 && !swap->wide)
		fault = MX_PLAN_NEEDS_IPV6;
	if (fault == MX_PLAN_OK)
		fill_absent_services(&active->plan);
	return fault;
}

static struct snat_set
slots_in_use(const struct active_plan *active)
{
	struct snat_set slots = {0};

	for (uint16_t row = 0; row < active->plan.snats; row++)
		slots.has[active->snat_slot[row]] = true;
	return slots;
}

/* Find a port map for each local address. */
static enum mx_plan_fault
take_snats(struct plan_swap *swap, struct active_plan *active)
{
	struct snat_set keep = slots_in_use(
		atomic_load_explicit(&swap->current, memory_order_relaxed));

	for (uint16_t row = 0; row < active->plan.snats; row++) {
		const int slot =
			snat_slot(&swap->snat, &active->plan.snat[row], &keep);
		if (slot < 0)
			return MX_PLAN_NO_PORT_MAP;
		keep.has[slot] = true;
		active->snat_slot[row] = (uint8_t)slot;
		snat_set_peer(&swap->snat, slot,
			      active->plan.snat_box[row] != 0);
	}
	snat_link(&swap->snat, (uint32_t)rte_rdtsc());
	return MX_PLAN_OK;
}

/* Returns until when the sessions of some clients were ended; 0: none were. */
static uint32_t
take_end_orders(struct mx_plan *plan, uint32_t now_s)
{
	uint32_t last_s = 0;

	for (uint16_t i = 0; i < plan->end_orders; i++) {
		struct mx_end_order *order = &plan->end_order[i];

		if (order->ended_s > now_s)
			order->ended_s = 0;
		last_s = RTE_MAX(last_s, order->ended_s);
	}
	return last_s;
}

/* The operator ended sessions a moment ago.  A time in the future is of another
 * clock, or of a damaged file: it would end each session that begins until
 * then. */
static void
plan_search(struct active_plan *active)
{
	const uint32_t now_s = (uint32_t)(now_ns() / 1000000000u);
	const uint32_t clients_s = take_end_orders(&active->plan, now_s);

	active->search_until_s =
		clients_s != 0 ? clients_s + RESET_SEARCH_S : 0;
	for (uint32_t i = 0; i <= MX_BACKENDS_MAX; i++) {
		struct mx_backend *backend = &active->plan.backend[i];

		if (backend->ended_s > now_s)
			backend->ended_s = 0;
		backend->ends_s =
			backend->watched ? UINT32_MAX
					 : RTE_MAX(backend->ended_s, clients_s);
		if (backend->used && backend->ended_s != 0)
			active->search_until_s =
				RTE_MAX(active->search_until_s,
					backend->ended_s + RESET_SEARCH_S);
	}
}

/* Make the table of clients when the first plan has limits.  Without memory the
 * plan is in force all the same: mail comes before limits. */
static void
take_limits(struct plan_swap *swap, struct active_plan *active)
{
	bool any = false;

	for (uint32_t i = 0; i < MX_SERVICES_MAX; i++)
		any |= active->plan.service[i].clients.used;
	if (any && limiters_make(swap->snat.worker, swap->snat.workers) != 0)
		log_line(LOG_LEVEL_ERROR,
			 "limits of clients are not in force: no memory for "
			 "the table of clients");
	limit_prepare(active, atomic_load_explicit(&swap->current,
						   memory_order_relaxed));
}

/* Wait until no worker can still use the plan that was in force. */
static void
wait_for_workers(struct plan_swap *swap)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000};
	const uint64_t token = rte_rcu_qsbr_start(swap->quiescent);

	while (rte_rcu_qsbr_check(swap->quiescent, token, false) == 0) {
		watchdog_poll(swap->watchdog);
		nanosleep(&pause, NULL);
	}
}

/* The plan is in force even if a port failed.  The frames for addresses that
 * the ports did not take are lost. */
static void
say_ports(int error)
{
	if (error != 0)
		log_line(LOG_LEVEL_ERROR,
			 "ports: some addresses of the plan cannot be claimed "
			 "from the kernel: %s; packets to them are lost",
			 strerror(-error));
}

bool
plan_swap_poll(struct plan_swap *swap)
{
	struct mx_region_ack *ack = &swap->region->ack;
	/* Acquire: with the generation the whole plan is visible. */
	const uint64_t generation = atomic_load_explicit(
		&swap->region->generation, memory_order_acquire);

	if (generation == swap->seen)
		return false;
	swap->seen = generation;

	const uint64_t begin_ns = now_ns();
	struct active_plan *active = spare_plan(swap);
	enum mx_plan_fault fault = take_plan(swap, active, generation);
	if (fault == MX_PLAN_OK)
		fault = take_snats(swap, active);
	if (fault == MX_PLAN_OK) {
		const struct active_plan *before = atomic_load_explicit(
			&swap->current, memory_order_relaxed);

		active_plan_find_ports(active, before);
		plan_search(active);
		way_prepare(active, before, (uint32_t)(begin_ns / 1000000000u));
		atomic_store_explicit(&ack->deny_missing,
				      deny_load(&swap->deny, active, before),
				      memory_order_relaxed);
		take_limits(swap, active);
		say_ports(port_own(&active->plan.owned));
		/* Release: with the pointer the whole plan is visible. */
		atomic_store_explicit(&swap->current, active,
				      memory_order_release);
		wait_for_workers(swap);
		deny_unload(&swap->deny, active, spare_plan(swap));
		say_ports(port_disown());
		atomic_store_explicit(&ack->adopted, generation,
				      memory_order_relaxed);
	}
	atomic_store_explicit(&ack->took_ns, now_ns() - begin_ns,
			      memory_order_relaxed);
	atomic_store_explicit(&ack->fault, fault, memory_order_relaxed);
	/* Release, and last: with it the rest of the answer is visible. */
	atomic_store_explicit(&ack->generation, generation,
			      memory_order_release);
	return true;
}
