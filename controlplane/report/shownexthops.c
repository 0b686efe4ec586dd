/* SPDX-License-Identifier: BSD-3-Clause */
/* "show next-hops": the gateways that frames go by. */
#include <string.h>

#include "apply.h"
#include "clock.h"
#include "endpoint.h"
#include "reports.h"
#include "routers.h"
#include "state.h"
#include "table.h"

static bool
goes_by(const struct nexthop *hop, const struct router *router)
{
	return hop->known && mx_addr_equal(&hop->via, &router->addr) &&
	       strcmp(hop->interface, router->interface) == 0;
}

static int
count_backends(const struct state *state, const struct router *router)
{
	int count = 0;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		count += state->backend[id].used &&
			 goes_by(&state->backend[id].hop, router);
	return count;
}

static json_t *
instead_of(const struct routers *routers, const struct router *router)
{
	const struct router *other = router_is_left(router)
					     ? routers_instead(routers, router)
					     : NULL;
	char text[MX_ENDPOINT_TEXT_MAX];

	return other == NULL ? json_null()
			     : json_string(mx_addr_format(&other->addr, text));
}

static json_t *
router_row(const struct sources *sources, const struct routers *routers,
	   const struct router *router)
{
	char text[MX_ENDPOINT_TEXT_MAX], mac[REPORT_MAC_MAX];

	return json_pack("{s:s s:s s:s? s:s s:I s:b s:o s:i}", "next_hop",
			 mx_addr_format(&router->addr, text), "interface",
			 router->interface, "mac",
			 router->has_mac ? report_mac(router->mac, mac) : NULL,
			 "state", reach_name(router->reach.state), "seconds",
			 (json_int_t)(clock_s() - router->reach.since_s),
			 "replaceable", router->peers != 0, "instead",
			 instead_of(routers, router), "backends",
			 count_backends(sources->state, router));
}

/* A backend behind a gateway, and why it is this one. */
static json_t *
hop_row(const struct backend *b)
{
	char text[MX_ENDPOINT_TEXT_MAX], label[STATE_LABEL_MAX];

	return json_pack(
		"{s:s s:s s:s s:I s:s}", "backend", state_label(b, label),
		"next_hop", mx_addr_format(&b->hop.via, text), "interface",
		b->hop.interface, "seconds",
		(json_int_t)(clock_s() - b->hop.since_s), "why",
		b->hop.turned ? "that of the kernel's route does not answer"
			      : "the kernel's route");
}

static json_t *
hops_rows(const struct sources *sources, const struct arguments *arguments,
	  struct report_result *result)
{
	const struct routers *routers =
		nexthops_routers(sources->applier->hops);
	json_t *gateways = json_array();
	json_t *backends = json_array();

	(void)arguments, (void)result;
	for (uint32_t i = 0; i < routers_count(routers); i++)
		json_array_append_new(
			gateways,
			router_row(sources, routers, routers_at(routers, i)));
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &sources->state->backend[id];

		if (b->used && b->hop.known && b->hop.routed)
			json_array_append_new(backends, hop_row(b));
	}
	return json_pack("{s:o s:o}", "next_hops", gateways, "backends",
			 backends);
}

static const struct table_column gateways_columns[] = {
	{"next_hop", "NEXT HOP"},    {"interface", "INTERFACE", 2},
	{"mac", "MAC", 4},           {"state", "STATE", .state = true},
	{"seconds", "FOR S", 3},     {"instead", "INSTEAD", 1},
	{"backends", "BACKENDS", 3},
};
static const struct table gateways_table = TABLE("next_hops", gateways_columns);

static const struct table_column hops_columns[] = {
	{"backend", "BACKEND"},
	{"next_hop", "NEXT HOP"},
	{"interface", "INTERFACE", 2},
	{"seconds", "FOR S", 1},
	{"why", "WHY"},
};
static const struct table hops_table = TABLE("backends", hops_columns);

static void
print_hops(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *hops = json_object_get(data, "backends");

	const json_t *gateways = json_object_get(data, "next_hops");

	if (json_array_size(gateways) == 0)
		fputs("no gateway is used\n", out);
	else
		table_print(out, gateways, &gateways_table, style);
	if (json_array_size(hops) > 0)
		table_print(out, hops, &hops_table, style);
}

const struct report report_next_hops = {
	hops_rows, print_hops, {&gateways_table, &hops_table}};
