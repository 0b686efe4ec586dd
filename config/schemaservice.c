/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a service. */
#include "config.h"
#include "schema.h"
#include "words.h"

/* What counts as one client, unless the file says otherwise. */
#define PREFIX4 24
#define PREFIX6 64

/* Limits, and what belongs to them.  A file without the mapping has none. */
static bool
has_limits(const void *map)
{
	const struct mx_config_clients *c =
		&((const struct mx_config_service *)map)->clients;

	return c->sessions > 0 || c->per_10s > 0 || c->prefix_sessions > 0 ||
	       c->prefix_per_10s > 0 || c->allow_count > 0 ||
	       c->allow_file[0] != '\0' || c->answer != MX_ANSWER_RESET ||
	       c->prefix4 != PREFIX4 || c->prefix6 != PREFIX6;
}

static bool
has_deny_list(const void *map)
{
	const struct mx_config_service *service = map;

	return service->deny.file[0] != '\0';
}

static bool
is_fullnat(const void *map)
{
	const struct mx_config_service *service = map;

	return service->forward == MX_FORWARD_FULLNAT;
}

/* The addresses of all boxes include those of this one. */
static bool
has_own_snat(const void *map)
{
	const struct mx_config_service *service = map;

	return service->box_snat_count == 0;
}

static bool
is_tunnel(const void *map)
{
	const struct mx_config_service *service = map;

	return service->forward == MX_FORWARD_TUNNEL;
}

static bool
sees_replies(const void *map)
{
	const struct mx_config_service *service = map;

	return !mx_forward_is_direct(service->forward);
}

static bool
says_host(const void *map)
{
	return mx_config_says_host(map);
}

/* clang-format off */
static const struct key tunnel_keys[] = {
	{"type", KEY_SCALAR, {SCALAR_WORD, .words = tunnel_words},
	 FIELD_FROM(mx_config_service, tunnel, tunnel), .fallback = "ipip",
	 .about = "How packets to the MTAs are wrapped."},
	{"port", KEY_SCALAR, {SCALAR_U16, 1, 65535},
	 FIELD_FROM(mx_config_service, tunnel, tunnel_port),
	 .fallback = "6080",
	 .about = "The UDP port of the MTAs for packets of type gue."}, /* GUE's port in IANA's list */
	{"source", KEY_SCALARS, {SCALAR_PREFIX},
	 LIST_FROM(mx_config_service, tunnel, tunnel_source,
		   tunnel_source_count),
	 .about = "A prefix of unused addresses, from which mxsteer sends the wrapped packets."},
	{0},
};

static const struct key timer_keys[] = {
	{"idle", KEY_SCALAR,
	 {SCALAR_DURATION, 300 * 1000, 24 * 3600 * 1000,
	  .expected = "a time from 5m to 24h, such as 15m, as a client may take 5 minutes for a command (RFC 5321 4.5.3.2)"},
	 FIELD_FROM(mx_config_service, idle_ms, idle_ms), .fallback = SECONDS(MX_IDLE_S),
	 .about = "A session without a packet for so long is forgotten."},
	{"half-open", KEY_SCALAR,
	 {SCALAR_DURATION, 5 * 1000, 300 * 1000,
	  .expected = "a time from 5s to 5m, such as 30s"},
	 FIELD_FROM(mx_config_service, idle_ms, half_open_ms),
	 .fallback = SECONDS(MX_HALF_OPEN_S),
	 .about = "A handshake that is not completed is forgotten after this time."},
	{"greeting", KEY_SCALAR,
	 {SCALAR_DURATION, 300 * 1000, 24 * 3600 * 1000,
	  .expected = "a time from 5m to 24h, such as 330s, as a client may wait 5 minutes for the banner (RFC 5321 4.5.3.2.1)"},
	 FIELD_FROM(mx_config_service, idle_ms, greeting_ms),
	 .fallback = SECONDS(MX_GREETING_S),
	 .about = "A session whose MTA has sent no banner for so long ends, and its client gets the answer."},
	{"closing", KEY_SCALAR,
	 {SCALAR_DURATION, 10 * 1000, 600 * 1000,
	  .expected = "a time from 10s to 10m, such as 2m"},
	 FIELD_FROM(mx_config_service, idle_ms, closing_ms),
	 .fallback = SECONDS(MX_CLOSING_S),
	 .about = "A session is kept for so long after its last FIN."},
	{0},
};

