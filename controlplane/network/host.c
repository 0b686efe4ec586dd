/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interface.h"
#include "machine.h"
#include "route.h"
#include "webport.h"

struct host {
	struct nl_sock *ask;
	struct hazards known;
};

struct host *
host_new(void)
{
	struct host *host = calloc(1, sizeof(*host));

	if (host == NULL)
		return NULL;
	host->ask = route_open();
	if (host->ask == NULL) {
		const int error = errno;
		free(host);
		errno = error;
		return NULL;
	}
	return host;
}

void
host_free(struct host *host)
{
	nl_socket_free(host->ask);
	free(host);
}

const struct hazards *
host_hazards(const struct host *host)
{
	return &host->known;
}

static void
look_at_address(struct host *host, const struct mx_addr *addr, const char *role,
		struct hazards *found)
{
	const struct route route = route_ask(host->ask, addr);
	char text[MX_ENDPOINT_TEXT_MAX];

	if (route.found && route.type == RTN_LOCAL)
		hazards_add(found, true,
			    "%s %s is an address of this host: its kernel will "
			    "reset sessions; take it off (ip address delete)",
			    role, mx_addr_format(addr, text));
}

static void
look_at_addresses(struct host *host, const struct mx_config *config,
		  struct hazards *found)
{
	for (uint16_t s = 0; s < config->service_count; s++) {
		const struct mx_config_service *service = &config->service[s];
		for (uint16_t i = 0; i < service->vip_count; i++)
			look_at_address(host, &service->vip[i].addr, "VIP",
					found);
		for (uint16_t i = 0; i < service->snat_count; i++)
			look_at_address(host, &service->snat[i], "SNAT address",
					found);
	}
}

void
host_watch(struct host *host, const struct mx_config *config)
{
	struct hazards now = {.count = 0};

	look_at_addresses(host, config, &now);
	interface_forwarding(&config->dataplane, &now);
	hazards_log_news(&host->known, &now);
	host->known = now;
}

static bool
is_port(const struct mx_config_dataplane *dataplane, const char *interface)
{
	for (uint16_t i = 0; i < dataplane->port_count; i++)
		if (strcmp(dataplane->port[i].interface, interface) == 0)
			return true;
	return false;
}

/* The kernel's route to a backend must leave by an interface that is a port. */
static void
check_backend(struct host *host, const struct mx_config *config,
	      const struct mx_config_service *service,
	      const struct mx_config_backend *backend, struct hazards *found)
{
	const struct route route = route_ask(host->ask, &backend->address.addr);
	char address[MX_ENDPOINT_TEXT_MAX], interface[IF_NAMESIZE] = "?";
	char name[2 * MX_NAME_MAX + MX_ENDPOINT_TEXT_MAX + 16];

	snprintf(name, sizeof(name), "backend %s/%s (%s)",
		 config->pool[service->pool].name, backend->name,
		 mx_addr_format(&backend->address.addr, address));
	if (route.found && route.type == RTN_LOCAL) {
		hazards_add(found, true,
			    "%s is this host itself: mxsteer reaches MTAs of "
			    "other hosts only",
			    name);
		return;
	}
	if (!route.found || route.type != RTN_UNICAST) {
		hazards_add(found, true, "%s: this host has no route to it",
			    name);
		return;
	}
	if_indextoname((unsigned)route.ifindex, interface);
	if (!is_port(&config->dataplane, interface))
		hazards_add(found, true,
			    "%s is reached by interface %s, which is none of "
			    "dataplane.ports",
			    name, interface);
	if (service->forward == MX_FORWARD_DSR && route.gatewayed)
		hazards_add(found, true,
			    "%s is behind a gateway, which forward: dsr cannot "
			    "pass: write forward: tunnel",
			    name);
}

/* The backends of a pool that no service uses need no route. */
static void
check_backends(struct host *host, const struct mx_config *config,
	       struct hazards *found)
{
	for (uint16_t s = 0; s < config->service_count; s++) {
		const struct mx_config_service *service = &config->service[s];
		const struct mx_config_pool *pool =
			&config->pool[service->pool];
		for (uint16_t i = 0; i < pool->backend_count; i++)
			check_backend(host, config, service, &pool->backend[i],
				      found);
	}
}

void
host_check(struct host *host, const struct mx_config *config,
	   struct hazards *found)
{
	machine_check("", config, found);
	look_at_addresses(host, config, found);
	check_backends(host, config, found);
	webport_check(config, found);
}
