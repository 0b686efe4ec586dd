/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of forward modes: what a mode needs of a service and its pool, and
 * which keys mean nothing in it.  Configurations that lose mail come first:
 * those that make the MTAs open relays, cut sessions that wait for a reply, or
 * leave an MTA waiting for a PROXY header. */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "checks.h"
#include "lint.h"

/* A service under check. */
struct subject {
	struct config_tree *tree;
	const struct mx_config_service *service;
	const struct mx_config_pool *pool;
};

static uint32_t
line_of(const struct subject *subject, const void *where)
{
	return config_line_in(subject->tree, where, subject->service);
}

static const char *
family_name(bool is4)
{
	return is4 ? "IPv4" : "IPv6";
}

const struct mx_config_backend *
config_find_backend(const struct mx_config_pool *pool, bool is4)
{
	for (uint16_t i = 0; i < pool->backend_count; i++)
		if (mx_addr_is4(&pool->backend[i].address.addr) == is4)
			return &pool->backend[i];
	return NULL;
}

/* fullnat: the MTAs see local addresses. */

static void
check_snat(const struct subject *subject, bool is4)
{
	const struct mx_config_service *s = subject->service;
	const struct mx_config_backend *backend =
		config_find_backend(subject->pool, is4);

	/* config_check_group() looks at all boxes. */
	if (backend == NULL || subject->tree->config->group.box != 0)
		return;
	for (uint16_t i = 0; i < s->snat_count; i++)
		if (mx_addr_is4(&s->snat[i]) == is4)
			return;
	config_error(subject->tree, line_of(subject, &s->snat[0]),
		     "service %s: snat: expected an %s address that no host "
		     "has, such as %s, from which fullnat reaches backend %s; "
		     "one for each %u,%03u sessions",
		     s->name, family_name(is4),
		     is4 ? "\"10.0.2.100\"" : "\"fd00:2::100\"", backend->name,
		     MX_LOCAL_PORTS / 1000, MX_LOCAL_PORTS % 1000);
}

/* The first VIP that takes mail from any host or from users, since these are
 * judged by their addresses; or NULL. */
static const struct mx_endpoint *
find_mail_port(const struct mx_config_service *s)
{
	static const uint16_t mail[] = {25, 465, 587};

	for (uint16_t i = 0; i < s->vip_count; i++)
		for (size_t j = 0; j < sizeof(mail) / sizeof(mail[0]); j++)
			if (s->vip[i].port_be == htons(mail[j]))
				return &s->vip[i];
	return NULL;
}

static void
check_hidden(const struct subject *subject)
{
	const struct mx_config_service *s = subject->service;

	if (s->proxy != MX_PROXY_OFF && s->client_hidden)
		config_error(subject->tree, line_of(subject, &s->client_hidden),
			     "client-address: hidden: expected "
			     "proxy-protocol: off with it, found %s, which "
			     "names the client: leave one of the two out",
			     mx_proxy_name(s->proxy));
	if (s->proxy != MX_PROXY_OFF || s->client_hidden)
		return;
	if (find_mail_port(s) != NULL)
		config_error(subject->tree, line_of(subject, &s->proxy),
			     "service %s: expected proxy-protocol: v2. Without "
			     "it all clients look like the snat address: an "
			     "open relay if that is in mynetworks, and no SPF "
			     "or blocklists. If the MTAs cannot read it, say "
			     "client-address: hidden",
			     s->name);
	else
		lint_warn(subject->tree, LINT_OPEN_RELAY,
			  line_of(subject, &s->proxy),
			  "service %s: all clients look like the snat "
			  "address: keep that out of mynetworks. Expected "
			  "proxy-protocol: v2, or client-address: hidden "
			  "if it is meant",
			  s->name);
}

static void
check_fullnat(const struct subject *subject)
{
	check_snat(subject, true);
	check_snat(subject, false);
	check_hidden(subject);
}

/* All other modes: the MTAs see the client. */

static void
check_fullnat_keys(const struct subject *subject)
{
	const struct mx_config_service *s = subject->service;
	const struct {
		const char *key;
		const void *where;
		bool used;
	} only[] = {
		{"snat", &s->snat[0],
		 s->snat_count > 0 && s->box_snat_count == 0},
		{"snat-of-boxes", s->box_snat, s->box_snat_count > 0},
		{"snat-by", &s->snat_by,
		 config_said(subject->tree, &s->snat_by)},
		{"proxy-protocol", &s->proxy, s->proxy != MX_PROXY_OFF},
		{"client-address", &s->client_hidden, s->client_hidden},
	};

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		if (only[i].used)
			config_error(subject->tree,
				     line_of(subject, only[i].where),
				     "%s: expected only with forward: fullnat; "
				     "in %s the MTAs see the client's own "
				     "address: leave it out",
				     only[i].key, mx_forward_name(s->forward));
}

