/* SPDX-License-Identifier: BSD-3-Clause */
#include "trouble.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "endpoint.h"
#include "groupwatch.h"
#include "host.h"
#include "logbook.h"
#include "peerwatch.h"
#include "plural.h"
#include "poolstate.h"
#include "portcheck.h"
#include "publish.h"
#include "reports.h"
#include "routers.h"
#include "save.h"
#include "secret.h"
#include "state.h"
#include "traffic.h"
#include "trial.h"
#include "troublemtas.h"
#include "troubletraffic.h"

/* Write the names of the services that use a pool, or "" if none does. */
static void
name_services(const struct mx_config *config, uint16_t pool, char *text,
	      size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint16_t s = 0; s < config->service_count && used < size; s++)
		if (config->service[s].pool == pool)
			used += (size_t)snprintf(text + used, size - used,
						 "%s%s", used > 0 ? ", " : "",
						 config->service[s].name);
}

static void
look_at_pools(struct troubles *troubles, const struct sources *sources)
{
	const struct state *state = sources->state;
	char services[128];

	for (uint16_t p = 0; p < state->config->pool_count; p++) {
		const char *name = state->config->pool[p].name;
		if (pool_state(state, p, NULL) != POOL_EMPTY)
			continue;
		name_services(state->config, p, services, sizeof(services));
		if (services[0] != '\0')
			trouble_add(troubles, TROUBLE_CRITICAL,
				    "pool %s is EMPTY, none of its backends "
				    "serves: new sessions of %s are refused",
				    name, services);
		else
			trouble_add(troubles, TROUBLE_WARNING,
				    "pool %s is EMPTY; no service uses it",
				    name);
	}
}

static void
look_at_file(struct troubles *troubles, const struct sources *sources)
{
	if (sources->saver->error != 0)
		trouble_add(troubles, TROUBLE_WARNING,
			    "not saved to %s: %s; a restart of the control "
			    "plane would forget it",
			    sources->saver->path,
			    strerror(sources->saver->error));
}

/* Weight 0 is no trouble: an operator or the file asks for it. */
static void
look_at_ready(struct troubles *troubles, const struct backend *b)
{
	char label[STATE_LABEL_MAX], why[POOLSTATE_WHY_MAX];

	if (b->config == NULL || b->override.admin != ADMIN_READY ||
	    weight_serves(b->why) || b->why == WEIGHT_ZERO)
		return;
	trouble_add(troubles, TROUBLE_NOTE, "%s takes no new sessions yet: %s",
		    state_label(b, label), backend_why(b, why));
}

void
troubles_of_change(struct troubles *troubles, const struct sources *sources,
		   uint16_t about)
{
	if (about != MX_BACKEND_NONE)
		look_at_ready(troubles, &sources->state->backend[about]);
	look_at_pools(troubles, sources);
	look_at_file(troubles, sources);
}

static uint64_t
sessions_of(const struct sources *sources, uint16_t id)
{
	return traffic_backend_sessions(publisher_region(sources->publisher),
					id);
}

/* What a backend that serves lacks.  Slow start and balance are no trouble. */
static void
look_at_serving(struct troubles *troubles, const struct backend *b,
		const char *label, const char *why)
{
	if (!b->hop.known)
		trouble_add(troubles, TROUBLE_WARNING,
			    "backend %s: its MAC address is not known, new "
			    "sessions to it are refused",
			    label);
	else if (b->why == WEIGHT_KEPT || b->degraded || b->flawed ||
		 (b->check.known &&
		  reason_kind(b->check.reason) == REASON_SAYS_NOTHING))
		trouble_add(troubles, TROUBLE_WARNING, "backend %s: %s", label,
			    why);
}

