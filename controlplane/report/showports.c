/* SPDX-License-Identifier: BSD-3-Clause */
/* "show ports": the interfaces that the data plane uses, as it sees them. */
#include "clock.h"
#include "config.h"
#include "endpoint.h"
#include "region.h"
#include "reports.h"
#include "table.h"

static const char *const links[MX_LINKS] = {
	[MX_LINK_UP] = "up",
	[MX_LINK_DOWN] = "down",
	[MX_LINK_GONE] = "gone",
};

static const char *const steerings[MX_STEERINGS] = {
	[MX_STEERING_ALONE] = "one worker",
	[MX_STEERING_RINGS] = "rings: workers hand frames over",
	[MX_STEERING_RSS] = "RSS: ports choose the worker",
};

static const char *const rss_words[MX_RSS_STATES] = {
	[MX_RSS_UNUSED] = NULL,
	[MX_RSS_UNPROVEN] = "unproven",
	[MX_RSS_PROVEN] = "proven",
	[MX_RSS_DOUBTED] = "doubted",
};

/* Returns null if no other host has claimed an address of ours. */
static json_t *
claim_of(const struct mx_region_link *link, uint64_t claims)
{
	char address[MX_ENDPOINT_TEXT_MAX];
	char mac[REPORT_MAC_MAX];

	if (claims == 0)
		return json_null();
	return json_pack("{s:s s:s}", "address",
			 mx_addr_format(&link->claimed, address), "mac",
			 report_mac(link->claimant, mac));
}

/* Returns null if the port is no bond. */
static json_t *
members_of(const struct mx_region_link *link)
{
	static const char *const words[MX_MEMBERS] = {
		[MX_MEMBER_DOWN] = "down",
		[MX_MEMBER_WAITS] = "waiting",
		[MX_MEMBER_ACTIVE] = "active",
	};
	/* Acquire: the names are there. */
	const uint32_t count =
		atomic_load_explicit(&link->members, memory_order_acquire);

	if (count == 0)
		return json_null();
	json_t *rows = json_array();
	for (uint32_t i = 0; i < count && i < MX_BOND_MEMBERS_MAX; i++) {
		const uint32_t state = atomic_load_explicit(
			&link->member[i].state, memory_order_relaxed);

		json_array_append_new(
			rows, json_pack("{s:s s:s}", "member",
					link->member[i].name, "state",
					state < MX_MEMBERS ? words[state]
							   : "unknown"));
	}
	return rows;
}

static const char *
rss_word(const _Atomic uint32_t *state)
{
	const uint32_t is = atomic_load_explicit(state, memory_order_relaxed);

	return is < MX_RSS_STATES ? rss_words[is] : "unknown";
}

static json_int_t
load(const _Atomic uint64_t *count)
{
	return (json_int_t)atomic_load_explicit(count, memory_order_relaxed);
}

/* Returns null if RSS of the port does not choose the workers. */
static json_t *
rss_of(const struct mx_region_link *link)
{
	if (rss_word(&link->rss4) == NULL)
		return json_null();
	return json_pack("{s:s s:s? s:I s:I}", "ipv4", rss_word(&link->rss4),
			 "ipv6", rss_word(&link->rss6), "segments",
			 load(&link->rss_segments), "astray",
			 load(&link->rss_astray));
}

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static const char *
twin_of(const struct mx_region_port *port)
{
	static const char *const twins[MX_TWINS] = {
		[MX_TWIN_VHOST] = "vhost",
		[MX_TWIN_TAP] = "tap",
	};

	return port->twin < MX_TWINS ? twins[port->twin] : NULL;
}

static json_t *
port_row(const struct mx_region *region, uint16_t index)
{
	const struct mx_region_port *port = &region->header.port[index];
	const struct mx_region_link *link = &region->link[index];
	const uint32_t state =
		atomic_load_explicit(&link->state, memory_order_relaxed);
	/* Acquire: the address and the claimant of the last claim are there. */
	const uint64_t claims =
		atomic_load_explicit(&link->claims, memory_order_acquire);
	const json_int_t since_s = (json_int_t)atomic_load_explicit(
		&link->since_s, memory_order_relaxed);
	char mac[REPORT_MAC_MAX];

	return json_pack(
		"{s:s s:s? s:s? s:s? s:o s:s s:I s:s s:i s:I s:I s:I s:I s:I s:I s:I "
		"s:I s:o s:s? s:o s:o}",
		"port", port->name, "interface", or_null(port->interface),
		"twin", twin_of(port), "device", or_null(port->device), "vlan",
		port->vlan != 0 ? json_integer(port->vlan) : json_null(),
		"link", state < MX_LINKS ? links[state] : "unknown", "seconds",
		(json_int_t)clock_wall_s() - since_s, "mac",
		report_mac(port->mac, mac), "queues", port->queues, "rx",
		load(&link->rx), "tx", load(&link->tx), "missed",
		load(&link->missed), "no_memory", load(&link->no_memory),
		"errors", load(&link->errors), "other_vlan",
		load(&link->other_vlan), "checksums_completed",
		load(&link->partial), "claims", (json_int_t)claims, "claim",
		claim_of(link, claims), "rss_lack", or_null(port->rss_lack),
		"members", members_of(link), "rss", rss_of(link));
}

