/* SPDX-License-Identifier: BSD-3-Clause */
#include "changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "regionfile.h"

#define BACKENDS 256u
#define FIRST_BACKEND 100u

/* Give 256 backends other weights than the last time. */
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

void
changes_begin(struct changes *changes, struct rig *rig)
{
	const size_t size = rte_rcu_qsbr_get_memsize(1);

	*changes = (struct changes){.plan = malloc(MX_PLAN_SIZE(RIG_POOLS))};
	rig_must(changes->plan != NULL);
	memcpy(changes->plan, rig_plan(rig), MX_PLAN_SIZE(RIG_POOLS));
	snprintf(changes->instance, sizeof(changes->instance), "bench-%d",
		 getpid());
	changes->region = mx_region_create(changes->instance, &changes->fd);
	rig_must(changes->region != NULL);
	changes->watchdog.worker = changes->region->worker;
	changes->swap = (struct plan_swap){
		.region = changes->region,
		.ports = 2,
		.wide = true,
		.quiescent = aligned_alloc(64, (size + 63) / 64 * 64),
		.watchdog = &changes->watchdog,
	};
	rig_must(changes->swap.quiescent != NULL);
	rte_rcu_qsbr_init(changes->swap.quiescent, 1);
	rte_rcu_qsbr_thread_register(changes->swap.quiescent, 0);

	snat_free(&rig->snat);
	rig_must(plan_swap_make(&changes->swap, rig->worker, 1) == 0);
	mx_region_publish(changes->region, rig_plan(rig));
	rte_rcu_qsbr_thread_offline(changes->swap.quiescent, 0);
	rig_must(plan_swap_poll(&changes->swap));
}

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double
changes_make(struct changes *changes)
{
	const struct timespec round = {.tv_nsec = CHANGES_ROUND_NS};
	const double begin_ms = now_ms();

	change(changes->plan, ++changes->turn);
	mx_region_publish(changes->region, changes->plan);
	nanosleep(&round, NULL);
	rig_must(plan_swap_poll(&changes->swap));
	const double took_ms = now_ms() - begin_ms;
	rig_must(atomic_load(&changes->region->ack.fault) == MX_PLAN_OK);
	return took_ms;
}

void
changes_end(struct changes *changes)
{
	plan_swap_free(&changes->swap);
	free(changes->swap.quiescent);
	mx_region_close(changes->region, changes->fd);
	mx_region_unlink(changes->instance);
	free(changes->plan);
}
