/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of pools whose backends DNS names. */
#include <string.h>

#include "checks.h"
#include "endpoint.h"

static void
check_domain(struct config_tree *tree, const struct mx_config_pool *pool)
{
	const struct mx_config_discover *discover = &pool->discover;

	if (discover->mx[0] == '\0')
		config_error(tree, config_line(tree, discover),
			     "discover: expected mx, the domain whose MX "
			     "records name the MTAs, such as example.net");
	else if (strpbrk(discover->mx, "[]:") != NULL ||
		 strspn(discover->mx, "0123456789.") == strlen(discover->mx))
		config_error(tree, config_line(tree, discover->mx),
			     "mx: expected a domain, such as example.net, "
			     "found \"%.60s\"",
			     discover->mx);
}

static const char *
own_of_service(const struct mx_config_service *service,
	       const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < service->vip_count; i++)
		if (mx_addr_equal(&service->vip[i].addr, addr))
			return "a listen address";
	for (uint16_t i = 0; i < service->snat_count; i++)
		if (mx_addr_equal(&service->snat[i], addr))
			return "a snat address";
	return NULL;
}

static void
check_resolver(struct config_tree *tree, const struct mx_endpoint *at)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	const uint16_t peer = mx_config_snat_peer(tree->config, &at->addr);

	if (peer != 0)
		config_error(tree, config_line(tree, at),
			     "resolvers: expected the address of a resolver, "
			     "found %s, which is a snat address of box %u",
			     mx_endpoint_format(at, text), peer);
	for (uint16_t s = 0; s < tree->config->service_count; s++) {
		const struct mx_config_service *service =
			&tree->config->service[s];
		const char *own = own_of_service(service, &at->addr);

		if (own == NULL)
			continue;
		config_error(tree, config_line(tree, at),
			     "resolvers: expected the address of a resolver, "
			     "found %s, which is %s of service %s",
			     mx_endpoint_format(at, text), own, service->name);
		return;
	}
}

/* mxsteer has no name server at the addresses that it answers for. */
static void
check_resolvers(struct config_tree *tree, const struct mx_config_pool *pool)
{
	for (uint16_t i = 0; i < pool->discover.resolver_count; i++)
		check_resolver(tree, &pool->discover.resolver[i]);
}

/* Each worker keeps its own share of the limit, as with backends. */
static void
check_limit(struct config_tree *tree, const struct mx_config_pool *pool)
{
	const uint16_t workers = tree->config->dataplane.worker_count;
	const uint32_t *max = &pool->discover.connections_max;

	if (*max > 0 && *max < workers)
		config_error(tree, config_line(tree, max),
			     "connections-max: expected 0 for no limit, or %u "
			     "at least, as each of the %u workers keeps a "
			     "share of it, found %u",
			     workers, workers, *max);
}

/* A direct mode leaves the port of a packet as it is. */
static void
check_port(struct config_tree *tree, const struct mx_config_pool *pool,
	   const struct mx_config_service *service)
{
	const uint16_t port_be = htons(pool->discover.port);

	for (uint16_t i = 0; i < service->vip_count; i++)
		if (mx_forward_is_direct(service->forward) &&
		    service->vip[i].port_be != port_be)
			config_error(tree,
				     config_line_in(tree, &pool->discover.port,
						    &pool->discover),
				     "discover: expected port: %u, as service "
				     "%s listens there and forward: %s leaves "
				     "the port as it is, found %u",
				     ntohs(service->vip[i].port_be),
				     service->name,
				     mx_forward_name(service->forward),
				     pool->discover.port);
}

static void
check_services(struct config_tree *tree, uint16_t p)
{
	const struct mx_config *config = tree->config;
	const struct mx_config_pool *pool = &config->pool[p];

	for (uint16_t s = 0; s < config->service_count; s++)
		if (config->service[s].pool == p)
			check_port(tree, pool, &config->service[s]);
	if (!mx_config_reaches(config, p, true) &&
	    !mx_config_reaches(config, p, false))
		config_error(tree, config_line(tree, &pool->discover),
			     "discover: expected a family of addresses that "
			     "all services of pool %s reach: with forward: "
			     "fullnat a snat address, such as \"10.0.2.100\"",
			     pool->name);
}

void
config_check_discover(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;

	for (uint16_t p = 0; p < config->pool_count; p++) {
		const struct mx_config_pool *pool = &config->pool[p];

		if (config_said(tree, &pool->discover)) {
			check_domain(tree, pool);
			check_limit(tree, pool);
			check_resolvers(tree, pool);
			check_services(tree, p);
		} else if (pool->backend_count == 0) {
			config_error(tree, config_line(tree, pool),
				     "backends is missing: expected a list of "
				     "MTAs, each {name: mta1, address: "
				     "\"10.0.2.11:25\"}, or discover");
		}
	}
}
