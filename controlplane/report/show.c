/* SPDX-License-Identifier: BSD-3-Clause */
/* The reports of what the control plane knows.  The JSON is made first; the
 * text is a choice of its columns. */
#include <string.h>

#include "clock.h"
#include "endpoint.h"
#include "inforce.h"
#include "poolstate.h"
#include "prefix.h"
#include "publish.h"
#include "refusal.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "traffic.h"
#include "unserved.h"

#define COLUMNS(list) (sizeof(list) / sizeof((list)[0]))

static void
set(json_t *object, const char *key, json_t *value)
{
	/* A value is NULL if its text was not UTF-8 or there was no memory. */
	json_object_set_new(object, key, value ? value : json_null());
}

static void
set_count(json_t *object, const char *key, uint64_t count)
{
	set(object, key, json_integer((json_int_t)count));
}

static void
set_traffic(json_t *row, const struct mx_flow_count *count)
{
	set_count(row, "sessions", traffic_sessions(count));
	set_count(row, "sessions_total", count->opened);
	set_count(row, "half_open", traffic_half_open(count));
	set_count(row, "doubted", count->doubted);
	set_count(row, "packets_in", count->packets_in);
	set_count(row, "packets_out", count->packets_out);
	set_count(row, "bytes_in", count->bytes_in);
	set_count(row, "bytes_out", count->bytes_out);
}

static struct mx_flow_count
count_backend(const struct sources *sources, uint16_t id)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	return region != NULL ? traffic_backend(region, id)
			      : (struct mx_flow_count){0};
}

/* Returns the address families of the clients. */
static json_t *
families_of(const struct mx_config_service *service)
{
	json_t *names = json_array();
	bool four = false;
	bool six = false;

	for (uint16_t i = 0; i < service->vip_count; i++) {
		four |= mx_addr_is4(&service->vip[i].addr);
		six |= !mx_addr_is4(&service->vip[i].addr);
	}
	if (four)
		json_array_append_new(names, json_string("ipv4"));
	if (six)
		json_array_append_new(names, json_string("ipv6"));
	return names;
}

static json_t *
tunnel_row(const struct mx_config_service *service)
{
	json_t *row = json_object();
	json_t *sources = json_array();
	char text[MX_PREFIX_TEXT_MAX];

	for (uint16_t i = 0; i < service->tunnel_source_count; i++)
		json_array_append_new(
			sources, json_string(mx_prefix_format(
					 &service->tunnel_source[i], text)));
	set(row, "type", json_string(mx_tunnel_name(service->tunnel)));
	if (service->tunnel == MX_TUNNEL_GUE)
		set_count(row, "port", service->tunnel_port);
	set(row, "source", sources);
	return row;
}

/* Set the keys that say how the service forwards. */
static void
set_mode(json_t *row, const struct mx_config_service *service)
{
	char text[MX_ENDPOINT_TEXT_MAX];
	json_t *snats = json_array();

	for (uint16_t i = 0; i < service->snat_count; i++)
		json_array_append_new(snats, json_string(mx_addr_format(
						     &service->snat[i], text)));
	set(row, "forward", json_string(mx_forward_name(service->forward)));
	set(row, "proxy", json_string(mx_proxy_name(service->proxy)));
	set(row, "answer", json_string(mx_answer_name(service->answer)));
	set(row, "early_talkers", json_string(mx_early_name(service->early)));
	set(row, "greeting_delay_s",
	    service->delay_ms > 0 ? json_real(service->delay_ms / 1000.0)
				  : NULL);
	set(row, "host", json_string(service->host));
	set(row, "snat", snats);
	set(row, "tunnel",
	    service->forward == MX_FORWARD_TUNNEL ? tunnel_row(service) : NULL);
	set(row, "timers",
	    json_pack("{s:I s:I s:I s:I}", "idle_ms",
		      (json_int_t)service->idle_ms, "half_open_ms",
		      (json_int_t)service->half_open_ms, "greeting_ms",
		      (json_int_t)service->greeting_ms, "closing_ms",
		      (json_int_t)service->closing_ms));
}

/* Whether SYNs are answered by cookies, and at how many workers now. */
static void
set_cookies(json_t *row, const struct mx_config_service *service,
	    const struct mx_region *region, uint16_t id)
{
	const enum mx_cookies cookies = mx_config_cookies(service);
	const uint16_t on =
		region == NULL || cookies != MX_COOKIES_AUTO
			? 0
			: traffic_cookies_on(region, id, (uint32_t)clock_s());

	set(row, "cookies", json_string(mx_cookies_name(cookies)));
	set_count(row, "cookies_on", on);
}

