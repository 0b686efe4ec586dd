/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a pool. */
#include "config.h"
#include "schema.h"
#include "words.h"

static bool
may_use_tls(const void *map)
{
	const struct mx_config_check *check = map;

	return check->type != MX_CHECK_TCP;
}

static bool
may_start_tls(const void *map)
{
	const struct mx_config_check *check = map;

	return may_use_tls(check) && check->type != MX_CHECK_SMTPS;
}

static bool
discovers(const void *map)
{
	const struct mx_config_pool *pool = map;

	return pool->discover.mx[0] != '\0';
}

static bool
has_agents(const void *map)
{
	const struct mx_config_pool *pool = map;

	return pool->agent.port != 0;
}

/* clang-format off */
static const struct key check_keys[] = {
	{"type", KEY_SCALAR, {SCALAR_WORD, .words = check_words},
	 FIELD(mx_config_check, type), .fallback = "smtp",
	 .about = "What a check of an MTA does."},
	{"interval", KEY_SCALAR, {SCALAR_DURATION, 100, 3600 * 1000},
	 FIELD(mx_config_check, interval_ms), .fallback = "10s",
	 .about = "The time between two checks of an MTA; it is shorter while a verdict is open."},
	{"timeout", KEY_SCALAR, {SCALAR_DURATION, 100, 600 * 1000},
	 FIELD(mx_config_check, timeout_ms), .fallback = "20s",
	 .about = "The most time that a whole check may take."},
	{"rise", KEY_SCALAR, {SCALAR_U8, 1, 100},
	 FIELD(mx_config_check, rise), .fallback = "2",
	 .about = "The checks in a row that must pass until an MTA is up."},
	{"fall", KEY_SCALAR, {SCALAR_U8, 1, 100},
	 FIELD(mx_config_check, fall), .fallback = "3",
	 .about = "The checks in a row that must fail until an MTA is down."},
	{"helo", KEY_SCALAR, {SCALAR_HOSTNAME}, FIELD(mx_config_check, helo),
	 .about = "The host name that checks say in EHLO; without the key it is the name of this machine."},
	{"starttls", KEY_SCALAR, {SCALAR_WORD, .words = starttls_words},
	 FIELD(mx_config_check, starttls), .fallback = "try",
	 .fits = may_start_tls,
	 .about = "Whether checks use STARTTLS, and what an MTA is without it."},
	{"tls-every", KEY_SCALAR, {SCALAR_DURATION, 1000, 24 * 3600 * 1000},
	 FIELD(mx_config_check, tls_every_ms), .fallback = "60s",
	 .fits = may_use_tls,
	 .about = "The time between two checks that make a whole TLS handshake."},
	{"tls-name", KEY_SCALAR, {SCALAR_HOSTNAME},
	 FIELD(mx_config_check, tls_name),
	 .about = "The name that the certificate of the MTAs must have."},
	{"ca", KEY_SCALAR, {SCALAR_PATH}, FIELD(mx_config_check, ca),
	 .about = "A file of the certificate authorities that may have signed the certificate."},
	{"expect", KEY_SCALARS, {SCALAR_EXPECTATION},
	 LIST(mx_config_check, expect, expect_count),
	 .about = "The keywords that an MTA must offer in its reply to EHLO."},
	{"probe-recipient", KEY_SCALAR, {SCALAR_MAILBOX},
	 FIELD(mx_config_check, probe_recipient),
	 .about = "A mail address that each MTA must accept as recipient; no mail is sent."},
	{0},
};

static const struct key agent_keys[] = {
	{"port", KEY_SCALAR, {SCALAR_U16, 1, 65535},
	 FIELD(mx_config_agent, port),
	 .about = "The TCP port at which agents on the hosts of the MTAs answer."}, /* default: config_check_agents() */
	{"interval", KEY_SCALAR,
	 {SCALAR_DURATION, 500, 600 * 1000,
	  .expected = "a time from 500ms to 10m, such as 5s"},
	 FIELD(mx_config_agent, interval_ms), .fallback = "5s",
	 .about = "The time between two questions to an agent."},
	{"send", KEY_SCALAR,
	 {SCALAR_TEXT, .max = MX_AGENT_SEND_MAX,
	  .expected = "a text of up to 63 ASCII characters, such as \"mx1\\n\""},
	 FIELD(mx_config_agent, send),
	 .about = "A text that mxsteer sends to an agent first."},
	{0},
};

