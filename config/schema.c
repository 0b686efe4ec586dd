/* SPDX-License-Identifier: BSD-3-Clause */
#include "schema.h"

#include "config.h"

#define FIELD(type, field) .offset = offsetof(struct type, field)
#define LIST_ITEMS(type, field)                                                \
	.item_bytes = sizeof(((struct type *)0)->field[0]),                    \
	.items_max = sizeof(((struct type *)0)->field) /                       \
		     sizeof(((struct type *)0)->field[0])
#define LIST(type, field, count)                                               \
	FIELD(type, field), .count_offset = offsetof(struct type, count),      \
			    LIST_ITEMS(type, field)

/* For a mapping without a struct of its own: the fields from `first` on. */
#define FROM(type, first, field)                                               \
	(offsetof(struct type, field) - offsetof(struct type, first))
#define FIELD_FROM(type, first, field) .offset = FROM(type, first, field)
#define LIST_FROM(type, first, field, count)                                   \
	FIELD_FROM(type, first, field),                                        \
		.count_offset = FROM(type, first, count),                      \
		LIST_ITEMS(type, field)

/* A constant as the file would say it. */
#define QUOTED(number) #number
#define SECONDS(number) QUOTED(number) "s"

static const char *const driver_words[] = {"af_packet", "af_xdp", "dpdk", NULL};
static const char *const twin_words[] = {"auto", "vhost", "tap", "off", NULL};
static const char *const idle_words[] = {"poll", "sleep", NULL};
static const char *const direction_words[] = {"inbound", "outbound", "both",
					      NULL};
static const char *const hash_words[] = {"flow", "source", "source-prefix",
					 NULL};
static const char *const check_words[] = {"tcp", "smtp", NULL};
static const char *const forward_words[] = {"fullnat", "nat", "dsr", "tunnel",
					    NULL};
static const char *const proxy_words[] = {"off", "v1", "v2", NULL};
static const char *const tunnel_words[] = {"ipip", "gue", NULL};
static const char *const hidden_words[] = {"hidden", NULL};
static const char *const sources_words[] = {"any", NULL};
static const char *const refusal_words[] = {"drop", "421", "554", "reset",
					    NULL};
static const char *const cookie_words[] = {"never", "always", "auto", NULL};
static const char *const early_words[] = {"off",    "count", "delay",
					  "refuse", "mark",  NULL};
static const char *const fail_over_words[] = {
	"off", "refused", "silent", "busy", "refuses", "mute", NULL};
static const char *const switch_words[] = {"off", "on", NULL};

static const char *const bond_words[] = {"active-backup", "lacp", NULL};

/* clang-format off */
static const struct key bond_keys[] = {
	{"mode", KEY_SCALAR, {SCALAR_WORD, .words = bond_words},
	 FIELD_FROM(mx_config_port, bond, bond), .fallback = "active-backup"},
	{"members", KEY_SCALARS, {SCALAR_DEVICE},
	 LIST_FROM(mx_config_port, bond, member, member_count)},
	{0},
};

static const struct key port_keys[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_port, name),
	 .missing = "the name by which messages and tables call the port"},
	{"driver", KEY_SCALAR, {SCALAR_WORD, .words = driver_words},
	 FIELD(mx_config_port, driver), .fallback = "af_packet"},
	{"interface", KEY_SCALAR, {SCALAR_INTERFACE},
	 FIELD(mx_config_port, interface)},
	{"device", KEY_SCALAR, {SCALAR_DEVICE}, FIELD(mx_config_port, device)},
	{"bond", KEY_MAP, .map = bond_keys, FIELD(mx_config_port, bond)},
	{"queues", KEY_SCALAR, {SCALAR_U16, 1, MX_WORKERS_MAX},
	 FIELD(mx_config_port, queues)},
	{"mtu", KEY_SCALAR, {SCALAR_U16, MX_MTU_MIN_DPDK, MX_MTU_MAX_DPDK},
	 FIELD(mx_config_port, mtu)},
	{"twin", KEY_SCALAR, {SCALAR_WORD, .words = twin_words},
	 FIELD(mx_config_port, twin), .fallback = "auto"},
	{"vlan", KEY_SCALAR, {SCALAR_U16, 1, MX_VLAN_MAX},
	 FIELD(mx_config_port, vlan)},
	{0},
};