static void
look_at_backend(struct troubles *troubles, const struct sources *sources,
		uint16_t id)
{
	const struct backend *b = &sources->state->backend[id];
	char label[STATE_LABEL_MAX], why[POOLSTATE_WHY_MAX];
	char note[POOLSTATE_NOTE_MAX];
	const uint64_t sessions = sessions_of(sources, id);

	state_label(b, label);
	backend_why(b, why);
	if (weight_serves(b->why))
		look_at_serving(troubles, b, label, why);
	switch (b->why) {
	case WEIGHT_AGENT_DOWN:
	case WEIGHT_DOWN:
	case WEIGHT_FAR:
	case WEIGHT_SOFT:
		trouble_add(troubles, TROUBLE_WARNING, "backend %s: %s", label,
			    why);
		break;
	case WEIGHT_ZERO:
		if (b->config->weight == 0)
			break;
		/* fall through */
	case WEIGHT_MAINTENANCE:
	case WEIGHT_DRAINING:
		trouble_add(troubles, TROUBLE_NOTE,
			    "backend %s: %s by an operator, %" PRIu64
			    " %s left%s",
			    label, weight_reason_text(b->why), sessions,
			    plural(sessions, "session", "sessions"),
			    backend_note(b, note));
		break;
	case WEIGHT_AGENT_MAINT:
	case WEIGHT_AGENT_DRAIN:
	case WEIGHT_AGENT_ZERO:
		trouble_add(troubles, TROUBLE_NOTE,
			    "backend %s: %s, %" PRIu64 " %s left", label, why,
			    sessions, plural(sessions, "session", "sessions"));
		break;
	default:
		break;
	}
}

static void
look_at_backends(struct troubles *troubles, const struct sources *sources)
{
	const struct state *state = sources->state;

	for (uint16_t p = 0; p < state->config->pool_count; p++)
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++)
			look_at_backend(troubles, sources,
					state->pool[p].member[i]);
}

/* Note what left the configuration and is kept for its sessions. */
static void
look_at_retired(struct troubles *troubles, const struct sources *sources)
{
	const struct state *state = sources->state;
	uint64_t sessions = 0;
	uint32_t backends = 0;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const uint64_t count = state->backend[id].retired
					       ? sessions_of(sources, id)
					       : 0;
		if (count > 0)
			backends++;
		sessions += count;
	}
	if (backends > 0)
		trouble_add(troubles, TROUBLE_NOTE,
			    "%u %s left the configuration and %s "
			    "%" PRIu64 " %s: see show retired",
			    backends, plural(backends, "backend", "backends"),
			    plural(backends, "has", "have"), sessions,
			    plural(sessions, "session", "sessions"));
}

static void
look_at_config(struct troubles *troubles, const struct sources *sources)
{
	const struct applier *applier = sources->applier;
	char trial[TRIAL_TEXT_MAX];

	if (applier->history->error != 0)
		trouble_add(troubles, TROUBLE_NOTE,
			    "the history of configurations cannot be written "
			    "to %s: %s",
			    applier->history->path,
			    strerror(-applier->history->error));
	if (sources->portcheck->other_ports)
		trouble_add(troubles, TROUBLE_CRITICAL,
			    "the data plane runs with other ports than %s: "
			    "restart mxsteer-dataplane with this file",
			    sources->applier->path);
	if (applier->secret_error != 0)
		trouble_add(troubles, TROUBLE_WARNING,
			    "the secret of the group cannot be read, and the "
			    "other boxes may give sessions to other backends: "
			    "%s: %s; then: mxsteer config apply",
			    sources->state->config->group.secret,
			    mx_secret_error(applier->secret_error));
	if (applier->warnings > 0)
		trouble_add(troubles, TROUBLE_NOTE, "%s%s", applier->warning,
			    applier->warnings > 1
				    ? "; more: mxsteer config diff"
				    : "");
	if (history_trial(applier->history) != NULL)
		trouble_add(troubles,
			    applier->trial->overdue ? TROUBLE_CRITICAL
						    : TROUBLE_WARNING,
			    "%s", trial_text(applier->trial, trial));
	else if (applier->passed_over != 0)
		trouble_add(troubles, TROUBLE_NOTE,
			    "%s has the text of revision %u, which was taken "
			    "back: revision %u is in force (config history)",
			    sources->start_path, applier->passed_over,
			    applier->history->in_force);
	else if (strcmp(sources->start_path, sources->applier->path) != 0)
		trouble_add(troubles, TROUBLE_NOTE,
			    "%s is applied; a restart will read %s",
			    sources->applier->path, sources->start_path);
}

