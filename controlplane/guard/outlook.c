/* SPDX-License-Identifier: BSD-3-Clause */
#include "outlook.h"

#include <inttypes.h>

#include "admission.h"
#include "clock.h"
#include "endpoint.h"
#include "forecast.h"
#include "inforce.h"
#include "poolstate.h"
#include "publish.h"
#include "state.h"
#include "traffic.h"

/* The longest list of reasons, one for each backend. */
#define LIST_MAX 1024

/* Say which part of the flow is hashed, so that the operator can check it. */
static void
describe_input(enum mx_hash_input input, const struct mx_flow *flow, char *text,
	       size_t size)
{
	char address[MX_ENDPOINT_TEXT_MAX];
	const struct mx_addr prefix = mx_addr_prefix(&flow->src);

	if (input == MX_HASH_SOURCE_PREFIX)
		snprintf(text, size, "source-prefix %s/%d",
			 mx_addr_format(&prefix, address),
			 mx_addr_is4(&prefix) ? 24 : 64);
	else if (input == MX_HASH_SOURCE)
		snprintf(text, size, "source %s",
			 mx_addr_format(&flow->src, address));
	else
		snprintf(text, size, "flow (addresses and ports)");
}

static json_t *
backend_name(const struct state *state, uint16_t id)
{
	char label[STATE_LABEL_MAX];

	if (id == MX_BACKEND_NONE || !state->backend[id].used)
		return json_null();
	return json_string(state_label(&state->backend[id], label));
}

/* Say which worker chooses, and why it does not take the first choice. */
static void
set_forecast(json_t *data, const struct state *state,
	     const struct forecast *forecast)
{
	json_object_set_new(data, "worker",
			    forecast->owner_known
				    ? json_integer(forecast->owner)
				    : json_null());
	json_object_set_new(data, "first_choice",
			    backend_name(state, forecast->choice.first));
	json_object_set_new(
		data, "passed_over",
		forecast->first_is_full         ? json_string("connections-max")
		: forecast->first_is_over_share ? json_string("load-bound")
						: json_null());
}

static void
set_backend(json_t *data, const struct state *state, uint16_t id)
{
	const struct backend *b = &state->backend[id];
	char text[MX_ENDPOINT_TEXT_MAX];

	json_object_set_new(data, "backend", backend_name(state, id));
	if (id == MX_BACKEND_NONE || !b->used)
		return;
	json_object_set_new(data, "address",
			    json_string(mx_endpoint_format(&b->address, text)));
	json_object_set_new(data, "admin",
			    json_string(admin_name(b->override.admin)));
	json_object_set_new(data, "health", json_string(state_health(b)));
	json_object_set_new(data, "effective_weight",
			    json_integer(b->effective_weight));
	json_object_set_new(data, "interface",
			    b->hop.known ? json_string(b->hop.interface)
					 : json_null());
}

/* What keeps each backend of a pool from serving. */
static json_t *
describe_empty(const struct state *state, uint16_t pool)
{
	const struct mx_config_pool *config = &state->config->pool[pool];
	char text[LIST_MAX] = "";
	char why[POOLSTATE_WHY_MAX];
	size_t used = 0;

	for (uint16_t i = 0; i < config->backend_count && used < sizeof(text);
	     i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s is %s",
			i > 0 ? "; " : "", config->backend[i].name,
			backend_why(
				&state->backend[state->pool[pool].member[i]],
				why));
	return json_sprintf("pool %s has no backend that serves (%s%s)",
			    config->name, text,
			    used >= sizeof(text) ? "..." : "");
}

