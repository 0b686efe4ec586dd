/* SPDX-License-Identifier: BSD-3-Clause */
#include "veto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "derive.h"
#include "endpoint.h"
#include "plural.h"
#include "reshape.h"
#include "traffic.h"

void
veto_add(struct mx_config_errors *errors, const char *format, ...)
{
	va_list arguments;

	if (errors->count < MX_CONFIG_ERRORS_MAX) {
		va_start(arguments, format);
		vsnprintf(errors->text[errors->count], MX_CONFIG_ERROR_TEXT_MAX,
			  format, arguments);
		va_end(arguments);
	}
	errors->count++;
}

/* Each key of a port needs a restart of the data plane. */
static bool
same_port(const struct mx_config_port *a, const struct mx_config_port *b)
{
	/* mx_config_parse() begins with zeroes, so the gaps are equal. */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool
same_dataplane(const struct mx_config_dataplane *a,
	       const struct mx_config_dataplane *b)
{
	if (a->worker_count != b->worker_count || a->idle != b->idle ||
	    a->sessions_max != b->sessions_max ||
	    a->telemetry != b->telemetry || a->port_count != b->port_count)
		return false;
	for (uint16_t i = 0; i < a->worker_count; i++)
		if (a->worker_core[i] != b->worker_core[i])
			return false;
	for (uint16_t i = 0; i < a->port_count; i++)
		if (!same_port(&a->port[i], &b->port[i]))
			return false;
	return true;
}

/* List the sessions of the running data plane that a restart with the new
 * dataplane section would lose.  The text follows the advice to restart. */
static const char *
cost_of_restart(const struct veto_scene *scene, const struct mx_config *after,
		char text[static RESHAPE_TEXT_MAX + 2])
{
	const struct mx_region *region = publisher_region(scene->publisher);
	struct reshape reshape;

	if (region == NULL || reshape_count(&reshape, region, after) != 0)
		return "";
	strcpy(text, "; ");
	reshape_text(text + 2, &reshape);
	return text;
}

/* A data plane that was started without IPv6 has no room for its sessions. */
static void
check_ipv6(const struct veto_scene *scene, const struct mx_config *after,
	   struct mx_config_errors *errors)
{
	const struct mx_region *region = publisher_region(scene->publisher);

	if (region != NULL && region->header.ipv6 == 0 &&
	    publisher_outcome(scene->publisher).running &&
	    mx_config_has_ipv6(after))
		veto_add(errors,
			 "%s: has IPv6 addresses, and mxsteer-dataplane "
			 "was started without room for them: restart "
			 "mxsteer-dataplane with this file first",
			 scene->path);
}

/* Refuse a file that changes what a running data plane cannot change. */
static void
check_dataplane(const struct veto_scene *scene, const struct mx_config *after,
		struct mx_config_errors *errors)
{
	const struct mx_config *before = scene->state->config;
	char cost[RESHAPE_TEXT_MAX + 2];

	if (strcmp(before->instance, after->instance) != 0)
		veto_add(errors,
			 "%s: instance is %s, this is %s: expected the same "
			 "(another instance is another pair of processes)",
			 scene->path, after->instance, before->instance);
	/* Each plane has given up the right to become another user. */
	if (strcmp(before->user, after->user) != 0)
		veto_add(
			errors,
			"%s: user: differs from the one in force: restart both "
			"planes with this file instead",
			scene->path);
	if (!same_dataplane(&before->dataplane, &after->dataplane))
		veto_add(errors,
			 "%s: dataplane: differs from the one in force: "
			 "restart both planes with this file instead%s",
			 scene->path, cost_of_restart(scene, after, cost));
	if (strcmp(before->announce.interface, after->announce.interface) != 0)
		veto_add(errors,
			 "%s: announce: interface: differs from the one in "
			 "force: restart both planes with this file instead",
			 scene->path);
	check_ipv6(scene, after, errors);
}

/* The data plane has made the key of its sessions from the secret, or by chance. */
static void
check_group(const struct veto_scene *scene, const struct mx_config *after,
	    struct mx_config_errors *errors)
{
	const struct mx_config_group *group = &scene->state->config->group;
	const char *other = NULL;

	if (group->box == 0 && after->group.box != 0)
		other = "there is none in force";
	else if (group->box != 0 && after->group.box == 0)
		other = "there is one in force and none here";
	else if (group->box != after->group.box)
		other = "box: differs from the one in force";
	else if (strcmp(group->secret, after->group.secret) != 0)
		other = "secret: differs from the one in force";
	if (other != NULL)
		veto_add(errors,
			 "%s: group: %s: restart both planes with this file "
			 "instead",
			 scene->path, other);
}

/* The dsr mode reaches only MTAs on its own link. */
static void
check_links(const struct veto_scene *scene, struct mx_config_errors *errors)
{
	char to[MX_ENDPOINT_TEXT_MAX], via[MX_ENDPOINT_TEXT_MAX];
	const struct mx_config *file = scene->file;
	struct mx_addr gateway;

	for (uint16_t s = 0; s < file->service_count; s++) {
		const struct mx_config_service *service = &file->service[s];
		const struct mx_config_pool *pool = &file->pool[service->pool];
		if (service->forward != MX_FORWARD_DSR)
			continue;
		for (uint16_t i = 0; i < pool->backend_count; i++) {
			const struct mx_addr *addr =
				&pool->backend[i].address.addr;
			if (!nexthops_gateway(scene->hops, addr, &gateway))
				continue;
			veto_add(errors,
				 "%s: service %s: forward: dsr rewrites only "
				 "the MAC address, which works on one link "
				 "only, and backend %s (%s) is behind the "
				 "gateway %s: write forward: tunnel",
				 scene->path, service->name,
				 pool->backend[i].name,
				 mx_addr_format(addr, to),
				 mx_addr_format(&gateway, via));
		}
	}
}

/* Backends may give way to discovery when it has named others. */
static void
check_pools(const struct veto_scene *scene, const struct mx_config *after,
	    struct mx_config_errors *errors)
{
	for (uint16_t p = 0; p < after->pool_count; p++) {
		const struct mx_config_pool *pool = &after->pool[p];
		const struct mx_config_pool *before =
			mx_config_find_pool(scene->state->config, pool->name);

		if (pool->backend_count > 0 || before == NULL ||
		    before->backend_count == 0)
			continue;
		veto_add(errors,
			 "%s: pool %s: would have no backend: DNS has named "
			 "none that can be one, and none in force is at port "
			 "%u: leave backends in the file until `show "
			 "discovery` lists MTAs, and take them out then",
			 scene->path, pool->name, pool->discover.port);
	}
}

/* Would a change of its mode break the sessions of a service? */
static bool
change_breaks(enum mx_forward before, enum mx_forward after, uint16_t workers)
{
	if (before == after)
		return false;
	/* The data plane knows only the path of these sessions' packets. */
	if (before == MX_FORWARD_DSR || before == MX_FORWARD_TUNNEL)
		return true;
	/* nat finds the worker of a session in another way. */
	return workers > 1 &&
	       (before == MX_FORWARD_NAT || after == MX_FORWARD_NAT);
}

/* The service that listens there in another configuration, or NULL. */
static const struct mx_config_service *
find_service(const struct mx_config *config, const struct mx_endpoint *vip)
{
	for (uint16_t s = 0; s < config->service_count; s++) {
		const struct mx_config_service *service = &config->service[s];

		for (uint16_t i = 0; i < service->vip_count; i++)
			if (mx_endpoint_equal(&service->vip[i], vip))
				return service;
	}
	return NULL;
}

/* May the address change its part or its mode while it has these sessions? */
static void
check_address(const struct veto_scene *scene, const struct retired_address *row,
	      const struct mx_config *after, struct mx_config_errors *errors)
{
	const struct service *before = &scene->state->service[row->service];
	const char *part = retired_clash(row, after);
	const struct mx_config_service *service =
		row->at.port_be != 0 ? find_service(after, &row->at) : NULL;
	char text[MX_ENDPOINT_TEXT_MAX];

	if (row->slots == 0)
		return;
	if (part != NULL)
		veto_add(errors,
			 "%s: %s cannot be %s yet: %" PRIu64
			 " %s it as %s: wait until they end (show "
			 "retired), then apply",
			 scene->path, mx_addr_format(&row->at.addr, text), part,
			 row->slots,
			 plural(row->slots, "session uses", "sessions use"),
			 row->at.port_be != 0 ? "a VIP" : "a SNAT address");
	else if (service != NULL && before->row.used &&
		 change_breaks((enum mx_forward)before->row.forward,
			       service->forward, after->dataplane.worker_count))
		veto_add(errors,
			 "%s: service %s: forward: %s would break the "
			 "%" PRIu64 " %s that %s has with %s still: "
			 "wait until they end (show retired), then apply",
			 scene->path, service->name,
			 mx_forward_name(service->forward), row->slots,
			 plural(row->slots, "session", "sessions"),
			 mx_endpoint_format(&row->at, text),
			 mx_forward_name((enum mx_forward)before->row.forward));
}

/* Check all addresses that are retired, or would be. */
static void
check_addresses(const struct veto_scene *scene, const struct mx_config *after,
		const struct retired *leaving, struct mx_config_errors *errors)
{
	for (uint16_t i = 0; i < leaving->count; i++)
		check_address(scene, &leaving->row[i], after, errors);
}

/* A mode may change if the change breaks no session. */
static void
check_forwards(const struct veto_scene *scene, const struct mx_config *after,
	       struct mx_config_errors *errors)
{
	const struct mx_region *region = publisher_region(scene->publisher);

	for (uint16_t id = 0; region != NULL && id < MX_SERVICES_MAX; id++) {
		const struct mx_config_service *before =
			scene->state->service[id].config;
		const uint64_t sessions = traffic_service_sessions(region, id);

		for (uint16_t i = 0;
		     before != NULL && sessions > 0 && i < before->vip_count;
		     i++) {
			const struct mx_config_service *service =
				find_service(after, &before->vip[i]);
			if (service == NULL ||
			    !change_breaks(before->forward, service->forward,
					   after->dataplane.worker_count))
				continue;
			veto_add(errors,
				 "%s: service %s: forward: %s would break "
				 "the %" PRIu64 " %s it has with %s: "
				 "drain its backends and wait, then apply",
				 scene->path, service->name,
				 mx_forward_name(service->forward), sessions,
				 plural(sessions, "session", "sessions"),
				 mx_forward_name(before->forward));
			break;
		}
	}
}

bool
veto_allows(const struct veto_scene *scene, const struct mx_config *after,
	    const struct retired *leaving, struct mx_config_errors *errors)
{
	if (scene->state->config == NULL)
		return true;
	check_addresses(scene, after, leaving, errors);
	check_dataplane(scene, after, errors);
	check_group(scene, after, errors);
	check_links(scene, errors);
	check_pools(scene, after, errors);
	check_forwards(scene, after, errors);
	return errors->count == 0;
}

bool
veto_allows_members(const struct veto_scene *scene,
		    const struct mx_config *after,
		    const struct retired *leaving,
		    struct mx_config_errors *errors)
{
	check_addresses(scene, after, leaving, errors);
	check_ipv6(scene, after, errors);
	return errors->count == 0;
}

/* Has it been an address of mxsteer that sessions may still use? */
static bool
was_ours(const struct state *state, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < state->retired.count; i++)
		if (mx_addr_equal(&state->retired.row[i].at.addr, addr))
			return true;
	return state->config != NULL && derive_own(state->config, addr) != NULL;
}