static void
look_at_host(struct troubles *troubles, const struct sources *sources)
{
	const struct hazards *hazards = host_hazards(sources->host);
	char line[HAZARD_LINE_MAX];

	for (uint32_t i = 0; i < hazards->count; i++)
		trouble_add(troubles,
			    hazards->list[i].stops_mail ? TROUBLE_CRITICAL
							: TROUBLE_NOTE,
			    "%s", hazard_line(&hazards->list[i], line));
}

static bool
is_at_port(const struct mx_config *config, const struct router *router)
{
	for (uint16_t i = 0; i < config->dataplane.port_count; i++)
		if (strcmp(config->dataplane.port[i].interface,
			   router->interface) == 0)
			return true;
	return false;
}

/* A router that another can replace, and that is not used now. */
static void
look_at_routers(struct troubles *troubles, const struct sources *sources)
{
	const struct routers *routers =
		nexthops_routers(sources->applier->hops);
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint32_t i = 0; i < routers_count(routers); i++) {
		const struct router *router = routers_at(routers, i);

		if (router->peers != 0 && router_is_left(router) &&
		    is_at_port(sources->state->config, router))
			trouble_add(troubles, TROUBLE_WARNING,
				    "next hop %s at %s is %s: see show "
				    "next-hops",
				    mx_addr_format(&router->addr, text),
				    router->interface,
				    reach_name(router->reach.state));
	}
}

/* The boxes that carry the sessions of this one on. */
static void
look_at_group(struct troubles *troubles, const struct sources *sources)
{
	const struct mx_config_group *group = &sources->state->config->group;
	const struct peerwatch *watch = sources->peers;
	char text[PEERWATCH_TROUBLE_MAX];

	if (group->box == 0)
		return;
	if (peerwatch_is_down(&watch->runs))
		trouble_add(troubles, TROUBLE_WARNING,
			    "group: mxsteer-replica does not run, so no other "
			    "box can carry the sessions of this one: systemctl "
			    "enable --now mxsteer-replica");
	if (!peerwatch_runs(watch))
		return;
	if (watch->replicated.error != 0)
		trouble_add(troubles, TROUBLE_WARNING,
			    "group: mxsteer-replica cannot work: %s: see its "
			    "messages",
			    groupwatch_error_text(watch->replicated.error));
	for (uint16_t i = 0; i < group->box_count; i++)
		if (group->boxes[i].box != group->box &&
		    peerwatch_trouble(watch, &group->boxes[i], text)[0] != '\0')
			trouble_add(troubles, TROUBLE_WARNING,
				    "group: box %u: %s: see show group",
				    group->boxes[i].box, text);
}

/* The log of sessions, if there is to be one. */
static void
look_at_log(struct troubles *troubles, const struct sources *sources)
{
	const struct mx_config *config = sources->state->config;
	struct logged logged;

	if (config == NULL || config->log.sessions == LOGSHEET_OFF)
		return;
	if (!logbook_logged(sources->instance, &logged) ||
	    !logbook_runs(&logged))
		trouble_add(
			troubles, TROUBLE_WARNING,
			"log: mxsteer-log does not run, so sessions have no "
			"lines: systemctl enable --now mxsteer-log");
	else if (logged.stuck != LOGGED_LOSS_SLOW)
		trouble_add(troubles, TROUBLE_WARNING,
			    "log: lines cannot be written (%s: %s), and are "
			    "lost if this lasts: see show log",
			    logged_loss_name(logged.stuck),
			    logged_error_text(logged.error));
	else if (logged.unread > 0)
		trouble_add(troubles, TROUBLE_WARNING,
			    "log: mxsteer-log does not read %" PRIu32
			    " of the rings, and their lines are lost: see show "
			    "log, and its messages",
			    logged.unread);
}

