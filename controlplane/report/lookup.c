/* SPDX-License-Identifier: BSD-3-Clause */
/* `lookup`: what a worker would do with a new flow, by the same functions on
 * the plan last published and on the sessions that the worker has.  The reply
 * says if the workers do not have the plan yet. */
#include <inttypes.h>

#include "apply.h"
#include "clientcount.h"
#include "clock.h"
#include "endpoint.h"
#include "forecast.h"
#include "inforce.h"
#include "poolstate.h"
#include "prefix.h"
#include "publish.h"
#include "reports.h"
#include "rules.h"
#include "state.h"
#include "table.h"
#include "traffic.h"

/* The longest list of reasons, one for each backend. */
#define LIST_MAX 1024

static void
print_passed_over(FILE *out, const json_t *data)
{
	const char *bound =
		json_string_value(json_object_get(data, "passed_over"));

	if (bound != NULL)
		fprintf(out,
			"The first choice, %s, is passed over: at this worker "
			"it is at its %s.\n",
			json_string_value(
				json_object_get(data, "first_choice")),
			bound);
	if (json_is_null(json_object_get(data, "worker")))
		fputs("The worker of this client is not known, so "
		      "connections-max and load-bound\nare left out.\n",
		      out);
}

/* Only a service that has limits shows them. */
static void
print_client(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"client_sessions", "it has now"},
		{"client_limits", "it may have"},
		{"client_refused", "refused"},
	};

	if (json_object_get(data, "client_limits") != NULL)
		table_print_fields(out, data, columns,
				   sizeof(columns) / sizeof(columns[0]));
}

static void
print_lookup(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"client", "client"},
		{"vip", "vip"},
		{"service", "service"},
		{"pool", "pool"},
		{"input", "hash of"},
		{"hash", "hash"},
		{"slot", "slot of 65537"},
		{"worker", "worker"},
		{"backend", "backend"},
		{"address", "address"},
		{"admin", "admin"},
		{"health", "health"},
		{"effective_weight", "weight now"},
		{"interface", "interface"},
		{"generation", "generation"},
	};

	table_print_fields(out, data, columns,
			   sizeof(columns) / sizeof(columns[0]));
	print_client(out, data);
	const char *reason = json_string_value(json_object_get(data, "reason"));
	if (reason != NULL) {
		fprintf(out, "Nobody gets it: %s.\n", reason);
		return;
	}
	print_passed_over(out, data);
	if (json_is_true(json_object_get(data, "cookie")))
		fputs("Its SYN is answered by a cookie now: the MTA is chosen "
		      "when the client has\nbrought it back.\n",
		      out);
	fputs("A session that exists already keeps the backend it has.\n", out);
	inforce_print(out, data);
}

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

/* Is a client one without limits, which no deny list denies? */
static bool
is_allowed(const struct sources *sources, const struct mx_plan *plan,
	   uint16_t service_id, const struct mx_addr *client)
{
	const struct mx_service *row = &plan->service[service_id];
	const struct deny_rule *rule = rules_find(sources->state, client);

	return (rule != NULL && !rule->denied) ||
	       mx_plan_allows(plan, &row->clients, client) ||
	       denials_allow(sources->applier->denials, row, client);
}

/* What the limits say of the client; NULL: it is within them, or has none. */
static json_t *
judge_client(json_t *data, const struct sources *sources,
	     const struct mx_plan *plan, const struct mx_flow *flow,
	     uint16_t service_id)
{
	const struct mx_client_limits *limits =
		&plan->service[service_id].clients;
	const struct mx_region *region = publisher_region(sources->publisher);
	const struct client_ids ids =
		client_ids_of(plan, (uint8_t)service_id, &flow->src);
	struct client_pair has;

	if (!limits->used || region == NULL ||
	    !client_count_one(&has, region, &ids, (uint32_t)clock_s()))
		return NULL;
	const bool exempt = is_allowed(sources, plan, service_id, &flow->src);
	json_object_set_new(data, "client_sessions",
			    json_integer((json_int_t)has.address.sessions));
	json_object_set_new(data, "client_refused",
			    json_integer((json_int_t)has.address.refused));
	json_object_set_new(
		data, "client_limits",
		exempt ? json_string("none: it is allowed")
		       : json_sprintf("%u at once, %u in 10 s; of its prefix "
				      "%u and %u (0: any)",
				      limits->sessions, limits->per_10s,
				      limits->prefix_sessions,
				      limits->prefix_per_10s));
	if (exempt)
		return NULL;
	if ((limits->sessions != 0 &&
	     has.address.sessions >= limits->sessions) ||
	    (limits->per_10s != 0 && has.address.recent >= limits->per_10s))
		return json_sprintf(
			"this client has %u sessions, %u of them begun in the "
			"last 10 s, and may have no more; see show clients",
			has.address.sessions, has.address.recent);
	if ((limits->prefix_sessions != 0 &&
	     has.prefix.sessions >= limits->prefix_sessions) ||
	    (limits->prefix_per_10s != 0 &&
	     has.prefix.recent >= limits->prefix_per_10s))
		return json_sprintf(
			"the prefix of this client has %u sessions, %u of them "
			"begun in the last 10 s, and may have no more; see "
			"show clients",
			has.prefix.sessions, has.prefix.recent);
	return NULL;
}