static void
check_nat(const struct subject *subject)
{
	const struct mx_config_service *s = subject->service;
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t i = 0; i < s->vip_count; i++) {
		const bool is4 = mx_addr_is4(&s->vip[i].addr);
		const struct mx_config_backend *other =
			config_find_backend(subject->pool, !is4);

		if (other == NULL)
			continue;
		config_error(subject->tree, line_of(subject, &s->vip[i]),
			     "%s: expected an %s address, as backend %s has "
			     "one and nat does not translate between the two; "
			     "forward: fullnat does",
			     mx_addr_format(&s->vip[i].addr, text),
			     family_name(!is4), other->name);
	}
}

/* The packet reaches the MTA with the port that the client wrote into it. */
static void
check_dsr(const struct subject *subject)
{
	const struct mx_config_service *s = subject->service;
	const struct mx_config_pool *pool = subject->pool;
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t i = 0; i < s->vip_count; i++) {
		uint16_t j = 0;

		while (j < pool->backend_count &&
		       pool->backend[j].address.port_be == s->vip[i].port_be)
			j++;
		if (j == pool->backend_count)
			continue;
		config_error(subject->tree, line_of(subject, &s->vip[i]),
			     "%s: expected port %u, as backend %s has, because "
			     "%s leaves the port as it is; or a service and a "
			     "pool of its own",
			     mx_endpoint_format(&s->vip[i], text),
			     ntohs(pool->backend[j].address.port_be),
			     pool->backend[j].name,
			     mx_forward_name(s->forward));
	}
}

static void
check_source(const struct subject *subject, bool is4)
{
	/* The data plane fills only the last 64 bits, and of IPv4 at most the
	 * bits of a network with one owner. */
	const uint8_t bits_min = is4 ? 8 : 64;
	const struct mx_config_service *s = subject->service;
	const struct mx_config_backend *backend =
		config_find_backend(subject->pool, is4);
	uint16_t found = 0;

	for (uint16_t i = 0; i < s->tunnel_source_count; i++) {
		const struct mx_config_prefix *source = &s->tunnel_source[i];

		if (mx_addr_is4(&source->addr) != is4)
			continue;
		if (++found > 1)
			config_error(subject->tree, line_of(subject, source),
				     "source: expected one prefix of IPv4 and "
				     "one of IPv6 at most, found a second of "
				     "%s",
				     family_name(is4));
		if (source->bits < bits_min)
			config_error(subject->tree, line_of(subject, source),
				     "source: expected /%u or more bits of %s, "
				     "found /%u",
				     bits_min, family_name(is4), source->bits);
	}
	if (backend != NULL && found == 0)
		config_error(subject->tree, line_of(subject, &s->tunnel),
			     "service %s: tunnel: expected a source of unused "
			     "%s addresses, such as [%s], for packets to "
			     "backend %s",
			     s->name, family_name(is4),
			     is4 ? "\"10.0.2.128/26\"" : "\"fd00:2:1::/64\"",
			     backend->name);
}

static void
check_tunnel(const struct subject *subject)
{
	check_dsr(subject);
	check_source(subject, true);
	check_source(subject, false);
}

/* A sender that does not get the reply to its final dot sends the mail
 * again. */
#define GONE_MS (2 * 3600 * 1000u) /* no MTA waits as long for a command */
#define FINAL_DOT_MS (660 * 1000)  /* RFC 5321 4.5.3.2.6: 10 min, and a bit */

static void
check_timers(const struct subject *subject)
{
	const uint32_t *idle = &subject->service->idle_ms;

	if (*idle < FINAL_DOT_MS)
		lint_warn(subject->tree, LINT_IDLE, line_of(subject, idle),
			  "idle: expected 11m or more, as the reply to "
			  "the final dot may take 10 minutes (RFC 5321 "
			  "4.5.3.2.6) and a session cut before it sends "
			  "the mail twice, found %us",
			  *idle / 1000);
	else if (*idle > GONE_MS)
		lint_warn(subject->tree, LINT_IDLE, line_of(subject, idle),
			  "idle: expected 2h or less, as a client that went "
			  "away without a word keeps its place for so long, "
			  "found %us",
			  *idle / 1000);
}