/* What the site's routers are told of this box. */
/* Whether another box has the role is not known, if none is heard. */
static void
look_at_role(struct troubles *troubles, const struct sources *sources)
{
	const struct state *state = sources->state;
	const struct mx_config_group *group = &state->config->group;
	const struct peerwatch *watch = sources->peers;

	if (state->config->announce.neighbours != MX_NEIGHBOURS_ROLE ||
	    state->box.role)
		return;
	for (uint16_t i = 0; i < group->box_count; i++)
		if (group->boxes[i].box != group->box &&
		    !peerwatch_is_down(&watch->box[group->boxes[i].box].from))
			return;
	trouble_add(troubles, TROUBLE_WARNING,
		    "this box does not answer ARP and ND for its VIPs, and "
		    "hears of no other box that does: `announce on`, see show "
		    "announce");
}

static void
look_at_announce(struct troubles *troubles, const struct sources *sources)
{
	const struct state *state = sources->state;
	const struct mx_region *region = publisher_region(sources->publisher);
	const struct moment now = moment_now();
	char note[NOTE_TEXT_MAX];

	if (state->box.drain)
		trouble_add(troubles, TROUBLE_NOTE,
			    "this box is drained (%s): `ready box` ends it",
			    note_text(&state->box.note, &now, note));
	if (region == NULL || state->announcements.count == 0)
		return;
	const uint32_t failed = atomic_load_explicit(
		&region->ack.announce_failed, memory_order_relaxed);
	if (failed > 0)
		trouble_add(troubles, TROUBLE_WARNING,
			    "%u %s cannot be announced: no route, %s: see show "
			    "announce",
			    failed, plural(failed, "address", "addresses"),
			    strerror(atomic_load_explicit(
				    &region->ack.announce_errno,
				    memory_order_relaxed)));
	if (atomic_load_explicit(&region->ack.announce_hold,
				 memory_order_relaxed) == MX_ANNOUNCE_STALLS)
		trouble_add(troubles, TROUBLE_CRITICAL,
			    "nothing is announced: a worker finishes no "
			    "round");
}

/* The HTTP server tries again by itself. */
static void
look_at_pages(struct troubles *troubles, const struct sources *sources)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	if (sources->web_error == NULL || *sources->web_error == 0)
		return;
	trouble_add(
		troubles, TROUBLE_WARNING,
		"http: no metrics and no status page at %s: %s",
		mx_endpoint_format(&sources->state->config->http.listen, text),
		*sources->web_error == EADDRINUSE
			? "another process has this port, see ss -ltnp"
			: strerror(*sources->web_error));
}

void
troubles_find(struct troubles *troubles, const struct sources *sources)
{
	troubles_of_dataplane(troubles, sources);
	troubles_of_ports(troubles, sources);
	look_at_host(troubles, sources);
	look_at_pools(troubles, sources);
	troubles_of_refusals(troubles, sources);
	troubles_of_floods(troubles, sources);
	look_at_backends(troubles, sources);
	troubles_of_certificates(troubles, sources);
	troubles_of_likeness(troubles, sources);
	troubles_of_agents(troubles, sources);
	troubles_of_unserved(troubles, sources);
	look_at_routers(troubles, sources);
	look_at_group(troubles, sources);
	troubles_of_lists(troubles, sources);
	troubles_of_discovery(troubles, sources);
	troubles_of_rules(troubles, sources);
	look_at_log(troubles, sources);
	look_at_pages(troubles, sources);
	look_at_announce(troubles, sources);
	look_at_role(troubles, sources);
	troubles_of_tables(troubles, sources);
	look_at_file(troubles, sources);
	look_at_config(troubles, sources);
	look_at_retired(troubles, sources);
}