static const struct key prefix_keys[] = {
	{"v4", KEY_SCALAR, {SCALAR_U8, 8, 32},
	 FIELD_FROM(mx_config_clients, prefix4, prefix4), .fallback = NUMBER(PREFIX4),
	 .about = "The length of the prefix that counts as one client, for IPv4."},
	{"v6", KEY_SCALAR, {SCALAR_U8, 16, 128},
	 FIELD_FROM(mx_config_clients, prefix4, prefix6), .fallback = NUMBER(PREFIX6),
	 .about = "The length of the prefix that counts as one client, for IPv6."},
	{"sessions", KEY_SCALAR, {SCALAR_U32, 0, MX_SESSIONS_MAX},
	 FIELD_FROM(mx_config_clients, prefix4, prefix_sessions), .fallback = "0",
	 .about = "The most sessions at once of one prefix; 0 is no limit."},
	{"per-10s", KEY_SCALAR, {SCALAR_U32, 0, 65535},
	 FIELD_FROM(mx_config_clients, prefix4, prefix_per_10s), .fallback = "0",
	 .about = "The most sessions that one prefix may begin in ten seconds; 0 is no limit."},
	{0},
};

static const struct key clients_keys[] = {
	{"sessions", KEY_SCALAR, {SCALAR_U32, 0, MX_SESSIONS_MAX},
	 FIELD(mx_config_clients, sessions), .fallback = "0",
	 .about = "The most sessions at once of one address; 0 is no limit."},
	{"per-10s", KEY_SCALAR, {SCALAR_U32, 0, 65535},
	 FIELD(mx_config_clients, per_10s), .fallback = "0",
	 .about = "The most sessions that one address may begin in ten seconds; 0 is no limit."},
	{"prefix", KEY_MAP, .map = prefix_keys,
	 FIELD(mx_config_clients, prefix4),
	 .about = "Limits of all addresses of one prefix together."},
	{"answer", KEY_SCALAR, {SCALAR_WORD, .words = refusal_words},
	 FIELD(mx_config_clients, answer), .fallback = "reset",
	 .about = "What a client over its limit gets."},
	{"allow", KEY_SCALARS, {SCALAR_PREFIX},
	 LIST(mx_config_clients, allow, allow_count),
	 .about = "Prefixes of clients without a limit; deny lists do not count for them either."},
	{"allow-file", KEY_SCALAR, {SCALAR_PATH},
	 FIELD(mx_config_clients, allow_file),
	 .about = "A file of more such prefixes, one a line."},
	{0},
};

static const struct key deny_keys[] = {
	{"file", KEY_SCALAR, {SCALAR_PATH}, FIELD(mx_config_deny, file),
	 .about = "The file of denied clients, one prefix or address a line."},
	{"answer", KEY_SCALAR, {SCALAR_WORD, .words = refusal_words},
	 FIELD(mx_config_deny, answer), .fallback = "reset",
	 .about = "What a denied client gets."},
	{"allow", KEY_SCALARS, {SCALAR_PREFIX},
	 LIST(mx_config_deny, allow, allow_count),
	 .about = "Prefixes of clients that are served although the list has them."},
	{"allow-file", KEY_SCALAR, {SCALAR_PATH},
	 FIELD(mx_config_deny, allow_file),
	 .about = "A file of more such prefixes, one a line."},
	{0},
};

static const struct key box_snat_keys[] = {
	{"box", KEY_SCALAR, {SCALAR_U16, 1, MX_BOXES_MAX},
	 FIELD(mx_config_box_snat, box),
	 .missing = "the number of a box of the group",
	 .about = "The number of the box."},
	{"snat", KEY_SCALARS, {SCALAR_ADDRESS},
	 LIST(mx_config_box_snat, snat, snat_count),
	 .missing = "the addresses from which the box connects to the MTAs, such as [\"10.0.2.101\"]",
	 .about = "The addresses from which this box connects to the MTAs; no host may have them."},
	{0},
};

