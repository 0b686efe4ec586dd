/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

static bool
service_has_ipv6(const struct mx_config_service *service)
{
	for (uint16_t i = 0; i < service->vip_count; i++)
		if (!mx_addr_is4(&service->vip[i].addr))
			return true;
	for (uint16_t i = 0; i < service->snat_count; i++)
		if (!mx_addr_is4(&service->snat[i]))
			return true;
	return false;
}

bool
mx_config_has_ipv6(const struct mx_config *config)
{
	for (uint16_t i = 0; i < config->service_count; i++)
		if (service_has_ipv6(&config->service[i]))
			return true;
	for (uint16_t p = 0; p < config->pool_count; p++)
		for (uint16_t i = 0; i < config->pool[p].backend_count; i++)
			if (!mx_addr_is4(
				    &config->pool[p].backend[i].address.addr))
				return true;
	return false;
}