/* A segment of a session that is not known goes by the hash alone. */
static void
check_balance(const struct subject *subject)
{
	const struct mx_config_service *s = subject->service;
	const struct mx_config_pool *pool = subject->pool;

	if (!mx_forward_is_direct(s->forward) ||
	    pool->balance == MX_BALANCE_HASH)
		return;
	lint_warn(subject->tree, LINT_BALANCE,
		  config_line(subject->tree, &pool->balance),
		  "balance: expected hash, as service %s has forward: %s: "
		  "a session that a restart or another balancer does not "
		  "know goes to the MTA that its hash names, and with %s "
		  "another MTA may have it%s",
		  s->name, mx_forward_name(s->forward),
		  mx_balance_name(pool->balance),
		  pool->balance == MX_BALANCE_LOAD
			  ? "; mxsteer sees no greetings there, so load is "
			    "as least"
			  : "");
}

static void
check_service(const struct subject *subject)
{
	static void (*const needs[])(const struct subject *) = {
		[MX_FORWARD_FULLNAT] = check_fullnat,
		[MX_FORWARD_NAT] = check_nat,
		[MX_FORWARD_DSR] = check_dsr,
		[MX_FORWARD_TUNNEL] = check_tunnel,
	};
	static_assert(sizeof(needs) / sizeof(needs[0]) == MX_FORWARDS,
		      "one check for each mode");
	const struct mx_config_service *s = subject->service;

	needs[s->forward](subject);
	if (s->forward != MX_FORWARD_FULLNAT)
		check_fullnat_keys(subject);
	if (s->forward != MX_FORWARD_TUNNEL &&
	    config_said(subject->tree, &s->tunnel))
		config_error(subject->tree, line_of(subject, &s->tunnel),
			     "tunnel: expected only with forward: tunnel, and "
			     "service %s has forward: %s",
			     s->name, mx_forward_name(s->forward));
	check_timers(subject);
	check_balance(subject);
}

/* Probes talk as the sessions of a pool do.  So all services of a pool must
 * agree whether an MTA waits for a header. */
static void
fill_proxies(struct config_tree *tree)
{
	const struct mx_config_service *first[MX_POOLS_MAX] = {NULL};
	struct mx_config *config = tree->config;

	for (uint16_t i = 0; i < config->service_count; i++) {
		const struct mx_config_service *s = &config->service[i];
		struct mx_config_pool *pool = &config->pool[s->pool];
		const struct subject subject = {tree, s, pool};

		if (first[s->pool] == NULL) {
			first[s->pool] = s;
			pool->proxy = s->proxy;
		} else if (s->proxy != pool->proxy) {
			config_error(tree, line_of(&subject, &s->proxy),
				     "service %s: proxy-protocol: expected %s, "
				     "as service %s has with the same pool "
				     "(an MTA's port waits for the header or "
				     "does not), or a pool of other ports, "
				     "found %s",
				     s->name, mx_proxy_name(pool->proxy),
				     first[s->pool]->name,
				     mx_proxy_name(s->proxy));
		}
	}
}

/* The same check for one MTA's port in two pools. */
static void
check_shared(struct config_tree *tree, const struct mx_config_pool *pool,
	     const struct mx_config_pool *before)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	if ((pool->proxy == MX_PROXY_OFF) == (before->proxy == MX_PROXY_OFF))
		return;
	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const struct mx_endpoint *a = &pool->backend[i].address;

		for (uint16_t j = 0; j < before->backend_count; j++) {
			const struct mx_endpoint *b =
				&before->backend[j].address;
			if (a->port_be != b->port_be ||
			    !mx_addr_equal(&a->addr, &b->addr))
				continue;
			config_error(tree, config_line(tree, a),
				     "%s: expected another port, as pool %s "
				     "has it with proxy-protocol %s and pool "
				     "%s with %s: an MTA's port waits for the "
				     "header or does not",
				     mx_endpoint_format(a, text), before->name,
				     mx_proxy_name(before->proxy), pool->name,
				     mx_proxy_name(pool->proxy));
		}
	}
}

void
config_check_modes(struct config_tree *tree)
{
	struct mx_config *config = tree->config;

	for (uint16_t i = 0; i < config->service_count; i++) {
		const struct mx_config_service *s = &config->service[i];
		const struct subject subject = {tree, s,
						&config->pool[s->pool]};
		check_service(&subject);
	}
	fill_proxies(tree);
	for (uint16_t i = 0; i < config->pool_count; i++)
		for (uint16_t j = 0; j < i; j++)
			check_shared(tree, &config->pool[i], &config->pool[j]);
}
