/* SPDX-License-Identifier: BSD-3-Clause */
#include "monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "descriptors.h"
#include "eventlog.h"
#include "pooltimes.h"
#include "probe.h"
#include "verdict.h"

/* The probe of one backend, and what its results need. */
struct watch {
	struct monitor *monitor;
	struct probe *probe;
	struct attempt_task task; /* what the probe does */
	uint16_t id;              /* the backend that its results judge */
	struct pool_times *times; /* of the backend's pool */
	struct health_policy policy;
};

struct monitor {
	struct probes *probes;
	uint32_t at_once;
	uint32_t told; /* how many backends took turns when this was last
			* logged */
	struct state *state;
	void (*changed)(void *arg);
	uint64_t (*sessions)(void *arg, uint16_t id);
	void *arg;
	struct watch *watch[MX_BACKENDS_MAX + 1]; /* by id; NULL: none */
	struct pooltimes times;
};

/* Does the backend have as many sessions as its connections-max allows? */
static bool
is_full(const struct monitor *monitor, uint16_t id)
{
	const struct backend *b = &monitor->state->backend[id];
	const uint32_t max = b->config != NULL ? state_sessions_max(b) : 0;

	return max > 0 && monitor->sessions(monitor->arg, id) >= max;
}

static void
add_times(struct watch *watch, const struct probe_result *result)
{
	double ms[SMTP_PHASES];

	for (int phase = 0; phase < SMTP_PHASES; phase++)
		ms[phase] = result->profile->phase[phase].ms;
	pooltimes_add(watch->times, result->phases, ms);
}

static void
on_result(void *arg, const struct probe_result *result)
{
	struct watch *watch = arg;
	struct monitor *monitor = watch->monitor;
	struct backend *backend = &monitor->state->backend[watch->id];

	if (result->phases != 0)
		add_times(watch, result);
	const bool changed = verdict_take(backend, &watch->policy, result,
					  is_full(monitor, watch->id));

	/* "Try later" may end at any moment, so it is asked often. */
	probe_in_doubt(watch->probe,
		       backend->soft || health_in_doubt(&backend->health));
	if (changed)
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
	monitor->at_once = descriptors_share().probes;
	monitor->probes = probes_new(base, monitor->at_once);
	if (monitor->probes == NULL) {
		free(monitor);
		return NULL;
	}
	monitor->state = state;
	monitor->changed = changed;
	monitor->sessions = sessions;
	monitor->arg = arg;
	return monitor;
}

static void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	probe_free(watch->probe);
	free(watch);
}

static struct watch *
watch_new(struct monitor *monitor, const struct attempt_task *task)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->monitor = monitor;
	watch->task = *task;
	watch->probe = probe_new(monitor->probes, task, on_result, watch);
	if (watch->probe == NULL) {
		free(watch);
		return NULL;
	}
	return watch;
}

static bool
is_same_list(const struct mx_config_check *a, const struct mx_config_check *b)
{
	if (a->expect_count != b->expect_count)
		return false;
	for (uint16_t i = 0; i < a->expect_count; i++)
		if (!expectation_equal(&a->expect[i], &b->expect[i]))
			return false;
	return true;
}

static bool
is_same_check(const struct mx_config_check *a, const struct mx_config_check *b)
{
	return a->type == b->type && a->interval_ms == b->interval_ms &&
	       a->timeout_ms == b->timeout_ms &&
	       strcmp(a->helo, b->helo) == 0 && a->starttls == b->starttls &&
	       a->tls_every_ms == b->tls_every_ms &&
	       strcmp(a->tls_name, b->tls_name) == 0 &&
	       strcmp(a->ca, b->ca) == 0 && is_same_list(a, b) &&
	       strcmp(a->probe_recipient, b->probe_recipient) == 0;
}

/* A probe that has the same task goes on, and no second one starts.  A change of
 * rise or fall needs no new probe: they judge its results. */
