/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of values that have the right shape and still make no sense.  Each
 * check walks the loaded struct and names the line of a fault. */
#include <arpa/inet.h>
#include <string.h>

#include "plan.h"
#include "tree.h"

/* The index of the first of `count` names, `bytes` apart, that equals name
 * number i.  It is i if no earlier name does. */
static uint16_t
same_name(const void *first, uint16_t i, size_t bytes)
{
	const char *names = first;

	for (uint16_t j = 0; j < i; j++)
		if (strcmp(names + j * bytes, names + i * bytes) == 0)
			return j;
	return i;
}

/* Check a list of structs for equal names.  A name is the first field of its
 * struct, so one function serves all lists. */
static void
check_names(struct config_tree *tree, const char *kind, const void *first,
	    uint16_t count, size_t bytes)
{
	const char *names = first;

	for (uint16_t i = 0; i < count; i++) {
		const char *name = names + i * bytes;
		const uint16_t j = same_name(first, i, bytes);

		if (j != i)
			config_error(tree, config_line(tree, name),
				     "%s %s: expected a name of its own, line "
				     "%u has it already",
				     kind, name,
				     config_line(tree, names + j * bytes));
	}
}

/* Workers may share a core: they take turns then. */
static void
check_cores(struct config_tree *tree)
{
	const struct mx_config_dataplane *dataplane = &tree->config->dataplane;

	for (uint16_t i = 0; i < dataplane->worker_count; i++) {
		const uint16_t *core = &dataplane->worker_core[i];
		uint16_t j = 0;

		while (j < i && dataplane->worker_core[j] != *core)
			j++;
		if (j < i)
			config_warning(tree, config_line(tree, core),
				       "workers: expected each core once, "
				       "found %u again: its workers will slow "
				       "each other down",
				       *core);
	}
}

static void
check_dataplane(struct config_tree *tree)
{
	const struct mx_config_dataplane *dataplane = &tree->config->dataplane;

	check_cores(tree);
	check_names(tree, "port", dataplane->port, dataplane->port_count,
		    sizeof(dataplane->port[0]));
	config_check_ports(tree);
}

static void
resolve_references(struct config_tree *tree, bool used[static MX_POOLS_MAX])
{
	const struct mx_config *config = tree->config;

	for (uint16_t i = 0; i < tree->references; i++) {
		const struct config_reference *reference = &tree->reference[i];
		uint16_t pool = 0;

		while (pool < config->pool_count &&
		       strcmp(config->pool[pool].name, reference->name) != 0)
			pool++;
		if (pool == config->pool_count) {
			config_error(tree, reference->line,
				     "pool: expected the name of a pool of "
				     "this file, found \"%s\"",
				     reference->name);
			continue;
		}
		*reference->where = pool;
		used[pool] = true;
	}
}

/* Each worker keeps its own share of a limit, which must be 1 or more. */
static void
check_limits(struct config_tree *tree, const struct mx_config_pool *pool)
{
	const uint16_t workers = tree->config->dataplane.worker_count;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint32_t *max = &pool->backend[i].connections_max;

		if (*max > 0 && *max < workers)
			config_error(tree, config_line(tree, max),
				     "connections-max: expected 0 for no "
				     "limit, or %u at least, as each of the "
				     "%u workers keeps a share of it, found %u",
				     workers, workers, *max);
	}
}

static void
check_pools(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;
	bool used[MX_POOLS_MAX] = {false};

	check_names(tree, "service", config->service, config->service_count,
		    sizeof(config->service[0]));
	check_names(tree, "pool", config->pool, config->pool_count,
		    sizeof(config->pool[0]));
	resolve_references(tree, used);
	for (uint16_t i = 0; i < config->pool_count; i++) {
		const struct mx_config_pool *pool = &config->pool[i];

		check_names(tree, "backend", pool->backend, pool->backend_count,
			    sizeof(pool->backend[0]));
		check_limits(tree, pool);
		if (!used[i] && tree->errors->count == 0)
			config_error(tree, config_line(tree, pool),
				     "pool %s: expected a service that names "
				     "it, found none",
				     pool->name);
	}
}

/* Check the sizes: the tables of both planes are smaller than all lists
 * together can be. */
