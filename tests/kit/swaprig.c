/* SPDX-License-Identifier: BSD-3-Clause */
#include "swaprig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "denyfile.h"
#include "regionfile.h"

struct swaprig swaprig;
static struct watchdog watchdog;
static int region_fd;

void
swaprig_setup(void)
{
	const size_t size = rte_rcu_qsbr_get_memsize(1);
	struct plan_swap *swap = &swaprig.swap;

	swaprig.rig = rig_make(1);
	snprintf(swaprig.instance, sizeof(swaprig.instance), "swap-%d",
		 getpid());
	swaprig.region = mx_region_create(swaprig.instance, &region_fd);
	rig_must(swaprig.region != NULL);
	watchdog = (struct watchdog){.worker = swaprig.region->worker};
	*swap = (struct plan_swap){
		.region = swaprig.region,
		.deny = {.instance = swaprig.instance},
		.ports = 2,
		.wide = true,
		.quiescent = aligned_alloc(64, (size + 63) / 64 * 64),
		.watchdog = &watchdog,
	};
	rte_rcu_qsbr_init(swap->quiescent, 1);
	rte_rcu_qsbr_thread_register(swap->quiescent, 0);
	snat_free(&swaprig.rig->snat);
	rig_must(plan_swap_make(swap, swaprig.rig->worker, 1) == 0);
	swaprig.plan = malloc(MX_PLAN_SIZE(RIG_POOLS));
	rig_must(swaprig.plan != NULL);
	memcpy(swaprig.plan, rig_plan(swaprig.rig), MX_PLAN_SIZE(RIG_POOLS));
}

void
swaprig_teardown(void)
{
	free(swaprig.plan);
	plan_swap_free(&swaprig.swap);
	free(swaprig.swap.quiescent);
	mx_region_close(swaprig.region, region_fd);
	mx_deny_files_prune(swaprig.instance, NULL, 0);
	mx_region_unlink(swaprig.instance);
	rig_free(swaprig.rig);
}

const struct active_plan *
swaprig_current(void)
{
	return atomic_load(&swaprig.swap.current);
}
