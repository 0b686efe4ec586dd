/* SPDX-License-Identifier: BSD-3-Clause */
/* Nothing but the clock: a test replaces the whole file by its own. */
#include "clock.h"

#include <time.h>

uint64_t
clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 * CLOCK_NS_PER_MS +
	       (uint64_t)now.tv_nsec;
}

int64_t
clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

void
clock_pause_ns(uint32_t ns)
{
	const struct timespec pause = {.tv_nsec = (long)ns};

	nanosleep(&pause, NULL);
}
