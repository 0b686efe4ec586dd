/* SPDX-License-Identifier: BSD-3-Clause */
#include "monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "verdict.h"

/* One backend's probe and where its results go. */
struct watch {
	struct monitor *monitor;
	struct probe *probe; /* NULL: nothing is watched */
	uint16_t id;
	struct health_policy policy;
};

struct monitor {
	struct event_base *base;
	struct state *state;
	void (*changed)(void *arg);
	uint64_t (*sessions)(void *arg, uint16_t id);
	void *arg;
	struct watch watch[MX_BACKENDS_MAX + 1];
};

/* Is every place that the backend has for us taken? */
static bool
is_full(const struct monitor *monitor, uint16_t id)
{
	const struct mx_config_backend *config =
		monitor->state->backend[id].config;

	return config != NULL && config->connections_max > 0 &&
	       monitor->sessions(monitor->arg, id) >= config->connections_max;
}

static void
on_result(void *arg, const struct probe_result *result)
{
	struct watch *watch = arg;
	struct monitor *monitor = watch->monitor;
	struct backend *backend = &monitor->state->backend[watch->id];
	const bool flipped = verdict_take(backend, &watch->policy, result,
					  is_full(monitor, watch->id));

	probe_in_doubt(watch->probe, health_in_doubt(&backend->health));
	if (flipped)
		monitor->changed(monitor->arg);
}

struct monitor *
monitor_new(struct event_base *base, struct state *state,
	    void (*changed)(void *arg),
	    uint64_t (*sessions)(void *arg, uint16_t id), void *arg)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));

	if (monitor == NULL)
		return NULL;
	monitor->base = base;
	monitor->state = state;
	monitor->changed = changed;
	monitor->sessions = sessions;
	monitor->arg = arg;
	return monitor;
}

void
monitor_stop(struct monitor *monitor)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		probe_free(monitor->watch[id].probe);
		monitor->watch[id].probe = NULL;
	}
}

static int
watch_pool(struct monitor *monitor, uint16_t p)
{
	const struct state *state = monitor->state;
	const struct mx_config_pool *pool = &state->config->pool[p];
	int error = 0;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		struct watch *watch = &monitor->watch[id];
		*watch = (struct watch){
			.monitor = monitor,
			.id = id,
			.policy = {.passes_to_rise = pool->check.rise,
				   .fails_to_fall = pool->check.fall},
		};
		watch->probe =
			probe_new(monitor->base, &pool->check, pool->proxy,
				  &pool->backend[i].address, on_result, watch);
		if (watch->probe == NULL)
			error = -ENOMEM;
	}
	return error;
}

int
monitor_start(struct monitor *monitor)
{
	int error = 0;

	if (monitor->state->config == NULL)
		return 0;
	for (uint16_t p = 0; p < monitor->state->config->pool_count; p++)
		if (watch_pool(monitor, p) < 0)
			error = -ENOMEM;
	return error;
}

void
monitor_free(struct monitor *monitor)
{
	monitor_stop(monitor);
	free(monitor);
}