/* Why a new session would be dropped, or NULL. */
static json_t *
find_reason(const struct sources *sources, const struct mx_plan *plan,
	    uint16_t service_id, const struct mx_addr *client,
	    const struct forecast *forecast)
{
	const struct service *service = &sources->state->service[service_id];
	const struct publish_outcome outcome =
		publisher_outcome(sources->publisher);
	char text[OUTCOME_TEXT_MAX];

	if (outcome_absence(&outcome, text) != NULL)
		return json_string(text);
	json_t *denial = admission_denial(sources, plan, service_id, client);
	if (denial != NULL)
		return denial;
	switch (forecast->choice.why) {
	case MX_DROP_NONE:
		return NULL;
	case MX_DROP_NO_BACKEND:
		return service->config == NULL
			       ? json_string(
					 "its service left the configuration")
			       : describe_empty(sources->state,
						service->config->pool);
	case MX_DROP_NO_NEXTHOP:
		return json_string("the MAC address of the backend is not "
				   "known yet");
	case MX_DROP_ALL_FULL:
		return json_sprintf("every backend that serves has its "
				    "connections-max at worker %d",
				    forecast->owner);
	case MX_DROP_MARTIAN:
		return json_string("no client has this address; see "
				   "client-sources");
	default:
		return json_string(mx_drop_text(forecast->choice.why));
	}
}

/* Is the SYN answered by a cookie? */
static void
set_cookie(json_t *data, const struct sources *sources,
	   const struct mx_plan *plan, uint16_t service_id,
	   const struct forecast *forecast)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	const uint8_t cookies = plan->service[service_id].cookies;
	const bool on =
		region != NULL && cookies == MX_COOKIES_AUTO &&
		forecast->owner_known &&
		traffic_worker_has_cookies_on(region, forecast->owner,
					      service_id, (uint32_t)clock_s());

	json_object_set_new(data, "cookie",
			    json_boolean(on || cookies == MX_COOKIES_ALWAYS));
}

json_t *
outlook_pack(const struct sources *sources, const struct mx_plan *plan,
	     const struct mx_flow *flow, uint16_t service_id,
	     const struct client_pair *has)
{
	const struct state *state = sources->state;
	const uint16_t pool = plan->service[service_id].pool;
	const enum mx_hash_input input =
		(enum mx_hash_input)plan->pool[pool].hash_input;
	const uint32_t hash = mx_hash_pick(&plan->key, input, flow);
	const struct forecast forecast =
		forecast_flow(publisher_region(sources->publisher), plan, flow,
			      (uint32_t)clock_s());
	const struct service *service = &state->service[service_id];
	char text[96];
	json_t *data = json_object();

	json_object_set_new(data, "service", json_string(service->name));
	json_object_set_new(
		data, "pool",
		service->config != NULL
			? json_string(state->config->pool[service->config->pool]
					      .name)
			: json_null());
	json_object_set_new(data, "hash_input",
			    json_string(mx_hash_input_name(input)));
	describe_input(input, flow, text, sizeof(text));
	json_object_set_new(data, "input", json_string(text));
	snprintf(text, sizeof(text), "0x%08" PRIx32, hash);
	json_object_set_new(data, "hash", json_string(text));
	json_object_set_new(data, "slot", json_integer(mx_pick_slot(hash)));
	set_forecast(data, state, &forecast);
	set_cookie(data, sources, plan, service_id, &forecast);
	set_backend(data, state, forecast.choice.backend);
	json_object_set_new(
		data, "generation",
		json_integer((json_int_t)publisher_outcome(sources->publisher)
				     .generation));
	struct mx_endpoint end = {.addr = flow->src,
				  .port_be = flow->src_port_be};
	json_object_set_new(data, "client",
			    json_string(mx_endpoint_format(&end, text)));
	end.addr = flow->dst;
	end.port_be = flow->dst_port_be;
	json_object_set_new(data, "vip",
			    json_string(mx_endpoint_format(&end, text)));
	inforce_set(data, sources->publisher);
	json_t *limit = has->address.used ? admission_limit(data, sources, plan,
							    service_id, has)
					  : NULL;
	json_t *reason =
		find_reason(sources, plan, service_id, &flow->src, &forecast);
	if (reason == NULL)
		reason = json_incref(limit);
	json_decref(limit);
	json_object_set_new(data, "reason",
			    reason != NULL ? reason : json_null());
	return data;
}
