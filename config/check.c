/* SPDX-License-Identifier: BSD-3-Clause */
/* What has the right shape and still makes no sense: each check walks the
 * loaded struct and names the line of what it finds. */
#include <string.h>

#include "tree.h"

/* A place where an address is used, to find it used again. */
struct use {
	struct mx_endpoint endpoint; /* port 0: the address as a whole */
	const void *where;
	enum { USE_VIP, USE_SNAT, USE_BACKEND } kind;
	uint16_t owner; /* pool of a backend, service of a snat address */
};

/* A check's state: all addresses of the file, and how many of each kind. */
#define USES_MAX                                                               \
	(MX_SERVICES_MAX * (MX_CONFIG_VIPS_MAX + MX_CONFIG_SNATS_MAX) +        \
	 MX_POOLS_MAX * MX_CONFIG_BACKENDS_MAX)

static const char *const use_name[] = {
	[USE_VIP] = "a listen address",
	[USE_SNAT] = "a snat address",
	[USE_BACKEND] = "a backend's address",
};

/* The index of the earlier one of `count` names, `bytes` apart, that equals
 * name number i; or i. */
static uint16_t
same_name(const void *first, uint16_t i, size_t bytes)
{
	const char *names = first;

	for (uint16_t j = 0; j < i; j++)
		if (strcmp(names + j * bytes, names + i * bytes) == 0)
			return j;
	return i;
}

/* Names begin their structs, so one function serves all lists of them. */
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

static void
check_dataplane(struct config_tree *tree)
{
	const struct mx_config_dataplane *dataplane = &tree->config->dataplane;

	for (uint16_t i = 0; i < dataplane->worker_count; i++)
		for (uint16_t j = 0; j < i; j++)
			if (dataplane->worker_core[i] ==
			    dataplane->worker_core[j])
				config_error(
					tree,
					config_line(tree,
						    &dataplane->worker_core[i]),
					"workers: expected each core once, "
					"found %u again",
					dataplane->worker_core[i]);
	check_names(tree, "port", dataplane->port, dataplane->port_count,
		    sizeof(dataplane->port[0]));
	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		const char *interface = dataplane->port[i].interface;

		for (uint16_t j = 0; j < i; j++)
			if (strcmp(interface, dataplane->port[j].interface) ==
			    0)
				config_error(tree, config_line(tree, interface),
					     "interface: expected one that no "
					     "other port has, port %s has %s",
					     dataplane->port[j].name,
					     interface);
	}
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
		if (!used[i] && tree->errors->count == 0)
			config_error(tree, config_line(tree, pool),
				     "pool %s: expected a service that names "
				     "it, found none",
				     pool->name);
	}
}

/* An address that a host can have. */
static bool
is_host(const struct mx_addr *addr)
{
	const uint32_t ip = ntohl(mx_addr_to4(addr));
	const uint8_t first = (uint8_t)(ip >> 24);

	return first != 0 && first != 127 && first < 224;
}

static void
check_use(struct config_tree *tree, const struct use *use)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	if (!mx_addr_is4(&use->endpoint.addr))
		config_error(tree, config_line(tree, use->where),
			     "expected an IPv4 address (IPv6 is not there "
			     "yet), found %s",
			     mx_addr_format(&use->endpoint.addr, text));
	else if (!is_host(&use->endpoint.addr))
		config_error(tree, config_line(tree, use->where),
			     "expected the address of a host, found %s",
			     mx_addr_format(&use->endpoint.addr, text));
}

/* Two uses that cannot both be. */
static bool
uses_clash(const struct use *a, const struct use *b)
{
	if (!mx_addr_equal(&a->endpoint.addr, &b->endpoint.addr))
		return false;
	if (a->kind != b->kind)
		return true;
	/* Services may share local addresses, and pools may share backends. */
	return a->endpoint.port_be == b->endpoint.port_be &&
	       a->owner == b->owner;
}

static uint32_t
collect_uses(const struct mx_config *config, struct use *use)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < config->service_count; i++) {
		const struct mx_config_service *s = &config->service[i];

		for (uint16_t j = 0; j < s->vip_count; j++)
			use[count++] =
				(struct use){s->vip[j], &s->vip[j], USE_VIP, 0};
		for (uint16_t j = 0; j < s->snat_count; j++)
			use[count++] = (struct use){
				{s->snat[j], 0}, &s->snat[j], USE_SNAT, i};
	}
	for (uint16_t i = 0; i < config->pool_count; i++) {
		const struct mx_config_pool *pool = &config->pool[i];

		for (uint16_t j = 0; j < pool->backend_count; j++)
			use[count++] = (struct use){pool->backend[j].address,
						    &pool->backend[j].address,
						    USE_BACKEND, i};
	}
	return count;
}

static void
check_addresses(struct config_tree *tree)
{
	static struct use use[USES_MAX]; /* too large for a stack */
	const uint32_t count = collect_uses(tree->config, use);
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint32_t i = 0; i < count; i++) {
		check_use(tree, &use[i]);
		for (uint32_t j = 0; j < i; j++) {
			if (!uses_clash(&use[i], &use[j]))
				continue;
			config_error(
				tree, config_line(tree, use[i].where),
				"%s: expected an address of its own, line "
				"%u has it as %s",
				mx_addr_format(&use[i].endpoint.addr, text),
				config_line(tree, use[j].where),
				use_name[use[j].kind]);
			break;
		}
	}
}

/* The tables both planes share are smaller than all lists at their longest. */
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

void
config_check(struct config_tree *tree)
{
	check_dataplane(tree);
	check_pools(tree);
	check_totals(tree);
	if (tree->errors->count == 0)
		check_addresses(tree);
}
