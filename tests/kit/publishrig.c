/* SPDX-License-Identifier: BSD-3-Clause */
#include "publishrig.h"

#include <check.h>

void
publishrig_setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
}

void
publishrig_teardown(void)
{
	plane_close(&plane);
}

void
publishrig_start(void)
{
	plane_start_data(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

void
publishrig_run(void)
{
	plane_run(&plane, 300);
}

uint64_t
publishrig_generation(void)
{
	return atomic_load(&plane.region->generation);
}

const struct mx_plan *
publishrig_plan(void)
{
	return mx_region_slot(plane.region, publishrig_generation());
}

uint32_t
publishrig_slots(uint16_t id)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < MX_PICK_SLOTS; i++)
		count += publishrig_plan()->pick[0].slot[i] == id;
	return count;
}
