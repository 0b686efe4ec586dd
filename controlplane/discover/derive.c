/* SPDX-License-Identifier: BSD-3-Clause */
#include "derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "mtaname.h"
#include "prefix.h"

static const char *
own_of_service(const struct mx_config_service *service,
	       const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < service->vip_count; i++)
		if (mx_addr_equal(&service->vip[i].addr, addr))
			return "is a listen address of mxsteer";
	for (uint16_t i = 0; i < service->snat_count; i++)
		if (mx_addr_equal(&service->snat[i], addr))
			return "is a snat address of mxsteer";
	for (uint16_t i = 0; i < service->tunnel_source_count; i++)
		if (mx_prefix_contains(&service->tunnel_source[i], addr))
			return "is in the source of a tunnel";
	return NULL;
}

const char *
derive_own(const struct mx_config *config, const struct mx_addr *addr)
{
	const char *own = NULL;

	for (uint16_t s = 0; s < config->service_count && own == NULL; s++)
		own = own_of_service(&config->service[s], addr);
	for (uint16_t i = 0; i < config->group.peer_snat_count; i++)
		if (mx_addr_equal(&config->group.peer_snat[i].address, addr))
			own = "is a snat address of another box";
	return own;
}

/* An MTA's port waits for a PROXY header, or does not. */
static bool
has_other_proxy(const struct mx_config *file, uint16_t pool,
		const struct mx_endpoint *at)
{
	const bool proxy = file->pool[pool].proxy != MX_PROXY_OFF;

	for (uint16_t p = 0; p < file->pool_count; p++) {
		if ((file->pool[p].proxy != MX_PROXY_OFF) == proxy)
			continue;
		for (uint16_t i = 0; i < file->pool[p].backend_count; i++)
			if (mx_endpoint_equal(&file->pool[p].backend[i].address,
					      at))
				return true;
	}
	return false;
}

bool
derive_is_of_file(const struct mx_config_pool *pool, const struct mx_addr *addr)
{
	const struct mx_endpoint at = {*addr, htons(pool->discover.port)};

	for (uint16_t i = 0; i < pool->backend_count; i++)
		if (mx_endpoint_equal(&pool->backend[i].address, &at))
			return true;
	return false;
}

static bool
has_name(const struct mx_config_pool *pool, const char *name)
{
	for (uint16_t i = 0; i < pool->backend_count; i++)
		if (strcmp(pool->backend[i].name, name) == 0)
			return true;
	return false;
}

const char *
derive_refusal(const struct derive_source *source, uint16_t pool,
	       const char *name, const struct mx_addr *addr)
{
	const struct mx_config *file = source->file;
	const struct mx_config_pool *to = &file->pool[pool];
	const struct mx_endpoint at = {*addr, htons(to->discover.port)};

	if (derive_is_of_file(to, addr))
		return NULL;
	if (!mx_addr_is_host(addr) || mx_addr_is_link_local(addr))
		return "is not the address of a host";
	if (derive_own(file, addr) != NULL)
		return derive_own(file, addr);
	if (!mx_config_reaches(file, pool, mx_addr_is4(addr)))
		return "is of a family that the pool's services do not reach";
	if (has_other_proxy(file, pool, &at))
		return "is in another pool, with another proxy-protocol";
	if (has_name(to, name))
		return "would have the name of a backend of the file";
	return source->unfit != NULL
		       ? source->unfit(source->arg, file, pool, addr)
		       : NULL;
}

uint16_t
derive_drop(const struct derive_source *source, uint16_t pool,
	    struct finding *finding, char text[static DERIVE_TEXT_MAX])
{
	const uint16_t all = finding->addresses;
	char name[MX_NAME_MAX];
	uint16_t kept = 0;

	for (uint16_t i = 0; i < all; i++) {
		const struct finding_address *found = &finding->address[i];

		mtaname_make(finding->host[found->host].name, &found->addr,
			     name);
		const char *why =
			derive_refusal(source, pool, name, &found->addr);
		if (why == NULL)
			finding->address[kept++] = *found;
		else if (i == kept) /* none before it */
			snprintf(text, DERIVE_TEXT_MAX, "%s %s", name, why);
	}
	finding->addresses = kept;
	return (uint16_t)(all - kept);
}

/* Which members become backends of the pool? */
static void
choose(const struct derive_source *source, uint16_t p,
       const struct membership *members, bool chosen[static MEMBERSHIP_MAX])
{
	char name[MX_NAME_MAX];

	for (uint16_t i = 0; i < members->count; i++) {
		const struct member *member = &members->member[i];

		mtaname_of(member, name);
		chosen[i] =
			!derive_is_of_file(&source->file->pool[p],
					   &member->addr) &&
			derive_refusal(source, p, name, &member->addr) == NULL;
	}
}

/* The share of each chosen address of the host in the weight of a target. */
static uint16_t
share_of_host(uint16_t weight, const struct membership *members,
	      const bool *chosen, const char *host)
{
	uint16_t sharers = 0;

	for (uint16_t i = 0; i < members->count; i++)
		if (chosen[i] && strcmp(members->member[i].host, host) == 0)
			sharers++;
	return (uint16_t)(weight > sharers ? weight / sharers : 1);
}

/* Add a member to a pool.  The fields are written one by one: the gaps between
 * them stay zero. */
static void
add_member(struct mx_config_pool *pool, const struct member *member,
	   const char *name, uint16_t share)
{
	struct mx_config_backend *backend =
		&pool->backend[pool->backend_count++];

	strcpy(backend->name, name);
	backend->address.addr = member->addr;
	backend->address.port_be = htons(pool->discover.port);
	backend->weight = share;
	backend->tier = member->preference;
	backend->connections_max = pool->discover.connections_max;
}

/* Add the members to a pool, up to `room` of them.  Returns how many. */
static uint16_t
add_members(struct mx_config_pool *pool, const struct membership *members,
	    const bool *chosen, uint32_t room)
{
	char name[MX_NAME_MAX];
	uint16_t added = 0;

	for (uint16_t i = 0; i < members->count && added < room &&
			     pool->backend_count < MX_CONFIG_BACKENDS_MAX;
	     i++) {
		const struct member *member = &members->member[i];

		mtaname_of(member, name);
		/* Long addresses are in a name as a hash, so two may have one
		 * name. */
		if (!chosen[i] || has_name(pool, name))
			continue;
		add_member(pool, member, name,
			   share_of_host(pool->discover.weight, members, chosen,
					 member->host));
		added++;
	}
	return added;
}

bool
derive_is_needed(const struct mx_config *file)
{
	for (uint16_t p = 0; p < file->pool_count; p++)
		if (file->pool[p].discover.mx[0] != '\0')
			return true;
	return false;
}

struct mx_config *
derive(const struct derive_source *source)
{
	const struct mx_config *file = source->file;
	struct mx_config *config = malloc(sizeof(*config));
	bool chosen[MEMBERSHIP_MAX];
	uint32_t room = MX_BACKENDS_MAX;

	if (config == NULL)
		return NULL;
	/* This copies the padding too, so that equal configurations have equal
	 * bytes. */
	memcpy(config, file, sizeof(*config));
	for (uint16_t p = 0; p < file->pool_count; p++)
		room -= file->pool[p].backend_count;
	for (uint16_t p = 0; p < file->pool_count; p++) {
		const struct membership *of =
			file->pool[p].discover.mx[0] != '\0'
				? source->members(source->arg, &file->pool[p])
				: NULL;

		if (of == NULL)
			continue;
		choose(source, p, of, chosen);
		room -= add_members(&config->pool[p], of, chosen, room);
	}
	return config;
}