static bool
is_same_task(const struct attempt_task *a, const struct attempt_task *b)
{
	return is_same_check(&a->check, &b->check) && a->proxy == b->proxy &&
	       mx_endpoint_equal(&a->endpoint, &b->endpoint);
}

/* Take the watch of a task out of the list: that of `id`, or else that of a
 * backend which left the configuration, as when its pool was renamed.  Returns
 * NULL if no watch has this task. */
static struct watch *
take_watch(struct monitor *monitor, uint16_t id,
	   const struct attempt_task *task)
{
	struct watch **place = &monitor->watch[id];
	struct watch *found = NULL;

	if (*place == NULL || !is_same_task(&(*place)->task, task)) {
		place = NULL;
		for (uint16_t i = 1; i <= MX_BACKENDS_MAX; i++)
			if (monitor->watch[i] != NULL &&
			    monitor->state->backend[i].config == NULL &&
			    is_same_task(&monitor->watch[i]->task, task))
				place = &monitor->watch[i];
	}
	if (place != NULL) {
		found = *place;
		*place = NULL;
	}
	return found;
}

/* The health of a backend may change while it is in maintenance.  So the
 * backend has to pass its checks before it serves again. */
static void
forget_health(struct backend *backend)
{
	backend->health = (struct health){.state = HEALTH_DOWN};
	backend->soft = backend->degraded = backend->flawed = false;
	backend->passive = (struct passive){.out = false};
	backend->check = (struct last_check){.known = false};
}

/* Watch the backends of a pool, and enter their watches by id. */
static int
watch_pool(struct monitor *monitor, uint16_t p, struct watch **by_id)
{
	const struct state *state = monitor->state;
	const struct mx_config_pool *pool = &state->config->pool[p];
	int error = 0;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		if (state_admin(&state->backend[id]) == ADMIN_MAINT) {
			forget_health(&monitor->state->backend[id]);
			continue;
		}
		const struct attempt_task task = {
			.check = pool->check,
			.proxy = pool->proxy,
			.endpoint = pool->backend[i].address,
		};
		struct watch *watch = take_watch(monitor, id, &task);
		if (watch == NULL)
			watch = watch_new(monitor, &task);
		by_id[id] = watch;
		if (watch == NULL) {
			error = -ENOMEM;
			continue;
		}
		watch->id = id;
		watch->times = pooltimes_find(&monitor->times, pool->name);
		watch->policy = (struct health_policy){pool->check.rise,
						       pool->check.fall};
	}
	return error;
}

/* Log if there are more backends to check than sockets for checks. */
static void
say_turns(struct monitor *monitor)
{
	const struct descriptors share = descriptors_share();
	uint32_t backends = 0;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		backends += monitor->state->backend[id].config != NULL;
	if (backends > monitor->at_once && backends != monitor->told)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL, "checks",
			      "of %u backends are made %u at a time: %u files "
			      "may be open (ulimit -n, LimitNOFILE=)",
			      backends, monitor->at_once, share.limit);
	monitor->told = backends;
}

int
monitor_follow(struct monitor *monitor)
{
	struct watch *by_id[MX_BACKENDS_MAX + 1] = {NULL};
	int error = 0;

	pooltimes_follow(&monitor->times, monitor->state->config);
	for (uint16_t p = 0; p < monitor->state->config->pool_count; p++)
		if (watch_pool(monitor, p, by_id) < 0)
			error = -ENOMEM;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		watch_free(monitor->watch[id]);
	memcpy(monitor->watch, by_id, sizeof(by_id));
	say_turns(monitor);
	return error;
}

void
monitor_hasten(struct monitor *monitor, uint16_t id)
{
	if (monitor->watch[id] != NULL)
		probe_now(monitor->watch[id]->probe);
}

const struct pool_times *
monitor_times(struct monitor *monitor, const char *pool)
{
	return pooltimes_find(&monitor->times, pool);
}

void
monitor_free(struct monitor *monitor)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		watch_free(monitor->watch[id]);
	probes_free(monitor->probes);
	free(monitor);
}