static void
check_totals(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;
	uint32_t vips = 0, snats = 0, backends = 0;

	for (uint16_t i = 0; i < config->service_count; i++) {
		vips += config->service[i].vip_count;
		snats += config->service[i].snat_count;
	}
	for (uint16_t i = 0; i < config->pool_count; i++)
		backends += config->pool[i].backend_count;
	if (vips > MX_VIPS_MAX)
		config_error(tree, 1,
			     "expected at most %u listen addresses in all, "
			     "found %u",
			     MX_VIPS_MAX, vips);
	if (snats > MX_SNATS_MAX)
		config_error(tree, 1,
			     "expected at most %u snat addresses in all, "
			     "found %u",
			     MX_SNATS_MAX, snats);
	if (backends > MX_BACKENDS_MAX)
		config_error(tree, 1,
			     "expected at most %u backends in all, found %u",
			     MX_BACKENDS_MAX, backends);
}

static bool
has_ipv6_vip(const struct mx_config_service *service)
{
	for (uint16_t i = 0; i < service->vip_count; i++)
		if (!mx_addr_is4(&service->vip[i].addr))
			return true;
	return false;
}

/* A prefix with less than one of its addresses may have is a mistake. */
static void
check_client_prefix(struct config_tree *tree,
		    const struct mx_config_service *service)
{
	const struct mx_config_clients *clients = &service->clients;

	if (clients->prefix_sessions > 0 &&
	    clients->prefix_sessions < clients->sessions)
		config_error(
			tree, config_line(tree, &clients->prefix_sessions),
			"sessions: expected 0, or %u or more for a prefix, "
			"as one address may have %u, found %u",
			clients->sessions, clients->sessions,
			clients->prefix_sessions);
	if (clients->prefix_per_10s > 0 &&
	    clients->prefix_per_10s < clients->per_10s)
		config_error(tree, config_line(tree, &clients->prefix_per_10s),
			     "per-10s: expected 0, or %u or more for a prefix, "
			     "as one address may have %u, found %u",
			     clients->per_10s, clients->per_10s,
			     clients->prefix_per_10s);
}

/* Limits that are weak. */
static void
warn_clients(struct config_tree *tree, const struct mx_config_service *service)
{
	const struct mx_config_clients *clients = &service->clients;
	const uint32_t line = config_line(tree, clients);
	const bool of_prefix =
		clients->prefix_sessions > 0 || clients->prefix_per_10s > 0;

	if (!of_prefix && clients->sessions == 0 && clients->per_10s == 0) {
		if (config_said(tree, clients))
			config_warning(tree, line,
				       "clients: expected sessions or per-10s, "
				       "of an address or of a prefix: without "
				       "one of them no client is refused");
		return;
	}
	if (!of_prefix && has_ipv6_vip(service))
		config_warning(tree, line,
			       "clients: service %s has an IPv6 address and no "
			       "limit of a prefix: a client of IPv6 has a /64 "
			       "of addresses, and passes the limit of each by "
			       "using another one",
			       service->name);
	if (mx_forward_is_direct(service->forward))
		config_warning(tree, line,
			       "clients: with forward: %s the answers of MTAs "
			       "do not pass here, so a client is counted from "
			       "its first data on, which anyone can forge",
			       mx_forward_name(service->forward));
}

/* Check the limits of clients. */
static void
check_clients(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;
	uint32_t allows = 0;

	for (uint16_t i = 0; i < config->service_count; i++) {
		check_client_prefix(tree, &config->service[i]);
		warn_clients(tree, &config->service[i]);
		allows += config->service[i].clients.allow_count;
	}
	if (allows > MX_ALLOWS_MAX)
		config_error(tree, 1,
			     "expected at most %u prefixes in the allow lists "
			     "of all services, found %u",
			     MX_ALLOWS_MAX, allows);
}

/* Whether the files are good is found out when they are read. */
static void
check_deny(struct config_tree *tree)
{
	for (uint16_t i = 0; i < tree->config->service_count; i++) {
		const struct mx_config_deny *deny =
			&tree->config->service[i].deny;

		if (config_said(tree, deny) && deny->file[0] == '\0')
			config_error(tree, config_line(tree, deny),
				     "deny: expected file, the file of denied "
				     "prefixes, such as /etc/mxsteer/deny.txt");
	}
}