static const struct key dataplane_keys[] = {
	{"workers", KEY_SCALARS, {SCALAR_U16, 0, 1023},
	 LIST(mx_config_dataplane, worker_core, worker_count),
	 .missing = "the cores to poll on, such as [1]"},
	{"idle", KEY_SCALAR, {SCALAR_WORD, .words = idle_words},
	 FIELD(mx_config_dataplane, idle), .fallback = "poll"},
	{"sessions-max", KEY_SCALAR, {SCALAR_U32, 1000, MX_SESSIONS_MAX},
	 FIELD(mx_config_dataplane, sessions_max), .fallback = "1000000"},
	{"ports", KEY_MAPS, .map = port_keys,
	 LIST(mx_config_dataplane, port, port_count),
	 .missing = "a list of network ports, each {name: wan, driver: af_packet, interface: eth0}"},
	{0},
};

static const struct key tunnel_keys[] = {
	{"type", KEY_SCALAR, {SCALAR_WORD, .words = tunnel_words},
	 FIELD_FROM(mx_config_service, tunnel, tunnel), .fallback = "ipip"},
	{"port", KEY_SCALAR, {SCALAR_U16, 1, 65535},
	 FIELD_FROM(mx_config_service, tunnel, tunnel_port),
	 .fallback = "6080"}, /* GUE's port in IANA's list */
	{"source", KEY_SCALARS, {SCALAR_PREFIX},
	 LIST_FROM(mx_config_service, tunnel, tunnel_source,
		   tunnel_source_count)},
	{0},
};

static const struct key timer_keys[] = {
	{"idle", KEY_SCALAR,
	 {SCALAR_DURATION, 300 * 1000, 24 * 3600 * 1000,
	  .expected = "a time from 5m to 24h, such as 15m, as a client may take 5 minutes for a command (RFC 5321 4.5.3.2)"},
	 FIELD_FROM(mx_config_service, idle_ms, idle_ms), .fallback = SECONDS(MX_IDLE_S)},
	{"half-open", KEY_SCALAR,
	 {SCALAR_DURATION, 5 * 1000, 300 * 1000,
	  .expected = "a time from 5s to 5m, such as 30s"},
	 FIELD_FROM(mx_config_service, idle_ms, half_open_ms),
	 .fallback = SECONDS(MX_HALF_OPEN_S)},
	{"greeting", KEY_SCALAR,
	 {SCALAR_DURATION, 300 * 1000, 24 * 3600 * 1000,
	  .expected = "a time from 5m to 24h, such as 330s, as a client may wait 5 minutes for the banner (RFC 5321 4.5.3.2.1)"},
	 FIELD_FROM(mx_config_service, idle_ms, greeting_ms),
	 .fallback = SECONDS(MX_GREETING_S)},
	{"closing", KEY_SCALAR,
	 {SCALAR_DURATION, 10 * 1000, 600 * 1000,
	  .expected = "a time from 10s to 10m, such as 2m"},
	 FIELD_FROM(mx_config_service, idle_ms, closing_ms),
	 .fallback = SECONDS(MX_CLOSING_S)},
	{0},
};

static const struct key prefix_keys[] = {
	{"v4", KEY_SCALAR, {SCALAR_U8, 8, 32},
	 FIELD_FROM(mx_config_clients, prefix4, prefix4), .fallback = "24"},
	{"v6", KEY_SCALAR, {SCALAR_U8, 16, 128},
	 FIELD_FROM(mx_config_clients, prefix4, prefix6), .fallback = "64"},
	{"sessions", KEY_SCALAR, {SCALAR_U32, 0, MX_SESSIONS_MAX},
	 FIELD_FROM(mx_config_clients, prefix4, prefix_sessions), .fallback = "0"},
	{"per-10s", KEY_SCALAR, {SCALAR_U32, 0, 65535},
	 FIELD_FROM(mx_config_clients, prefix4, prefix_per_10s), .fallback = "0"},
	{0},
};

static const struct key clients_keys[] = {
	{"sessions", KEY_SCALAR, {SCALAR_U32, 0, MX_SESSIONS_MAX},
	 FIELD(mx_config_clients, sessions), .fallback = "0"},
	{"per-10s", KEY_SCALAR, {SCALAR_U32, 0, 65535},
	 FIELD(mx_config_clients, per_10s), .fallback = "0"},
	{"prefix", KEY_MAP, .map = prefix_keys,
	 FIELD(mx_config_clients, prefix4)},
	{"answer", KEY_SCALAR, {SCALAR_WORD, .words = refusal_words},
	 FIELD(mx_config_clients, answer), .fallback = "reset"},
	{"allow", KEY_SCALARS, {SCALAR_PREFIX},
	 LIST(mx_config_clients, allow, allow_count)},
	{"allow-file", KEY_SCALAR, {SCALAR_PATH},
	 FIELD(mx_config_clients, allow_file)},
	{0},
};

