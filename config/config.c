/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum mx_cookies
mx_config_cookies(const struct mx_config_service *service)
{
	if (mx_forward_is_direct(service->forward))
		return MX_COOKIES_NEVER;
	return service->delay_ms > 0 ? MX_COOKIES_ALWAYS : service->cookies;
}

void
mx_config_log_file(const struct mx_config *config,
		   char path[static MX_FILE_PATH_MAX])
{
	if (config->log.file[0] != '\0')
		snprintf(path, MX_FILE_PATH_MAX, "%s", config->log.file);
	else
		snprintf(path, MX_FILE_PATH_MAX, "/var/log/mxsteer/%s.log",
			 config->instance);
}

void
mx_config_free(struct mx_config *config)
{
	free(config);
}

static bool
has_snat(const struct mx_config_service *service, bool is4)
{
	for (uint16_t i = 0; i < service->snat_count; i++)
		if (mx_addr_is4(&service->snat[i]) == is4)
			return true;
	return false;
}

static bool
has_source(const struct mx_config_service *service, bool is4)
{
	for (uint16_t i = 0; i < service->tunnel_source_count; i++)
		if (mx_addr_is4(&service->tunnel_source[i].addr) == is4)
			return true;
	return false;
}

static bool
has_vips_of(const struct mx_config_service *service, bool is4)
{
	for (uint16_t i = 0; i < service->vip_count; i++)
		if (mx_addr_is4(&service->vip[i].addr) != is4)
			return false;
	return true;
}

static bool
service_reaches(const struct mx_config_service *service, bool is4)
{
	switch (service->forward) {
	case MX_FORWARD_FULLNAT:
		return has_snat(service, is4);
	case MX_FORWARD_NAT:
		return has_vips_of(service, is4);
	case MX_FORWARD_TUNNEL:
		return has_source(service, is4);
	default:
		return true;
	}
}

const struct mx_config_pool *
mx_config_find_pool(const struct mx_config *config, const char *name)
{
	for (uint16_t p = 0; config != NULL && p < config->pool_count; p++)
		if (strcmp(config->pool[p].name, name) == 0)
			return &config->pool[p];
	return NULL;
}

uint16_t
mx_config_snat_peer(const struct mx_config *config, const struct mx_addr *addr)
{
	const struct mx_config_group *group = &config->group;

	for (uint16_t i = 0; i < group->peer_snat_count; i++)
		if (mx_addr_equal(&group->peer_snat[i].address, addr))
			return group->peer_snat[i].box;
	return 0;
}

bool
mx_config_reaches(const struct mx_config *config, uint16_t pool, bool is4)
{
	/* The data plane has room for IPv6 only if it starts with some. */
	if (!is4 && !mx_config_has_ipv6(config))
		return false;
	for (uint16_t s = 0; s < config->service_count; s++)
		if (config->service[s].pool == pool &&
		    !service_reaches(&config->service[s], is4))
			return false;
	return true;
}

bool
mx_answer_is_text(enum mx_answer answer)
{
	return answer == MX_ANSWER_421 || answer == MX_ANSWER_554;
}

bool
mx_config_says_host(const struct mx_config_service *service)
{
	bool reads = false;

	for (uint16_t i = 0; i < service->vip_count; i++)
		reads |= service->vip[i].port_be != htons(MX_IMPLICIT_TLS_PORT);
	return reads && (!mx_forward_is_direct(service->forward) ||
			 mx_answer_is_text(service->answer) ||
			 mx_answer_is_text(service->clients.answer) ||
			 mx_answer_is_text(service->deny.answer));
}