/* Why a new session would be dropped, or NULL. */
static json_t *
find_reason(const struct sources *sources, const struct mx_plan *plan,
	    uint16_t service_id, const struct mx_addr *client,
	    const struct forecast *forecast)
{
	char prefix[MX_PREFIX_TEXT_MAX];
	const struct service *service = &sources->state->service[service_id];
	const struct publish_outcome outcome =
		publisher_outcome(sources->publisher);
	char text[OUTCOME_TEXT_MAX];

	if (outcome_absence(&outcome, text) != NULL)
		return json_string(text);
	const struct deny_rule *rule = rules_find(sources->state, client);
	if (rule != NULL && rule->denied)
		return json_sprintf("%s is denied by command",
				    mx_prefix_format(&rule->at, prefix));
	if (rule == NULL && service->config != NULL &&
	    denials_deny(sources->applier->denials, &plan->service[service_id],
			 client) &&
	    !is_allowed(sources, plan, service_id, client))
		return json_sprintf("the deny list %s denies it",
				    service->config->deny.file);
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

static json_t *
pack_lookup(const struct sources *sources, const struct mx_plan *plan,
	    const struct mx_flow *flow, uint16_t service_id,
	    struct report_result *result)
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
	json_t *limit = judge_client(data, sources, plan, flow, service_id);
	json_t *reason =
		find_reason(sources, plan, service_id, &flow->src, &forecast);
	if (reason == NULL)
		reason = json_incref(limit);
	json_decref(limit);
	const bool refused = reason != NULL;
	json_object_set_new(data, "reason", refused ? reason : json_null());
	result->end = refused ? REPORT_REFUSED : REPORT_OK;
	return data;
}

static json_t *
lookup_rows(const struct sources *sources, int argc, char **argv,
	    struct report_result *result)
{
	const struct mx_plan *plan = publisher_plan(sources->publisher);
	struct mx_endpoint client, vip;

	(void)argc;
	if (mx_endpoint_parse(argv[0], &client) < 0 ||
	    mx_endpoint_parse(argv[1], &vip) < 0 ||
	    mx_addr_is4(&client.addr) != mx_addr_is4(&vip.addr))
		return report_misused(
			result,
			"expected: lookup SRC:PORT VIP:PORT, both of one "
			"family, such as lookup 192.0.2.7:40000 "
			"198.51.100.25:25 or lookup [2001:db8::7]:40000 "
			"[2001:db8:1::25]:25");
	if (plan == NULL)
		return report_refuse(result,
				     "no plan has been published yet: has "
				     "mxsteer-dataplane been started?");
	const struct mx_owned *found =
		mx_owned_find(&plan->owned, &vip.addr, vip.port_be);
	if (found->kind == MX_OWNED_RETIRED)
		return report_refuse(result,
				     "%s left the configuration and takes no "
				     "new sessions; see show retired",
				     argv[1]);
	if (found->kind != MX_OWNED_VIP)
		return report_refuse(
			result, "%s is not a VIP; see show services", argv[1]);
	const struct mx_flow flow = {.src = client.addr,
				     .dst = vip.addr,
				     .src_port_be = client.port_be,
				     .dst_port_be = vip.port_be};
	return pack_lookup(sources, plan, &flow, found->index, result);
}

const struct report report_lookup = {lookup_rows, print_lookup};
