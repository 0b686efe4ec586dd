/* SPDX-License-Identifier: BSD-3-Clause */
#include "leaving.h"

#include <errno.h>
#include <string.h>

/* The id of a service of an earlier configuration, which the state still knows
 * by its name. */
static uint16_t
service_id(const struct state *state, const struct mx_config_service *config)
{
	const struct mx_service row = servicerow_of(config);

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (state->service[id].used &&
		    strcmp(state->service[id].name, config->name) == 0 &&
		    servicerow_same_way(&state->service[id].row, &row))
			return id;
	return 0; /* not reached: ids outlive their configuration */
}

/* Add the addresses of a service that the new configuration does not have. */
static int
retire_service(struct retired *retired, struct retired_address row,
	       const struct mx_config_service *service,
	       const struct mx_config *after)
{
	int error = 0;

	for (uint16_t i = 0; i < service->vip_count && error == 0; i++) {
		row.at = service->vip[i];
		if (!retired_config_has(after, &row.at))
			error = retired_add(retired, &row);
	}
	for (uint16_t i = 0; i < service->snat_count && error == 0; i++) {
		row.at = (struct mx_endpoint){.addr = service->snat[i]};
		if (!retired_config_has(after, &row.at))
			error = retired_add(retired, &row);
	}
	return error;
}

/* Does a plan have room for all of them? */
static bool
fits(const struct retired *retired, const struct mx_config *config)
{
	uint32_t vips = 0;
	uint32_t snats = config->group.peer_snat_count;

	for (uint16_t s = 0; s < config->service_count; s++) {
		vips += config->service[s].vip_count;
		snats += config->service[s].snat_count;
	}
	for (uint16_t i = 0; i < retired->count; i++) {
		vips += retired->row[i].at.port_be != 0;
		snats += retired->row[i].at.port_be == 0;
	}
	return vips <= MX_VIPS_MAX && snats <= MX_SNATS_MAX;
}

/* Add those of peers that the new configuration does not have: sessions that came
 * from there go on here. */
static int
retire_peers(struct retired *retired, struct retired_address row,
	     const struct mx_config_group *group, const struct mx_config *after)
{
	int error = 0;

	row.quiet = true;
	for (uint16_t i = 0; i < group->peer_snat_count && error == 0; i++) {
		row.at = (struct mx_endpoint){
			.addr = group->peer_snat[i].address};
		if (!retired_config_has(after, &row.at))
			error = retired_add(retired, &row);
	}
	return error;
}

/* Add the addresses that only `before` has. */
static int
retire_services(struct retired *retired, const struct state *state,
		const struct mx_config *before, const struct mx_config *after,
		int64_t now_s)
{
	int error = 0;

	for (uint16_t s = 0;
	     before != NULL && s < before->service_count && error == 0; s++) {
		const struct mx_config_service *service = &before->service[s];
		const struct retired_address row = {
			.service = service_id(state, service),
			.since_s = now_s};
		error = retire_service(retired, row, service, after);
	}
	if (before != NULL && error == 0)
		error = retire_peers(retired,
				     (struct retired_address){.since_s = now_s},
				     &before->group, after);
	return error;
}

void
retired_leave(struct retired *retired, const struct state *state,
	      const struct mx_config *after)
{
	/* A row that finds no room is refused later. */
	retire_services(retired, state, state->config, after, 0);
}

int
retired_follow(struct retired *retired, const struct state *state,
	       const struct mx_config *before, const struct mx_config *after,
	       int64_t now_s)
{
	for (uint16_t i = retired->count; i > 0; i--)
		if (retired_config_has(after, &retired->row[i - 1].at) ||
		    retired_clash(&retired->row[i - 1], after) != NULL)
			retired_forget(retired, (uint16_t)(i - 1));
	const int error = retire_services(retired, state, before, after, now_s);
	return error == 0 && !fits(retired, after) ? -ENOBUFS : error;
}

static bool
recover_service(struct service *service, const struct mx_service *row,
		int64_t now_s)
{
	if (!row->used || (service->used && service->row.used))
		return false;
	if (!service->used) {
		/* If the state file was lost, the service's name is lost too.
		 */
		*service = (struct service){.used = true,
					    .retired = true,
					    .retired_since_s = now_s,
					    .name = "?"};
	}
	service->row = *row;
	service->row.pool = MX_POOL_NONE;
	memset(&service->row.snat4, 0, sizeof(service->row.snat4));
	memset(&service->row.snat6, 0, sizeof(service->row.snat6));
	return true;
}

static bool
recover_address(struct state *state, const struct mx_endpoint *at,
		const struct mx_owned *vip, int64_t now_s)
{
	const struct retired_address row = {.at = *at,
					    .service = vip->index,
					    .quiet = vip->quiet,
					    .since_s = now_s};
	const uint16_t before = state->retired.count;

	if (!retired_config_has(state->config, at) &&
	    retired_clash(&row, state->config) == NULL)
		retired_add(&state->retired, &row);
	return state->retired.count != before;
}

bool
retired_recover(struct state *state, const struct mx_plan *plan, int64_t now_s)
{
	bool changed = false;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		changed |= recover_service(&state->service[id],
					   &plan->service[id], now_s);
	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++) {
		struct mx_owned vip = plan->owned.slot[i];
		const struct mx_endpoint at = {.addr = vip.addr,
					       .port_be = vip.port_be};

		/* A peer's may be answered here while that box is gone. */
		if (vip.kind == MX_OWNED_SNAT && plan->snat_box[vip.index] != 0)
			vip.quiet = 1;
		if (mx_owned_has_service(&vip) || vip.kind == MX_OWNED_SNAT)
			changed |= recover_address(state, &at, &vip, now_s);
	}
	return changed;
}
