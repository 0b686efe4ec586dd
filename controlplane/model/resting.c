/* SPDX-License-Identifier: BSD-3-Clause */
#include "resting.h"

#include <errno.h>
#include <string.h>

struct resting_address *
resting_find(struct resting *resting, const struct mx_endpoint *at)
{
	for (uint16_t i = 0; i < resting->count; i++)
		if (mx_endpoint_equal(&resting->row[i].at, at))
			return &resting->row[i];
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

bool
resting_config_has(const struct mx_config *config, const struct mx_endpoint *at)
{
	for (uint16_t s = 0; s < config->service_count; s++)
		if (service_has(&config->service[s], at))
			return true;
	return false;
}

int
resting_add(struct resting *resting, const struct resting_address *row)
{
	uint16_t at = 0;

	if (resting_find(resting, &row->at) != NULL)
		return 0;
	if (resting->count == RESTING_MAX)
		return -ENOBUFS;
	while (at < resting->count &&
	       memcmp(&resting->row[at].at, &row->at, sizeof(row->at)) < 0)
		at++;
	memmove(&resting->row[at + 1], &resting->row[at],
		(size_t)(resting->count++ - at) * sizeof(*row));
	resting->row[at] = *row;
	return 0;
}

void
resting_forget(struct resting *resting, uint16_t i)
{
	memmove(&resting->row[i], &resting->row[i + 1],
		(size_t)(--resting->count - i) * sizeof(resting->row[0]));
}

static const char *
clash_with_service(const struct resting_address *row,
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
resting_clash(const struct resting_address *row, const struct mx_config *config)
{
	const char *part = NULL;

	for (uint16_t s = 0; s < config->service_count && part == NULL; s++)
		part = clash_with_service(row, &config->service[s]);
	for (uint16_t p = 0; p < config->pool_count && part == NULL; p++)
		if (pool_has(&config->pool[p], &row->at.addr))
			part = "a backend";
	return part;
}

bool
resting_names(const struct resting *resting, uint16_t service)
{
	for (uint16_t i = 0; i < resting->count; i++)
		if (resting->row[i].at.port_be != 0 &&
		    resting->row[i].service == service)
			return true;
	return false;
}

uint16_t
resting_drop_ipv6(struct resting *resting)
{
	const uint16_t before = resting->count;

	for (uint16_t i = resting->count; i > 0; i--)
		if (!mx_addr_is4(&resting->row[i - 1].at.addr))
			resting_forget(resting, (uint16_t)(i - 1));
	return (uint16_t)(before - resting->count);
}

uint16_t
resting_release(struct resting *resting)
{
	uint16_t released = 0;

	for (uint16_t i = resting->count; i > 0; i--) {
		if (resting->row[i - 1].slots > 0)
			continue;
		resting_forget(resting, (uint16_t)(i - 1));
		released++;
	}
	return released;
}
