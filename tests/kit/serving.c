/* SPDX-License-Identifier: BSD-3-Clause */
#include "serving.h"

#include <check.h>

struct plane plane;

static bool
both_serve(struct plane *p)
{
	return atomic_load(&p->region->ack.generation) == 2;
}

void
serving_setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_data(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	ck_assert(plane_run_until(&plane, both_serve));
}

void
serving_teardown(void)
{
	plane_close(&plane);
}
