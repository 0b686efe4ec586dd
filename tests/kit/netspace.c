/* SPDX-License-Identifier: BSD-3-Clause */
#include "netspace.h"

#include <check.h>
#include <sched.h>
#include <stdlib.h>

void
netspace_enter(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	netspace_run("ip link set lo up");
}

void
netspace_run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}