static void
check_fail_over(struct config_tree *tree, const struct mx_config_service *s)
{
	bool off = false;

	for (uint16_t i = 0; i < s->fail_over_count; i++)
		off = off || s->fail_over[i] == MX_FAIL_OVER_IS_OFF;
	if (off && s->fail_over_count > 1)
		config_error(tree, config_line(tree, &s->fail_over[0]),
			     "fail-over: expected off alone, or reasons such "
			     "as [refused, silent]");
	if (config_said(tree, &s->patience_ms) &&
	    mx_forward_is_direct(s->forward))
		config_error(tree, config_line(tree, &s->patience_ms),
			     "banner-patience: expected only with forward: "
			     "fullnat or nat; with %s mxsteer does not see an "
			     "MTA's banner",
			     mx_forward_name(s->forward));
	/* mxsteer sees the answers of MTAs only where they pass by. */
	if (!off && s->fail_over_count > 0 && mx_forward_is_direct(s->forward))
		config_error(tree, config_line(tree, &s->fail_over[0]),
			     "fail-over: expected only with forward: fullnat "
			     "or nat; with %s mxsteer does not see an MTA's "
			     "answer",
			     mx_forward_name(s->forward));
}

/* The client's numbers would be mxsteer's, and only mxsteer can turn them into
 * an MTA's: the answers of MTAs must come by here. */
static void
check_cookies(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->cookies == MX_COOKIES_ALWAYS && mx_forward_is_direct(s->forward))
		config_error(
			tree, config_line(tree, &s->cookies),
			"syn-cookies: expected auto or never with forward: "
			"%s, as a client that mxsteer answers itself has other "
			"numbers than its MTA, whose answers do not come "
			"by mxsteer; or forward: fullnat or nat",
			mx_forward_name(s->forward));
}

/* Where clients begin with TLS, all of them speak first. */
static void
check_early(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->early == MX_EARLY_OFF)
		return;
	if (mx_forward_is_direct(s->forward))
		config_error(tree, config_line(tree, &s->early),
			     "early-talkers: expected off with forward: %s, "
			     "where mxsteer does not see an MTA's greeting; or "
			     "forward: fullnat or nat",
			     mx_forward_name(s->forward));
	for (uint16_t i = 0; i < s->vip_count; i++)
		if (s->vip[i].port_be == htons(MX_IMPLICIT_TLS_PORT))
			config_error(tree, config_line(tree, &s->early),
				     "early-talkers: expected off with port "
				     "%d, whose clients speak first, TLS (RFC "
				     "8314 3); or another service for it",
				     MX_IMPLICIT_TLS_PORT);
}

/* Only a header of version 2 has room for a mark. */
static void
check_mark(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->early == MX_EARLY_MARK && s->proxy != MX_PROXY_V2)
		config_error(
			tree, config_line(tree, &s->early),
			"early-talkers: expected proxy-protocol: v2 beside "
			"mark, as the PROXY header has the mark");
}

/* A delay is for those that speak meanwhile.  mxsteer holds a client before its
 * MTA is asked, and so it must answer its SYN itself. */
static void
check_delay(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->delay_ms == 0) {
		if (s->early == MX_EARLY_DELAY || s->early == MX_EARLY_MARK)
			config_error(tree, config_line(tree, &s->early),
				     "early-talkers: expected greeting-delay, "
				     "such as 2s, beside %s",
				     mx_early_name(s->early));
		return;
	}
	if (s->early == MX_EARLY_OFF || s->early == MX_EARLY_COUNT)
		config_error(
			tree, config_line(tree, &s->delay_ms),
			"greeting-delay: expected only with early-talkers: "
			"delay, refuse or mark");
	if (s->cookies == MX_COOKIES_NEVER && config_said(tree, &s->cookies))
		config_error(tree, config_line(tree, &s->cookies),
			     "syn-cookies: expected auto or always with "
			     "greeting-delay, as mxsteer answers the SYN of a "
			     "client that is to wait");
}

static void
check_handshakes(struct config_tree *tree)
{
	for (uint16_t i = 0; i < tree->config->service_count; i++) {
		check_fail_over(tree, &tree->config->service[i]);
		check_cookies(tree, &tree->config->service[i]);
		check_early(tree, &tree->config->service[i]);
		check_delay(tree, &tree->config->service[i]);
		check_mark(tree, &tree->config->service[i]);
	}
}

void
config_check(struct config_tree *tree)
{
	check_dataplane(tree);
	check_pools(tree);
	check_totals(tree);
	if (tree->errors->count > 0)
		return;
	config_check_addresses(tree);
	config_check_modes(tree);
	config_check_answers(tree);
	check_handshakes(tree);
	check_clients(tree);
	check_deny(tree);
}
