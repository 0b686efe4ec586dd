/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of values that have the right shape and still make no sense.  Each
 * check walks the loaded struct and names the line of a fault. */
#include <string.h>

#include "plan.h"
#include "checks.h"
#include "lint.h"

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
			lint_warn(tree, LINT_SHARED_CORE,
				  config_line(tree, core),
				  "workers: expected each core once, "
				  "found %u again: its workers will slow "
				  "each other down",
				  *core);
	}
}

static bool
ends_with(const char *text, const char *end)
{
	const size_t length = strlen(text), of_end = strlen(end);

	return length >= of_end && strcmp(&text[length - of_end], end) == 0;
}

/* The sockets of an instance bear its name, and so must be of one instance. */
static void
check_instance(struct config_tree *tree)
{
	const char *name = tree->config->instance;

	if (ends_with(name, ".read") || ends_with(name, ".operate"))
		config_error(tree, config_line(tree, name),
			     "instance: expected a name that does not end in "
			     ".read or .operate, as sockets of other instances "
			     "do, found \"%s\"",
			     name);
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

/* The SNAT addresses of a service, of all boxes. */
static uint32_t
count_snats(const struct mx_config_service *service)
{
	uint32_t count = 0;

	if (service->box_snat_count == 0)
		return service->snat_count;
	for (uint16_t i = 0; i < service->box_snat_count; i++)
		count += service->box_snat[i].snat_count;
	return count;
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
		snats += count_snats(&config->service[i]);
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
			lint_warn(tree, LINT_NO_LIMIT, line,
				  "clients: expected sessions or per-10s, "
				  "of an address or of a prefix: without "
				  "one of them no client is refused");
		return;
	}
	if (!of_prefix && has_ipv6_vip(service))
		lint_warn(tree, LINT_IPV6_LIMIT, line,
			  "clients: service %s has an IPv6 address and no "
			  "limit of a prefix: a client of IPv6 has a /64 "
			  "of addresses, and passes the limit of each by "
			  "using another one",
			  service->name);
	if (mx_forward_is_direct(service->forward))
		lint_warn(tree, LINT_FORGED_CLIENTS, line,
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

/* A name that is misspelt ignores nothing. */
static void
check_lints(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;

	check_names(tree, "lint", config->lint, config->lint_count,
		    sizeof(config->lint[0]));
	for (uint16_t i = 0; i < config->lint_count; i++) {
		const struct mx_config_lint *lint = &config->lint[i];

		if (!lint_is(lint->name))
			config_error(tree, config_line(tree, lint->name),
				     "lints: expected the name of a warning, "
				     "as `mxsteer config lints` lists them, "
				     "found \"%s\"",
				     lint->name);
	}
}

void
config_check(struct config_tree *tree)
{
	check_lints(tree);
	check_instance(tree);
	check_dataplane(tree);
	check_pools(tree);
	config_check_boxes(tree);
	check_totals(tree);
	if (tree->errors->count > 0)
		return;
	config_check_addresses(tree);
	config_check_group(tree);
	config_check_modes(tree);
	config_check_directions(tree);
	config_check_answers(tree);
	config_check_discover(tree);
	config_check_probes(tree);
	config_check_crossings(tree); /* by the types of checks */
	config_check_said_names(tree);
	config_check_agents(tree);
	config_check_log(tree);
	config_check_http(tree);
	config_check_handshakes(tree);
	check_clients(tree);
	check_deny(tree);
}