static const struct key backend_keys[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_backend, name),
	 .missing = "the name by which messages and tables call the backend",
	 .about = "The name of the MTA in messages and tables."},
	{"address", KEY_SCALAR, {SCALAR_ENDPOINT},
	 FIELD(mx_config_backend, address),
	 .missing = "where the MTA listens, such as \"10.0.2.11:25\"",
	 .about = "The address and port at which the MTA listens."},
	{"weight", KEY_SCALAR, {SCALAR_U16, 0, MX_WEIGHT_MAX},
	 FIELD(mx_config_backend, weight), .fallback = "100",
	 .about = "The share of new sessions, in proportion to the weights of the other MTAs; 0 is none."},
	{"tier", KEY_SCALAR, {SCALAR_U16, 0, MX_TIER_MAX},
	 FIELD(mx_config_backend, tier), .fallback = "0",
	 .about = "MTAs of a higher tier serve only while no MTA of a lower tier can."},
	{"connections-max", KEY_SCALAR, {SCALAR_U32, 0, MX_SESSIONS_MAX},
	 FIELD(mx_config_backend, connections_max), .fallback = "0",
	 .about = "The most sessions of the MTA at once; 0 is no limit."},
	{0},
};

static const struct key discover_keys[] = {
	{"mx", KEY_SCALAR,
	 {SCALAR_HOSTNAME, .expected = "a domain, such as example.net"},
	 FIELD(mx_config_discover, mx),
	 .about = "The domain whose MX records name MTAs of the pool."},
	{"resolvers", KEY_SCALARS,
	 {SCALAR_ENDPOINT, 53,
	  .expected = "the address of a resolver, such as 10.0.2.53 or \"10.0.2.53:5353\""},
	 LIST(mx_config_discover, resolver, resolver_count),
	 .about = "The DNS resolvers to ask; without the key those of /etc/resolv.conf."},
	{"port", KEY_SCALAR, {SCALAR_U16, 1, 65535},
	 FIELD(mx_config_discover, port), .fallback = "25",
	 .about = "The port of the MTAs that DNS names."},
	{"trust", KEY_SCALAR, {SCALAR_WORD, .words = switch_words},
	 FIELD(mx_config_discover, trust), .fallback = "off",
	 .about = "Whether one answer of DNS may take away more than half of the MTAs."},
	{"weight", KEY_SCALAR, {SCALAR_U16, 1, MX_WEIGHT_MAX},
	 FIELD(mx_config_discover, weight), .fallback = "100",
	 .about = "The weight of an MX host; its addresses share it."},
	{"connections-max", KEY_SCALAR, {SCALAR_U32, 0, MX_SESSIONS_MAX},
	 FIELD(mx_config_discover, connections_max), .fallback = "0",
	 .about = "The most sessions at once of each address that DNS names; 0 is no limit."},
	{0},
};

const struct key schema_pool[] = {
	{"name", KEY_SCALAR, {SCALAR_NAME}, FIELD(mx_config_pool, name),
	 .missing = "the name by which services refer to the pool",
	 .about = "The name by which services refer to the pool."},
	{"hash", KEY_SCALAR, {SCALAR_WORD, .words = hash_words},
	 FIELD(mx_config_pool, hash), .fallback = "source",
	 .about = "What of a client decides which MTA it gets."},
	{"balance", KEY_SCALAR, {SCALAR_WORD, .words = balance_words},
	 FIELD(mx_config_pool, balance), .fallback = "hash",
	 .about = "How one of the MTAs is chosen for a new session."},
	{"passive", KEY_SCALAR, {SCALAR_WORD, .words = switch_words},
	 FIELD(mx_config_pool, passive), .fallback = "on",
	 .about = "Whether new sessions that fail take an MTA out until its next check."},
	{"load-bound", KEY_SCALAR,
	 {SCALAR_U16, 101, 1000, .or_zero = true,
	  .expected = "0 for no bound, or from 101 to 1000: the percent of its share by weight that a backend may have"},
	 FIELD(mx_config_pool, load_bound), .fallback = "125",
	 .about = "The most sessions of an MTA, in percent of its share by weight; 0 is no bound."},
	{"slow-start", KEY_SCALAR, {SCALAR_DURATION, 0, 3600 * 1000},
	 FIELD(mx_config_pool, slow_start_ms), .fallback = "0s",
	 .about = "For so long an MTA that came up gets a growing part of its weight."},
	{"check", KEY_MAP, .map = check_keys, FIELD(mx_config_pool, check),
	 .about = "How the MTAs are checked."},
	{"discover", KEY_MAP, .map = discover_keys,
	 FIELD(mx_config_pool, discover),
	 .fits = discovers,
	 .about = "MTAs that DNS names, beside those of backends."},
	{"agent", KEY_MAP, .map = agent_keys, FIELD(mx_config_pool, agent),
	 .fits = has_agents,
	 .about = "How agents on the hosts of the MTAs are asked how much mail these can take."},
	{"backends", KEY_MAPS, .map = backend_keys,
	 LIST(mx_config_pool, backend, backend_count),
	 .about = "The MTAs of the pool."},
	{0},
};
/* clang-format on */
