/* SPDX-License-Identifier: BSD-3-Clause */
#include "watchdog.h"

#include <time.h>
#include <unistd.h>

#include "log.h"

int
watchdog_look(struct watchdog *watchdog, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms - watchdog->looked_ms;

	if (passed_ms > WATCHDOG_LOOK_MS)
		passed_ms = WATCHDOG_LOOK_MS;
	watchdog->looked_ms = now_ms;

	for (uint16_t i = 0; i < watchdog->workers; i++) {
		const uint64_t heartbeat = atomic_load_explicit(
			&watchdog->worker[i].heartbeat, memory_order_relaxed);

		if (heartbeat != watchdog->heartbeat[i]) {
			watchdog->heartbeat[i] = heartbeat;
			watchdog->still_ms[i] = 0;
			continue;
		}
		watchdog->still_ms[i] += (uint32_t)passed_ms;
		if (watchdog->still_ms[i] >= WATCHDOG_LIMIT_MS)
			return i;
	}
	return -1;
}

bool
watchdog_is_late(const struct watchdog *watchdog)
{
	for (uint16_t i = 0; i < watchdog->workers; i++)
		if (watchdog->still_ms[i] >= WATCHDOG_LATE_MS)
			return true;
	return false;
}

void
watchdog_poll(struct watchdog *watchdog)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const int stalled = watchdog_look(
		watchdog,
		(uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
	if (watchdog->on_late != NULL && watchdog_is_late(watchdog))
		watchdog->on_late(watchdog->arg);
	if (stalled < 0)
		return;
	log_line(LOG_LEVEL_ERROR,
		 "worker %d has finished no round for %d s: ending, so that a "
		 "restart takes its sessions over",
		 stalled, WATCHDOG_LIMIT_MS / 1000);
	/* Not exit(): its clean-up would wait for the worker. */
	_exit(3);
}