static const struct key deny_keys[] = {
	{"file", KEY_SCALAR, {SCALAR_PATH}, FIELD(mx_config_deny, file)},
	{"answer", KEY_SCALAR, {SCALAR_WORD, .words = refusal_words},
	 FIELD(mx_config_deny, answer), .fallback = "reset"},
	{"allow", KEY_SCALARS, {SCALAR_PREFIX},
	 LIST(mx_config_deny, allow, allow_count)},
	{"allow-file", KEY_SCALAR, {SCALAR_PATH},
	 FIELD(mx_config_deny, allow_file)},
	{0},
};

static const struct key service_keys[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_service, name),
	 .missing = "the name by which messages and tables call the service"},
	{"direction", KEY_SCALAR, {SCALAR_WORD, .words = direction_words},
	 FIELD(mx_config_service, direction), .fallback = "inbound"},
	{"listen", KEY_SCALARS, {SCALAR_ENDPOINT},
	 LIST(mx_config_service, vip, vip_count),
	 .missing = "the addresses that clients connect to, such as [\"198.51.100.25:25\"]"},
	{"pool", KEY_REFERENCE, {SCALAR_NAME}, FIELD(mx_config_service, pool),
	 .missing = "the name of the pool that serves it"},
	{"forward", KEY_SCALAR, {SCALAR_WORD, .words = forward_words},
	 FIELD(mx_config_service, forward), .fallback = "fullnat"},
	{"snat", KEY_SCALARS, {SCALAR_ADDRESS},
	 LIST(mx_config_service, snat, snat_count)},
	{"proxy-protocol", KEY_SCALAR, {SCALAR_WORD, .words = proxy_words},
	 FIELD(mx_config_service, proxy), .fallback = "off"},
	{"client-address", KEY_SCALAR, {SCALAR_FLAG, .words = hidden_words},
	 FIELD(mx_config_service, client_hidden)},
	{"client-sources", KEY_SCALAR, {SCALAR_FLAG, .words = sources_words},
	 FIELD(mx_config_service, any_source)},
	{"answer", KEY_SCALAR, {SCALAR_WORD, .words = refusal_words},
	 FIELD(mx_config_service, answer), .fallback = "drop"},
	{"host", KEY_SCALAR, {SCALAR_HOSTNAME}, FIELD(mx_config_service, host)},
	{"syn-cookies", KEY_SCALAR, {SCALAR_WORD, .words = cookie_words},
	 FIELD(mx_config_service, cookies), .fallback = "auto"},
	{"early-talkers", KEY_SCALAR, {SCALAR_WORD, .words = early_words},
	 FIELD(mx_config_service, early), .fallback = "off"},
	{"greeting-delay", KEY_SCALAR,
	 {SCALAR_DURATION, 1000, 60 * 1000,
	  .expected = "a time from 1s to 60s, such as 2s"},
	 FIELD(mx_config_service, delay_ms)},
	{"fail-over", KEY_SCALARS, {SCALAR_WORD, .words = fail_over_words},
	 LIST(mx_config_service, fail_over, fail_over_count)},
	{"banner-patience", KEY_SCALAR,
	 {SCALAR_DURATION, 5 * 1000, 240 * 1000,
	  .expected = "a time from 5s to 4m, such as 20s, as a client may wait 5 minutes for the banner (RFC 5321 4.5.3.2.1)"},
	 FIELD(mx_config_service, patience_ms), .fallback = "20s"},
	{"tunnel", KEY_MAP, .map = tunnel_keys,
	 FIELD(mx_config_service, tunnel)},
	{"timers", KEY_MAP, .map = timer_keys,
	 FIELD(mx_config_service, idle_ms)},
	{"clients", KEY_MAP, .map = clients_keys,
	 FIELD(mx_config_service, clients)},
	{"deny", KEY_MAP, .map = deny_keys, FIELD(mx_config_service, deny)},
	{0},
};

