/* SPDX-License-Identifier: BSD-3-Clause */
#include "servicerow.h"

#include <arpa/inet.h>
#include <string.h>

/* Split a prefix into its address and the mask of its length. */
static void
fill_source(struct mx_service *row, const struct mx_config_prefix *prefix)
{
	const bool is4 = mx_addr_is4(&prefix->addr);
	struct mx_tunnel_source *source = is4 ? &row->from4 : &row->from6;
	uint32_t bits = prefix->bits + (is4 ? 96u : 0u);

	source->addr = prefix->addr;
	for (int i = 0; i < 16 && bits > 0; i++) {
		const uint32_t here = bits < 8 ? bits : 8;
		source->mask.byte[i] = (uint8_t)(0xff << (8 - here));
		bits -= here;
	}
}

/* Round up to whole seconds.  No timer may be 0. */
static uint32_t
seconds(uint32_t ms)
{
	return ms == 0 ? 1 : ms / 1000 + (ms % 1000 > 0);
}

/* The allow list is in the plan, where it has its place later. */
static struct mx_client_limits
limits_of(const struct mx_config_clients *clients)
{
	return (struct mx_client_limits){
		.sessions = clients->sessions,
		.per_10s = clients->per_10s,
		.prefix_sessions = clients->prefix_sessions,
		.prefix_per_10s = clients->prefix_per_10s,
		.prefix4 = (uint8_t)(96 + clients->prefix4),
		.prefix6 = clients->prefix6,
		.used = clients->sessions != 0 || clients->per_10s != 0 ||
			clients->prefix_sessions != 0 ||
			clients->prefix_per_10s != 0,
		.answer = (uint8_t)clients->answer,
	};
}

/* Where clients speak first, an MTA says nothing before they do: RFC 8314 7.3. */
#define IMPLICIT_TLS_PORT 465

static bool
client_speaks_first(const struct mx_config_service *config)
{
	for (uint16_t i = 0; i < config->vip_count; i++)
		if (config->vip[i].port_be == htons(IMPLICIT_TLS_PORT))
			return true;
	return false;
}

/* The default: all reasons that are no judgement of the client.  It has heard
 * nothing of an MTA yet, so it loses nothing. */
static uint8_t
fail_over_of(const struct mx_config_service *config)
{
	static const uint8_t bit[MX_FAIL_OVERS] = {
		[MX_FAIL_OVER_IF_REFUSED] = MX_FAIL_OVER_REFUSED,
		[MX_FAIL_OVER_IF_SILENT] = MX_FAIL_OVER_SILENT,
		[MX_FAIL_OVER_IF_BUSY] = MX_FAIL_OVER_BUSY,
		[MX_FAIL_OVER_IF_REFUSES] = MX_FAIL_OVER_REFUSES,
		[MX_FAIL_OVER_IF_MUTE] = MX_FAIL_OVER_MUTE,
	};
	static const uint8_t usual = MX_FAIL_OVER_REFUSED |
				     MX_FAIL_OVER_SILENT | MX_FAIL_OVER_BUSY |
				     MX_FAIL_OVER_MUTE;
	const uint8_t fits = client_speaks_first(config)
				     ? (uint8_t)~MX_FAIL_OVER_TOLD
				     : UINT8_MAX;
	uint8_t bits = 0;

	if (mx_forward_is_direct((uint8_t)config->forward))
		return 0;
	if (config->fail_over_count == 0)
		return usual & fits;
	for (uint16_t i = 0; i < config->fail_over_count; i++)
		bits |= bit[config->fail_over[i]];
	return bits & fits;
}

struct mx_service
servicerow_of(const struct mx_config_service *config)
{
	struct mx_service row;

	memset(&row, 0, sizeof(row)); /* memcmp() compares the padding too */
	row.used = 1;
	row.forward = (uint8_t)config->forward;
	row.proxy = (uint8_t)config->proxy;
	row.pool = MX_POOL_NONE;
	row.idle_s = seconds(config->idle_ms);
	row.half_open_s = seconds(config->half_open_ms);
	row.greeting_s = seconds(config->greeting_ms);
	row.closing_s = seconds(config->closing_ms);
	row.patience_s = seconds(config->patience_ms);
	row.martians = config->any_source;
	row.cookies = (uint8_t)mx_config_cookies(config);
	row.early = (uint8_t)config->early;
	row.snat_stays = config->snat_by == MX_SNAT_BY_BACKEND;
	row.delay_s = config->delay_ms == 0 ? 0 : seconds(config->delay_ms);
	for (uint16_t i = 0; i < config->vip_count; i++)
		row.implicit_tls |=
			config->vip[i].port_be == htons(MX_IMPLICIT_TLS_PORT);
	row.clients = limits_of(&config->clients);
	row.answer = (uint8_t)config->answer;
	/* The name of a machine may be longer where it is not needed. */
	row.host_bytes = (uint8_t)strnlen(config->host, sizeof(row.host));
	memcpy(row.host, config->host, row.host_bytes);
	row.deny.answer = (uint8_t)config->deny.answer;
	row.fail_over = fail_over_of(config);
	if (config->forward == MX_FORWARD_TUNNEL) {
		row.tunnel = (uint8_t)config->tunnel;
		row.tunnel_port_be = htons(config->tunnel_port);
		for (uint16_t i = 0; i < config->tunnel_source_count; i++)
			fill_source(&row, &config->tunnel_source[i]);
	}
	return row;
}

bool
servicerow_same_way(const struct mx_service *a, const struct mx_service *b)
{
	return a->forward == b->forward && a->tunnel == b->tunnel &&
	       a->tunnel_port_be == b->tunnel_port_be;
}