static bool
is_by_dsr(const struct mx_config *file, uint16_t pool)
{
	for (uint16_t s = 0; s < file->service_count; s++)
		if (file->service[s].pool == pool &&
		    file->service[s].forward == MX_FORWARD_DSR)
			return true;
	return false;
}

/* The backend in force of the pool at this address, or NULL. */
static const struct backend *
find_member(const struct state *state, const struct mx_config_pool *pool,
	    const struct mx_addr *addr)
{
	const struct mx_endpoint at = {*addr, htons(pool->discover.port)};

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &state->backend[id];

		if (b->config != NULL && strcmp(b->pool, pool->name) == 0 &&
		    mx_endpoint_equal(&b->address, &at))
			return b;
	}
	return NULL;
}

const char *
veto_member(const struct veto_scene *scene, uint16_t pool,
	    const struct mx_addr *addr)
{
	const struct state *state = scene->state;
	const struct backend *in_force =
		find_member(state, &scene->file->pool[pool], addr);
	struct mx_addr gateway;

	if (was_ours(state, addr))
		return "was an address of mxsteer, whose sessions may not have "
		       "ended";
	if (in_force == NULL && nexthops_kernel_owns(scene->hops, addr))
		return "is an address of this host";
	if (state->config != NULL && is_by_dsr(scene->file, pool) &&
	    (in_force == NULL || !in_force->dsr) &&
	    nexthops_gateway(scene->hops, addr, &gateway))
		return "is behind a gateway, and forward: dsr works on one "
		       "link only";
	return NULL;
}
