/* SPDX-License-Identifier: BSD-3-Clause */
#include "balancer.h"

#include "traffic.h"
#include "wish.h"

static_assert(BALANCE_MEMBERS_MAX >= MX_CONFIG_BACKENDS_MAX,
	      "a pool fits a step");

/* Does a service of the pool have clients that speak first?  Its sessions are
 * counted with those of other services, and some of them wait for their client. */
static bool
has_implicit_tls(const struct state *state, uint16_t pool)
{
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const struct service *service = &state->service[id];

		if (service->config != NULL && service->config->pool == pool &&
		    service->row.implicit_tls)
			return true;
	}
	return false;
}

static uint64_t
words_of(const struct mx_timing *timing)
{
	uint64_t words = 0;

	for (int i = 0; i < MX_GREETINGS; i++)
		words += timing->greeting[i];
	return words;
}

/* The counters of a restarted data plane begin at zero. */
static uint64_t
gained(uint64_t *before, uint64_t now)
{
	const uint64_t gain = now >= *before ? now - *before : now;

	*before = now;
	return gain;
}

static struct balance_sample
sample_of(struct balancer *balancer, const struct state *state,
	  const struct mx_region *region, uint16_t id)
{
	const struct mx_timing timing = traffic_timing(region, id);
	const struct mx_flow_count count = traffic_backend(region, id);
	const bool known = balancer->before[id].known;
	struct balance_sample sample = {
		.serves = weight_serves(state->backend[id].why),
		.waits = gained(&balancer->before[id].waits, timing.waits),
		.wait_us =
			gained(&balancer->before[id].wait_us, timing.wait_us),
		.opened = gained(&balancer->before[id].opened, count.opened),
		.words = gained(&balancer->before[id].words, words_of(&timing)),
		.open = traffic_sessions(&count),
	};

	/* What was counted before the first look is no sample: this process had
	 * not begun, or another backend had this id. */
	if (!known)
		sample.waits = sample.wait_us = sample.opened = sample.words =
			0;
	balancer->before[id].known = true;
	return sample;
}

static bool
look_at_pool(struct balancer *balancer, struct state *state,
	     const struct mx_region *region, uint16_t p)
{
	const struct mx_config_pool *pool = &state->config->pool[p];
	struct balance_member member[MX_CONFIG_BACKENDS_MAX];
	struct balance_sample sample[MX_CONFIG_BACKENDS_MAX];
	const uint16_t *id = state->pool[p].member;
	const bool by_load = pool->balance == MX_BALANCE_LOAD;
	const bool mixed = has_implicit_tls(state, p);
	bool changed = false;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		sample[i] = sample_of(balancer, state, region, id[i]);
		if (mixed)
			sample[i].opened = 0;
		member[i] = by_load ? state->backend[id[i]].balance
				    : (struct balance_member){.lack = 0};
	}
	if (by_load)
		balance_step(member, sample, pool->backend_count);
	for (uint16_t i = 0; i < pool->backend_count; i++) {
		state->backend[id[i]].balance = member[i];
		if (by_load || state->backend[id[i]].load_percent != 0)
			changed |= load_put(state, id[i],
					    balance_percent(&member[i]));
	}
	return changed;
}

bool
balancer_look(struct balancer *balancer, struct state *state,
	      const struct mx_region *region)
{
	bool changed = false;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		balancer->before[id].known &= state->backend[id].config != NULL;
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		changed |= look_at_pool(balancer, state, region, p);
	return changed;
}