static json_t *
service_row(const struct sources *sources, uint16_t id)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	const struct mx_config *config = sources->state->config;
	const struct mx_config_service *service =
		sources->state->service[id].config;
	char text[MX_ENDPOINT_TEXT_MAX];
	struct mx_flow_count count = {0};
	uint64_t refused = 0;
	uint64_t early = 0;
	json_t *row = json_object();
	json_t *vips = json_array();

	for (uint16_t i = 0; i < service->vip_count; i++)
		json_array_append_new(vips, json_string(mx_endpoint_format(
						    &service->vip[i], text)));
	set(row, "service", json_string(service->name));
	set(row, "direction",
	    json_string(mx_direction_name(service->direction)));
	set(row, "pool", json_string(config->pool[service->pool].name));
	set(row, "families", families_of(service));
	set(row, "vips", vips);
	set_mode(row, service);
	set_cookies(row, service, region, id);
	if (region != NULL) {
		count = traffic_service(region, id);
		refused = refusals_total(region, id);
		early = traffic_early(region, id);
	}
	set(row, "state",
	    json_string(pool_state_name(
		    pool_state(sources->state, service->pool, NULL))));
	set_traffic(row, &count);
	set_count(row, "refused", refused);
	set_count(row, "early", early);
	return row;
}

static void
print_services(FILE *out, json_t *data)
{
	/* clang-format off */
	static const struct table_column columns[] = {
		{"service", "SERVICE"},
		{"direction", "DIRECTION"},
		{"pool", "POOL"},
		{"state", "STATE"},
		{"forward", "FORWARD"},
		{"proxy", "PROXY"},
		{"families", "FAMILIES"},
		{"vips", "VIPS"},
		{"snat", "SNAT"},
		{"sessions", "SESSIONS"},
		{"half_open", "HALF"},
		{"sessions_total", "TOTAL"},
		{"refused", "REFUSED"},
		{"answer", "ANSWER"},
		{"cookies", "COOKIES"},
		{"cookies_on", "ON AT"},
		{"early_talkers", "EARLY TALKERS"},
		{"early", "EARLY"},
		{"bytes_in", "BYTES IN"},
		{"bytes_out", "BYTES OUT"},
	};
	/* clang-format on */

	table_print_folded(out, json_object_get(data, "services"), columns,
			   COLUMNS(columns));
	inforce_print(out, data);
}

static json_t *
services_rows(const struct sources *sources, int argc, char **argv,
	      struct report_result *result)
{
	json_t *rows = json_array();

	(void)argc, (void)argv, (void)result;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (sources->state->service[id].config != NULL)
			json_array_append_new(rows, service_row(sources, id));
	json_t *data = json_pack("{s:o}", "services", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_services = {services_rows, print_services};

static void
set_hop(json_t *row, const struct nexthop *hop)
{
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", hop->mac[0],
		 hop->mac[1], hop->mac[2], hop->mac[3], hop->mac[4],
		 hop->mac[5]);
	set(row, "mac", hop->known ? json_string(mac) : NULL);
	set(row, "interface", hop->known ? json_string(hop->interface) : NULL);
	set(row, "mtu", hop->mtu > 0 ? json_integer(hop->mtu) : NULL);
	set(row, "gateway", json_boolean(hop->routed));
}

static json_t *
last_check_row(const struct last_check *check)
{
	json_t *row;

	if (!check->known)
		return NULL;
	row = json_object();
	set(row, "passed", json_boolean(check->passed));
	set(row, "reason", json_string(reason_name(check->reason)));
	set(row, "reply", json_string(check->reply));
	set(row, "ms", json_real(check->took_ms));
	return row;
}

/* Sessions that the backend left unserved: all, and by how. */
static void
set_unserved(json_t *row, const struct mx_flow_count *count)
{
	json_t *by = json_object();
	uint64_t sum = 0;

	for (int i = 0; i < MX_UNSERVED_KINDS; i++) {
		sum += count->unserved[i];
		set_count(by, unserved_name((enum mx_unserved)i),
			  count->unserved[i]);
	}
	set_count(row, "unserved", sum);
	set(row, "unserved_by", by);
}

static json_t *
backend_row(const struct sources *sources, uint16_t id)
{
	const struct backend *b = &sources->state->backend[id];
	const struct mx_flow_count count = count_backend(sources, id);
	char address[MX_ENDPOINT_TEXT_MAX];
	char why[POOLSTATE_WHY_MAX];
	json_t *row = json_object();

	set(row, "pool", json_string(b->pool));
	set(row, "backend", json_string(b->name));
	set(row, "address",
	    json_string(mx_endpoint_format(&b->address, address)));
	set(row, "admin", json_string(admin_name(b->override.admin)));
	set(row, "health", json_string(state_health(b)));
	set_count(row, "weight", state_weight(b));
	set_count(row, "effective_weight", b->effective_weight);
	set_count(row, "tier", b->config->tier);
	set(row, "connections_max",
	    b->config->connections_max > 0
		    ? json_integer(b->config->connections_max)
		    : NULL);
	set_traffic(row, &count);
	set_unserved(row, &count);
	set(row, "reason", json_string(backend_why(b, why)));
	set_hop(row, &b->hop);
	set(row, "last_check", last_check_row(&b->check));
	return row;
}

static void
print_backends(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"pool", "POOL"},
		{"backend", "BACKEND"},
		{"address", "ADDRESS"},
		{"admin", "ADMIN"},
		{"health", "HEALTH"},
		{"weight", "WEIGHT"},
		{"effective_weight", "NOW"},
		{"tier", "TIER"},
		{"sessions", "SESSIONS"},
		{"connections_max", "MAX"},
		{"sessions_total", "TOTAL"},
		{"unserved", "UNSERVED"},
		{"reason", "REASON"},
	};

	table_print(out, json_object_get(data, "backends"), columns,
		    COLUMNS(columns));
	inforce_print(out, data);
}