const struct key schema_service[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_service, name),
	 .missing = "the name by which messages and tables call the service",
	 .about = "The name of the service in messages and tables."},
	{"direction", KEY_SCALAR, {SCALAR_WORD, .words = direction_words},
	 FIELD(mx_config_service, direction), .fallback = "inbound",
	 .about = "Whose mail the service takes; other defaults follow from it."},
	{"listen", KEY_SCALARS, {SCALAR_ENDPOINT},
	 LIST(mx_config_service, vip, vip_count),
	 .missing = "the addresses that clients connect to, such as [\"198.51.100.25:25\"]",
	 .about = "The addresses and ports that clients connect to; no host may have these addresses."},
	{"pool", KEY_REFERENCE, {SCALAR_NAME}, FIELD(mx_config_service, pool),
	 .missing = "the name of the pool that serves it",
	 .about = "The name of the pool whose MTAs serve the clients."},
	{"forward", KEY_SCALAR, {SCALAR_WORD, .words = forward_words},
	 FIELD(mx_config_service, forward), .fallback = "fullnat",
	 .about = "How packets reach the MTAs, and how replies come back."},
	{"snat", KEY_SCALARS, {SCALAR_ADDRESS},
	 LIST(mx_config_service, snat, snat_count),
	 .fits = has_own_snat,
	 .about = "The addresses from which fullnat connects to the MTAs; no host may have them."},
	{"snat-of-boxes", KEY_MAPS, .map = box_snat_keys,
	 LIST(mx_config_service, box_snat, box_snat_count),
	 .about = "The snat addresses of each box of a group, in place of snat."},
	{"snat-by", KEY_SCALAR, {SCALAR_WORD, .words = snat_by_words},
	 FIELD(mx_config_service, snat_by), .fallback = "session",
	 .fits = is_fullnat,
	 .about = "Whether each session, or each backend, chooses one of the snat addresses."},
	{"proxy-protocol", KEY_SCALAR, {SCALAR_WORD, .words = proxy_words},
	 FIELD(mx_config_service, proxy), .fallback = "off",
	 .about = "The header in front of each session that names its client to the MTA."},
	{"client-address", KEY_SCALAR, {SCALAR_FLAG, .words = hidden_words},
	 FIELD(mx_config_service, client_hidden),
	 .about = "Says that it is meant if the MTAs do not see the addresses of clients."},
	{"client-sources", KEY_SCALAR, {SCALAR_FLAG, .words = sources_words},
	 FIELD(mx_config_service, any_source),
	 .about = "Lets in packets from addresses that no client can have."},
	{"answer", KEY_SCALAR, {SCALAR_WORD, .words = refusal_words},
	 FIELD(mx_config_service, answer), .fallback = "drop",
	 .about = "What a client gets that no MTA can serve."},
	{"host", KEY_SCALAR, {SCALAR_HOSTNAME}, FIELD(mx_config_service, host),
	 .fits = says_host,
	 .about = "The host name in answers to clients; without the key it is the name of this machine."},
	{"syn-cookies", KEY_SCALAR, {SCALAR_WORD, .words = cookie_words},
	 FIELD(mx_config_service, cookies), .fallback = "auto",
	 .about = "When mxsteer answers a SYN itself, and keeps nothing until the client has acknowledged."},
	{"early-talkers", KEY_SCALAR, {SCALAR_WORD, .words = early_words},
	 FIELD(mx_config_service, early), .fallback = "off",
	 .about = "What happens to clients that speak before they are greeted."},
	{"greeting-delay", KEY_SCALAR,
	 {SCALAR_DURATION, 1000, 60 * 1000,
	  .expected = "a time from 1s to 60s, such as 2s"},
	 FIELD(mx_config_service, delay_ms),
	 .about = "For so long mxsteer holds each client before it asks an MTA."},
	{"fail-over", KEY_SCALARS, {SCALAR_WORD, .words = fail_over_words},
	 LIST(mx_config_service, fail_over, fail_over_count),
	 .about = "The reasons for which a new session goes to another MTA."},
	{"banner-patience", KEY_SCALAR,
	 {SCALAR_DURATION, 5 * 1000, 240 * 1000,
	  .expected = "a time from 5s to 4m, such as 20s, as a client may wait 5 minutes for the banner (RFC 5321 4.5.3.2.1)"},
	 FIELD(mx_config_service, patience_ms), .fallback = "20s",
	 .fits = sees_replies,
	 .about = "An MTA without a banner after this time is mute, which is a reason for fail-over."},
	{"tunnel", KEY_MAP, .map = tunnel_keys,
	 FIELD(mx_config_service, tunnel),
	 .fits = is_tunnel,
	 .about = "How packets are wrapped with forward tunnel."},
	{"timers", KEY_MAP, .map = timer_keys,
	 FIELD(mx_config_service, idle_ms),
	 .about = "How long sessions are kept while nothing is sent."},
	{"clients", KEY_MAP, .map = clients_keys,
	 FIELD(mx_config_service, clients),
	 .fits = has_limits,
	 .about = "The limits of each client."},
	{"deny", KEY_MAP, .map = deny_keys, FIELD(mx_config_service, deny),
	 .fits = has_deny_list,
	 .about = "Clients that get no new sessions."},
	{0},
};
/* clang-format on */
