/* SPDX-License-Identifier: BSD-3-Clause */
#include "announced.h"

#include <string.h>

#include "clock.h"
#include "endpoint.h"
#include "eventlog.h"
#include "traffic.h"

static struct announcement *
find(struct announcements *all, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < all->count; i++)
		if (mx_addr_equal(&all->row[i].addr, addr))
			return &all->row[i];
	return NULL;
}

/* The row of an address, which may be new.  NULL: there is no room. */
static struct announcement *
enter(struct announcements *all, const struct mx_addr *addr,
      enum announcement_kind kind, uint16_t index)
{
	struct announcement *row = find(all, addr);

	if (row != NULL || all->count == MX_ANNOUNCES_MAX)
		return row;
	row = &all->row[all->count++];
	*row = (struct announcement){
		.addr = *addr, .kind = kind, .index = index};
	return row;
}

static bool
is_served(const struct state *state, const struct mx_config_service *service)
{
	return !state->pool[service->pool].empty;
}

/* An address is served if any of its services is. */
static void
enter_vips(struct announcements *all, const struct state *state, uint16_t id)
{
	const struct mx_config_service *service = state->service[id].config;

	for (uint16_t i = 0; service != NULL && i < service->vip_count; i++) {
		struct announcement *row =
			enter(all, &service->vip[i].addr, ANNOUNCEMENT_VIP, id);

		if (row != NULL)
			row->on |= is_served(state, service);
	}
}

static void
enter_snats(struct announcements *all, const struct state *state)
{
	const struct mx_config_group *group = &state->config->group;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const struct mx_config_service *service =
			state->service[id].config;

		for (uint16_t i = 0; service != NULL && i < service->snat_count;
		     i++)
			enter(all, &service->snat[i], ANNOUNCEMENT_SNAT, id);
	}
	for (uint16_t i = 0; i < group->peer_snat_count; i++)
		enter(all, &group->peer_snat[i].address, ANNOUNCEMENT_PEER,
		      group->peer_snat[i].box);
}

static void
put(struct announcement *row, bool on, enum announcement_why why)
{
	row->on = on;
	row->why = why;
}

/* Does another box serve a VIP? */
static bool
others_serve(const struct announcement *row, const struct state *state,
	     const struct announced_scene *scene)
{
	const uint16_t bit = announcement_bit(&state->announcements, row);

	return scene->others[bit / 8] >> bit % 8 & 1;
}

/* row->on: some MTA serves. */
static void
decide_vip(struct announcement *row, const struct state *state,
	   const struct announced_scene *scene)
{
	row->served =
		!state->box.drain &&
		(row->on || state->config->announce.when == MX_ANNOUNCE_ALWAYS);
	if (row->on)
		row->unserved_s = 0;
	else if (row->unserved_s == 0)
		row->unserved_s = scene->now_s;
	if (state->box.drain)
		put(row, false, ANNOUNCEMENT_DRAINED);
	else if (row->on ||
		 state->config->announce.when == MX_ANNOUNCE_ALWAYS ||
		 scene->now_s - row->unserved_s < ANNOUNCED_PATIENCE_S)
		put(row, true, ANNOUNCEMENT_SERVED);
	else if (!others_serve(row, state, scene))
		put(row, true, ANNOUNCEMENT_LAST);
	else
		put(row, false, ANNOUNCEMENT_UNSERVED);
}

static void
decide_snat(struct announcement *row, const struct state *state,
	    const struct announced_scene *scene)
{
	if (!state->box.drain)
		put(row, true, ANNOUNCEMENT_SERVED);
	else if (scene->sessions > 0)
		put(row, true, ANNOUNCEMENT_EMPTYING);
	else
		put(row, false, ANNOUNCEMENT_DRAINED);
}

static void
decide_peer(struct announcement *row, const struct state *state,
	    const struct announced_scene *scene)
{
	row->metric += ANNOUNCED_PEER_METRIC;
	if (state->box.drain)
		put(row, false, ANNOUNCEMENT_DRAINED);
	else if (scene->taught >> row->index & 1)
		put(row, true, ANNOUNCEMENT_SERVED);
	else
		put(row, false, ANNOUNCEMENT_UNTAUGHT);
}

static void
decide_row(struct announcement *row, const struct state *state,
	   const struct announced_scene *scene)
{
	row->metric = state->config->announce.metric;
	if (row->kind == ANNOUNCEMENT_VIP)
		decide_vip(row, state, scene);
	else if (row->kind == ANNOUNCEMENT_SNAT)
		decide_snat(row, state, scene);
	else
		decide_peer(row, state, scene);
}

bool
announced_decide(struct state *state, const struct announced_scene *scene)
{
	struct announcements *all = &state->announcements;
	static struct announcements before;
	bool changed = false;

	before = *all;
	all->count = 0;
	if (state->config == NULL ||
	    state->config->announce.interface[0] == '\0')
		return before.count > 0;
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		enter_vips(all, state, id);
	enter_snats(all, state);
	for (uint16_t i = 0; i < all->count; i++) {
		struct announcement *row = &all->row[i];
		const struct announcement *old = find(&before, &row->addr);

		row->unserved_s = old != NULL ? old->unserved_s : 0;
		decide_row(row, state, scene);
		const bool same = old != NULL && old->on == row->on;
		row->since_s = same ? old->since_s : scene->wall_s;
		changed |= !same || old->metric != row->metric;
	}
	return changed || before.count != all->count;
}

static void
tell_changes(const struct state *state, struct announcements *before)
{
	char subject[MX_ENDPOINT_TEXT_MAX + 16], text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t i = 0; i < state->announcements.count; i++) {
		const struct announcement *row = &state->announcements.row[i];
		const struct announcement *old = find(before, &row->addr);
		const char *why = announcement_why(row);

		if (row->on == (old != NULL && old->on))
			continue;
		snprintf(subject, sizeof(subject), "announce %s",
			 mx_addr_format(&row->addr, text));
		eventlog_tell(row->on ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
			      EVENT_NETWORK, subject, "%s%s%s",
			      row->on ? "announced" : "withdrawn",
			      why[0] != '\0' ? ": " : "", why);
	}
}

bool
announced_look(struct state *state, const struct mx_region *region,
	       uint32_t taught,
	       const uint8_t others[static ANNOUNCEMENTS_BYTES])
{
	static struct announcements before;
	struct announced_scene scene = {
		.now_s = clock_s(),
		.wall_s = clock_wall_s(),
		.taught = taught,
	};

	memcpy(scene.others, others, sizeof(scene.others));
	for (uint16_t id = 0; region != NULL && id < MX_SERVICES_MAX; id++)
		scene.sessions += traffic_service_sessions(region, id);
	before = state->announcements;
	if (!announced_decide(state, &scene))
		return false;
	tell_changes(state, &before);
	return true;
}