static const struct key check_keys[] = {
	{"type", KEY_SCALAR, {SCALAR_WORD, .words = check_words},
	 FIELD(mx_config_check, type), .fallback = "smtp"},
	{"interval", KEY_SCALAR, {SCALAR_DURATION, 100, 3600 * 1000},
	 FIELD(mx_config_check, interval_ms), .fallback = "10s"},
	{"timeout", KEY_SCALAR, {SCALAR_DURATION, 100, 600 * 1000},
	 FIELD(mx_config_check, timeout_ms), .fallback = "20s"},
	{"rise", KEY_SCALAR, {SCALAR_U8, 1, 100},
	 FIELD(mx_config_check, rise), .fallback = "2"},
	{"fall", KEY_SCALAR, {SCALAR_U8, 1, 100},
	 FIELD(mx_config_check, fall), .fallback = "3"},
	{"helo", KEY_SCALAR, {SCALAR_HOSTNAME}, FIELD(mx_config_check, helo)},
	{0},
};

static const struct key backend_keys[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_backend, name),
	 .missing = "the name by which messages and tables call the backend"},
	{"address", KEY_SCALAR, {SCALAR_ENDPOINT},
	 FIELD(mx_config_backend, address),
	 .missing = "where the MTA listens, such as \"10.0.2.11:25\""},
	{"weight", KEY_SCALAR, {SCALAR_U16, 0, MX_WEIGHT_MAX},
	 FIELD(mx_config_backend, weight), .fallback = "100"},
	{"tier", KEY_SCALAR, {SCALAR_U16, 0, MX_TIER_MAX},
	 FIELD(mx_config_backend, tier), .fallback = "0"},
	{"connections-max", KEY_SCALAR, {SCALAR_U32, 0, MX_SESSIONS_MAX},
	 FIELD(mx_config_backend, connections_max), .fallback = "0"},
	{0},
};

static const struct key pool_keys[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_pool, name),
	 .missing = "the name by which services refer to the pool"},
	{"hash", KEY_SCALAR, {SCALAR_WORD, .words = hash_words},
	 FIELD(mx_config_pool, hash), .fallback = "source"},
	{"load-bound", KEY_SCALAR,
	 {SCALAR_U16, 101, 1000, .or_zero = true,
	  .expected = "0 for no bound, or from 101 to 1000: the percent of its share by weight that a backend may have"},
	 FIELD(mx_config_pool, load_bound), .fallback = "125"},
	{"check", KEY_MAP, .map = check_keys, FIELD(mx_config_pool, check)},
	{"backends", KEY_MAPS, .map = backend_keys,
	 LIST(mx_config_pool, backend, backend_count),
	 .missing = "a list of MTAs, each {name: mta1, address: \"10.0.2.11:25\"}"},
	{0},
};

const struct key schema_file[] = {
	{"instance", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config, instance),
	 .missing = "a name for this balancer, such as mx1; files and sockets carry it"},
	{"user", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config, user)},
	{"dataplane", KEY_MAP, .map = dataplane_keys,
	 FIELD(mx_config, dataplane),
	 .missing = "a mapping with workers and ports"},
	{"strict-ports", KEY_SCALAR, {SCALAR_WORD, .words = switch_words},
	 FIELD(mx_config, strict_ports), .fallback = "on"},
	{"services", KEY_MAPS, .map = service_keys,
	 LIST(mx_config, service, service_count),
	 .missing = "a list of services, each with name, listen and pool"},
	{"pools", KEY_MAPS, .map = pool_keys, LIST(mx_config, pool, pool_count),
	 .missing = "a list of pools, each with name and backends"},
	{0},
};
/* clang-format on */

const char *
mx_direction_name(enum mx_direction direction)
{
	return direction_words[direction];
}

const char *
mx_forward_name(enum mx_forward forward)
{
	return forward_words[forward];
}

const char *
mx_proxy_name(enum mx_proxy proxy)
{
	return proxy_words[proxy];
}

const char *
mx_answer_name(enum mx_answer answer)
{
	return refusal_words[answer];
}

const char *
mx_cookies_name(enum mx_cookies cookies)
{
	return cookie_words[cookies];
}

enum mx_cookies
mx_config_cookies(const struct mx_config_service *service)
{
	if (mx_forward_is_direct(service->forward))
		return MX_COOKIES_NEVER;
	return service->delay_ms > 0 ? MX_COOKIES_ALWAYS : service->cookies;
}

const char *
mx_early_name(enum mx_early early)
{
	return early_words[early];
}

const char *
mx_tunnel_name(enum mx_tunnel tunnel)
{
	return tunnel_words[tunnel];
}

const char *
mx_hash_input_name(enum mx_hash_input input)
{
	return hash_words[input];
}

const char *
mx_check_type_name(enum mx_check_type type)
{
	return check_words[type];
}