json_t *
report_port_losses(const struct mx_region *region)
{
	json_t *rows = json_array();

	for (uint16_t i = 0; i < region->header.ports && i < MX_PORTS_MAX;
	     i++) {
		const struct mx_region_link *link = &region->link[i];
		const struct {
			const char *reason;
			json_int_t frames;
		} losses[] = {
			{"missed", load(&link->missed)},
			{"no-memory", load(&link->no_memory)},
			{"errors", load(&link->errors)},
			{"other-vlan", load(&link->other_vlan)},
		};
		for (size_t r = 0; r < sizeof(losses) / sizeof(losses[0]); r++)
			if (losses[r].frames > 0)
				json_array_append_new(
					rows,
					json_pack("{s:s s:s s:I}", "port",
						  region->header.port[i].name,
						  "reason", losses[r].reason,
						  "frames", losses[r].frames));
	}
	return rows;
}

static const char *
text_of(const json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key));
}

/* Print what the traffic says of a port's RSS. */
static void
print_rss(FILE *out, const char *port, const json_t *rss)
{
	const char *ipv6 = text_of(rss, "ipv6");

	if (!json_is_object(rss))
		return;
	fprintf(out,
		"port %s: RSS of IPv4 is %s%s%s: %" JSON_INTEGER_FORMAT
		" of %" JSON_INTEGER_FORMAT
		" segments came by another queue than computed\n",
		port, text_of(rss, "ipv4"), ipv6 != NULL ? ", of IPv6 " : "",
		ipv6 != NULL ? ipv6 : "",
		json_integer_value(json_object_get(rss, "astray")),
		json_integer_value(json_object_get(rss, "segments")));
}

/* Print how sessions reach their workers, and which ports are the reason. */
static void
print_steering(FILE *out, const json_t *data)
{
	const json_t *row;
	size_t i;

	fprintf(out, "steering: %s\n",
		json_string_value(json_object_get(data, "steering")));
	json_array_foreach(json_object_get(data, "ports"), i, row) {
		const char *lack = text_of(row, "rss_lack");

		if (lack != NULL)
			fprintf(out, "port %s %s\n", text_of(row, "port"),
				lack);
		print_rss(out, text_of(row, "port"),
			  json_object_get(row, "rss"));
	}
}

static void
print_members(FILE *out, const json_t *port)
{
	const json_t *members = json_object_get(port, "members");
	const json_t *row;
	size_t i;

	json_array_foreach(members, i, row)
		fprintf(out, "port %s: member %s is %s\n",
			text_of(port, "port"), text_of(row, "member"),
			text_of(row, "state"));
}

static const struct table_column ports_columns[] = {
	{"port", "PORT"},
	{"interface", "INTERFACE"},
	{"twin", "TWIN", 6},
	{"device", "DEVICE", 4},
	{"vlan", "VLAN", 5},
	{"link", "LINK", .state = true},
	{"seconds", "FOR S", 2},
	{"mac", "MAC", 5},
	{"queues", "QUEUES", 7},
	{"rx", "RX", 1},
	{"tx", "TX", 1},
	{"missed", "MISSED", 3},
	{"no_memory", "NO MEMORY", 6},
	{"errors", "ERRORS", 3},
	{"other_vlan", "OTHER VLAN", 8},
	{"checksums_completed", "SUMS COMPLETED", 9},
	{"claims", "CLAIMS", 4},
};
static const struct table ports_table = TABLE("ports", ports_columns);

static void
print_ports(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "ports");
	const json_t *row;
	size_t i;

	table_print(out, rows, &ports_table, style);
	print_steering(out, data);
	json_array_foreach(rows, i, row) {
		const json_t *claim = json_object_get(row, "claim");

		print_members(out, row);
		if (json_is_null(claim))
			continue;
		fprintf(out,
			"port %s: %s claims %s, which mxsteer owns: two hosts "
			"have one address\n",
			text_of(row, "port"), text_of(claim, "mac"),
			text_of(claim, "address"));
	}
}

static json_t *
ports_rows(const struct sources *sources, const struct arguments *arguments,
	   struct report_result *result)
{
	const struct mx_region *region = report_region(sources, result);

	(void)arguments;
	if (region == NULL)
		return NULL;
	json_t *rows = json_array();
	for (uint16_t i = 0; i < region->header.ports && i < MX_PORTS_MAX; i++)
		json_array_append_new(rows, port_row(region, i));
	const uint8_t steering = atomic_load_explicit(&region->header.steering,
						      memory_order_relaxed);
	return json_pack("{s:s s:o}", "steering",
			 steering < MX_STEERINGS ? steerings[steering]
						 : "unknown",
			 "ports", rows);
}

const struct report report_ports = {ports_rows, print_ports, {&ports_table}};
