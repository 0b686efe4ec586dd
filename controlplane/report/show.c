/* SPDX-License-Identifier: BSD-3-Clause */
/* `show services`: services, their VIPs, how they forward, and their traffic. */
#include "clock.h"
#include "endpoint.h"
#include "inforce.h"
#include "meter.h"
#include "order.h"
#include "poolstate.h"
#include "prefix.h"
#include "publish.h"
#include "refusal.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "traffic.h"

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
	report_set(row, "type", json_string(mx_tunnel_name(service->tunnel)));
	if (service->tunnel == MX_TUNNEL_GUE)
		report_set_count(row, "port", service->tunnel_port);
	report_set(row, "source", sources);
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
	report_set(row, "forward",
		   json_string(mx_forward_name(service->forward)));
	report_set(row, "proxy", json_string(mx_proxy_name(service->proxy)));
	report_set(row, "answer", json_string(mx_answer_name(service->answer)));
	report_set(row, "early_talkers",
		   json_string(mx_early_name(service->early)));
	report_set(row, "greeting_delay_s",
		   service->delay_ms > 0 ? json_real(service->delay_ms / 1000.0)
					 : NULL);
	report_set(row, "host", json_string(service->host));
	report_set(row, "snat", snats);
	report_set(row, "tunnel",
		   service->forward == MX_FORWARD_TUNNEL ? tunnel_row(service)
							 : NULL);
	report_set(row, "timers",
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

	report_set(row, "cookies", json_string(mx_cookies_name(cookies)));
	report_set_count(row, "cookies_on", on);
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
	uint64_t peak = 0;
	json_t *row = json_object();
	json_t *vips = json_array();

	for (uint16_t i = 0; i < service->vip_count; i++)
		json_array_append_new(vips, json_string(mx_endpoint_format(
						    &service->vip[i], text)));
	report_set(row, "service", json_string(service->name));
	report_set(row, "direction",
		   json_string(mx_direction_name(service->direction)));
	report_set(row, "pool", json_string(config->pool[service->pool].name));
	report_set(row, "families", families_of(service));
	report_set(row, "vips", vips);
	set_mode(row, service);
	set_cookies(row, service, region, id);
	if (region != NULL) {
		count = traffic_service(region, id);
		refused = refusals_total(region, id);
		early = traffic_early(region, id);
		peak = traffic_peak(region, id);
	}
	report_set(row, "state",
		   json_string(pool_state_name(
			   pool_state(sources->state, service->pool, NULL))));
	report_traffic(row, &count);
	report_rate(row, meter_service_rate(sources->meter, id));
	report_set_count(row, "sessions_peak", peak);
	report_set_count(row, "refused", refused);
	report_set_count(row, "early", early);
	return row;
}

static const struct table_column services_columns[] = {
	{"service", "SERVICE"},        {"direction", "DIRECTION", 5},
	{"pool", "POOL", 2},           {"state", "STATE", .state = true},
	{"forward", "FORWARD", 3},     {"proxy", "PROXY", 6},
	{"families", "FAMILIES", 7},   {"vips", "VIPS", 4},
	{"snat", "SNAT", 8},           {"sessions", "SESSIONS"},
	{"half_open", "HALF", 5},      {"sessions_per_s", "NEW/S", 1},
	{"sessions_peak", "PEAK", 6},  {"refused", "REFUSED", 1},
	{"answer", "ANSWER", 7},       {"cookies", "COOKIES", 8},
	{"cookies_on", "ON AT", 8},    {"early_talkers", "EARLY TALKERS", 8},
	{"early", "EARLY", 6},         {"bytes_in", "BYTES IN", 5},
	{"bytes_out", "BYTES OUT", 5},
};
static const struct table services_table = TABLE("services", services_columns);

static void
print_services(FILE *out, json_t *data, const struct table_style *style)
{

	json_t *rows = json_object_get(data, "services");

	if (style->width > 0)
		order_worst_first(rows, order_by_state);
	table_print(out, rows, &services_table, style);
	inforce_print(out, data);
}

static json_t *
services_rows(const struct sources *sources, const struct arguments *arguments,
	      struct report_result *result)
{
	json_t *rows = json_array();

	(void)arguments, (void)result;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (sources->state->service[id].config != NULL)
			json_array_append_new(rows, service_row(sources, id));
	json_t *data = json_pack("{s:o}", "services", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_services = {
	services_rows, print_services, {&services_table}};