/* Backends are shown in the order of the file, as the operator knows them. */
static json_t *
backends_rows(const struct sources *sources, int argc, char **argv,
	      struct report_result *result)
{
	const struct state *state = sources->state;
	json_t *rows = json_array();

	(void)argc, (void)argv, (void)result;
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++)
			json_array_append_new(
				rows,
				backend_row(sources, state->pool[p].member[i]));
	json_t *data = json_pack("{s:o}", "backends", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_backends = {backends_rows, print_backends};

static void
print_generation(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"published", "generation published"},
		{"adopted", "generation in force"},
		{"fault", "refused because"},
		{"took_ms", "taken up in ms"},
		{"state", "data plane is"},
		{"pid", "process"},
		{"started", "started"},
		{"hugepages", "huge pages"},
		{"sessions_max", "room for sessions"},
		{"ipv6", "room for IPv6"},
	};

	json_object_update(data, json_object_get(data, "dataplane"));
	table_print_fields(out, data, columns, COLUMNS(columns));
	inforce_print(out, data);
}

static json_t *
dataplane_row(const struct mx_region *region,
	      const struct publish_outcome *outcome)
{
	const bool running = outcome->running;
	json_t *row = json_object();
	char started[32] = "";
	struct tm local;

	set(row, "running", json_boolean(running));
	set(row, "state", json_string(liveness_name(outcome->liveness)));
	if (region == NULL)
		return row;
	const time_t started_s = (time_t)region->header.started_s;
	if (localtime_r(&started_s, &local) != NULL)
		strftime(started, sizeof(started), "%Y-%m-%d %H:%M:%S", &local);
	if (running)
		set_count(row, "pid",
			  (uint64_t)atomic_load_explicit(
				  &region->header.dataplane_pid,
				  memory_order_relaxed));
	set(row, "started", json_string(started));
	set(row, "hugepages", json_boolean(region->header.hugepages));
	set_count(row, "sessions_max", region->header.sessions_max);
	set(row, "ipv6", json_boolean(region->header.ipv6));
	return row;
}

static json_t *
generation_rows(const struct sources *sources, int argc, char **argv,
		struct report_result *result)
{
	const struct publisher *publisher = sources->publisher;
	const struct publish_outcome outcome = publisher_outcome(publisher);
	const bool refused = outcome.answered && outcome.fault != MX_PLAN_OK;
	json_t *data = json_object();

	(void)argc, (void)argv, (void)result;
	set_count(data, "published", outcome.generation);
	set_count(data, "adopted", outcome.adopted);
	set(data, "fault",
	    refused ? json_string(mx_plan_fault_text(outcome.fault)) : NULL);
	set(data, "took_ms",
	    outcome.answered ? json_real(outcome.took_ms) : NULL);
	set(data, "dataplane",
	    dataplane_row(publisher_region(publisher), &outcome));
	inforce_set(data, publisher);
	return data;
}

const struct report report_generation = {generation_rows, print_generation};
