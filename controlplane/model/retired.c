/* SPDX-License-Identifier: BSD-3-Clause */
#include "retired.h"

#include <errno.h>
#include <string.h>

struct retired_address *
retired_find(struct retired *retired, const struct mx_endpoint *at)
{
	for (uint16_t i = 0; i < retired->count; i++)
		if (mx_endpoint_equal(&retired->row[i].at, at))
			return &retired->row[i];
	return NULL;
}

static bool
service_has(const struct mx_config_service *service,
	    const struct mx_endpoint *at)
{
	for (uint16_t i = 0; at->port_be != 0 && i < service->vip_count; i++)
		if (mx_endpoint_equal(&service->vip[i], at))
			return true;
	for (uint16_t i = 0; at->port_be == 0 && i < service->snat_count; i++)
		if (mx_addr_equal(&service->snat[i], &at->addr))
			return true;
	return false;
}

static bool
is_peers(const struct mx_config_group *group, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < group->peer_snat_count; i++)
		if (mx_addr_equal(&group->peer_snat[i].address, addr))
			return true;
	return false;
}

bool
retired_config_has(const struct mx_config *config, const struct mx_endpoint *at)
{
	if (at->port_be == 0 && is_peers(&config->group, &at->addr))
		return true;
	for (uint16_t s = 0; s < config->service_count; s++)
		if (service_has(&config->service[s], at))
			return true;
	return false;
}

int
retired_add(struct retired *retired, const struct retired_address *row)
{
	uint16_t at = 0;

	if (retired_find(retired, &row->at) != NULL)
		return 0;
	if (retired->count == RETIRED_MAX)
		return -ENOBUFS;
	while (at < retired->count &&
	       memcmp(&retired->row[at].at, &row->at, sizeof(row->at)) < 0)
		at++;
	memmove(&retired->row[at + 1], &retired->row[at],
		(size_t)(retired->count++ - at) * sizeof(*row));
	retired->row[at] = *row;
	return 0;
}

void
retired_forget(struct retired *retired, uint16_t i)
{
	memmove(&retired->row[i], &retired->row[i + 1],
		(size_t)(--retired->count - i) * sizeof(retired->row[0]));
}

static const char *
clash_with_service(const struct retired_address *row,
		   const struct mx_config_service *service)
{
	const struct mx_addr *addr = &row->at.addr;
	const bool is_vip = row->at.port_be != 0;

	for (uint16_t i = 0; !is_vip && i < service->vip_count; i++)
		if (mx_addr_equal(&service->vip[i].addr, addr))
			return "a VIP";
	for (uint16_t i = 0; is_vip && i < service->snat_count; i++)
		if (mx_addr_equal(&service->snat[i], addr))
			return "a SNAT address";
	return NULL;
}

static bool
pool_has(const struct mx_config_pool *pool, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < pool->backend_count; i++)
		if (mx_addr_equal(&pool->backend[i].address.addr, addr))
			return true;
	return false;
}

const char *
retired_clash(const struct retired_address *row, const struct mx_config *config)
{
	const char *part = NULL;

	if (row->at.port_be != 0 && is_peers(&config->group, &row->at.addr))
		return "a SNAT address of another box";
	for (uint16_t s = 0; s < config->service_count && part == NULL; s++)
		part = clash_with_service(row, &config->service[s]);
	for (uint16_t p = 0; p < config->pool_count && part == NULL; p++)
		if (pool_has(&config->pool[p], &row->at.addr))
			part = "a backend";
	return part;
}

bool
retired_names(const struct retired *retired, uint16_t service)
{
	for (uint16_t i = 0; i < retired->count; i++)
		if (retired->row[i].at.port_be != 0 &&
		    retired->row[i].service == service)
			return true;
	return false;
}

uint16_t
retired_drop_ipv6(struct retired *retired)
{
	const uint16_t before = retired->count;

	for (uint16_t i = retired->count; i > 0; i--)
		if (!mx_addr_is4(&retired->row[i - 1].at.addr))
			retired_forget(retired, (uint16_t)(i - 1));
	return (uint16_t)(before - retired->count);
}

uint16_t
retired_release(struct retired *retired)
{
	uint16_t released = 0;

	for (uint16_t i = retired->count; i > 0; i--) {
		if (retired->row[i - 1].slots > 0)
			continue;
		retired_forget(retired, (uint16_t)(i - 1));
		released++;
	}
	return released;
}
