/* SPDX-License-Identifier: BSD-3-Clause */
#include "keepalive.h"

#include "notify.h"
#include "plural.h"

static uint64_t
heartbeat_of(const struct keepalive *keepalive, uint16_t worker)
{
	return atomic_load_explicit(&keepalive->worker[worker].heartbeat,
				    memory_order_relaxed);
}

/* The counters outlive a process, so the heartbeats may begin anywhere. */
static void
note_heartbeats(struct keepalive *keepalive)
{
	for (uint16_t i = 0; i < keepalive->workers; i++)
		keepalive->heartbeat[i] = heartbeat_of(keepalive, i);
}

void
keepalive_begin(struct keepalive *keepalive,
		const struct mx_worker_count *worker, uint16_t workers)
{
	const uint64_t limit_ms = notify_watchdog_ms();

	*keepalive = (struct keepalive){
		.worker = worker,
		.workers = workers,
		.every_ms = limit_ms > 0 ? limit_ms / KEEPALIVE_PARTS
					 : KEEPALIVE_EVERY_MS,
	};
	note_heartbeats(keepalive);
}

bool
keepalive_is_due(const struct keepalive *keepalive, uint64_t now_ms)
{
	if (keepalive->ready &&
	    now_ms - keepalive->sent_ms < keepalive->every_ms)
		return false;
	for (uint16_t i = 0; i < keepalive->workers; i++)
		if (heartbeat_of(keepalive, i) == keepalive->heartbeat[i])
			return false;
	return true;
}

void
keepalive_note(struct keepalive *keepalive, uint64_t now_ms)
{
	keepalive->ready = true;
	keepalive->sent_ms = now_ms;
	note_heartbeats(keepalive);
}

static int
send_message(const struct keepalive *keepalive, uint16_t ports, uint64_t plan)
{
	static const char head[] = "READY=1\nWATCHDOG=1\nSTATUS=";
	const unsigned workers = keepalive->workers;
	const char *poll = plural(workers, "worker polls", "workers poll");
	const char *of = plural(ports, "port", "ports");

	if (plan == 0)
		return notify_send("%s%u %s %u %s; waits for a plan of the "
				   "control plane",
				   head, workers, poll, ports, of);
	return notify_send("%s%u %s %u %s by plan %llu", head, workers, poll,
			   ports, of, (unsigned long long)plan);
}

void
keepalive_poll(struct keepalive *keepalive, uint16_t ports, uint64_t plan,
	       uint64_t now_ms)
{
	/* What was not sent is sent again with the next call. */
	if (keepalive_is_due(keepalive, now_ms) &&
	    send_message(keepalive, ports, plan) >= 0)
		keepalive_note(keepalive, now_ms);
}
