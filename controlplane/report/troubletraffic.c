/* SPDX-License-Identifier: BSD-3-Clause */
#include "troubletraffic.h"

#include <inttypes.h>

#include "alarm.h"
#include "apply.h"
#include "clock.h"
#include "denialread.h"
#include "endpoint.h"
#include "observer.h"
#include "prefix.h"
#include "publish.h"
#include "refusal.h"
#include "reports.h"
#include "rules.h"
#include "state.h"
#include "traffic.h"
#include "unserved.h"

/* So long a refusal is shown as present: clients try again within seconds. */
#define REFUSED_NOW_S 10

static void
look_at_workers(struct troubles *troubles, const struct attachment *at)
{
	for (uint16_t w = 0; w < traffic_workers(at->region); w++)
		if (at->hung[w])
			trouble_add(troubles, TROUBLE_CRITICAL,
				    "worker %u has not come round for %u s: "
				    "its sessions stand still",
				    w, at->worker[w].still_ms / 1000);
}

/* A row of failures that an MTA had begun was forgotten with them: it was put out
 * later, by its checks or by the next row. */
static void
look_at_events(struct troubles *troubles, const struct sources *sources,
	       const struct mx_region *region)
{
	for (uint16_t w = 0; w < traffic_workers(region); w++)
		if (sources->observer->lost[w] > 0)
			trouble_add(troubles, TROUBLE_NOTE,
				    "worker %u: %" PRIu64
				    " records of sessions were lost before "
				    "they were read",
				    w, sources->observer->lost[w]);
}

void
troubles_of_dataplane(struct troubles *troubles, const struct sources *sources)
{
	const struct publish_outcome outcome =
		publisher_outcome(sources->publisher);
	const struct attachment *at = publisher_attachment(sources->publisher);
	char text[OUTCOME_TEXT_MAX];

	if (outcome_absence(&outcome, text) != NULL)
		trouble_add(troubles, TROUBLE_CRITICAL, "%s", text);
	else if (!outcome_in_force(&outcome) &&
		 !publisher_awaits(sources->publisher))
		trouble_add(troubles, TROUBLE_CRITICAL,
			    "what the control plane wants is not in force: %s",
			    outcome_obstacle(&outcome, text));
	if (at->region != NULL) {
		look_at_workers(troubles, at);
		look_at_events(troubles, sources, at->region);
	}
}

static void
look_at_service(struct troubles *troubles, const struct sources *sources,
		uint16_t id, int64_t now_s)
{
	for (int i = 0; i < REFUSAL_REASONS; i++) {
		const struct refusal *row = &sources->refusals->row[id][i];
		const int64_t ago_s = now_s - row->last_s;
		if (!row->active)
			continue;
		trouble_add(
			troubles,
			ago_s <= REFUSED_NOW_S &&
					!refusal_is_wanted(refusal_reasons[i])
				? TROUBLE_CRITICAL
				: TROUBLE_WARNING,
			"service %s refuses new sessions, %s: %" PRIu64
			" SYNs, the last one %" PRId64 " s ago%s",
			sources->state->service[id].name,
			mx_drop_name(refusal_reasons[i]), row->count, ago_s,
			refusal_is_wanted(refusal_reasons[i])
				? "; see show clients"
				: "");
	}
}

void
troubles_of_refusals(struct troubles *troubles, const struct sources *sources)
{
	const int64_t now_s = clock_s();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (sources->state->service[id].used)
			look_at_service(troubles, sources, id, now_s);
}

/* Its check decides whether the backend serves: clients can be the cause. */
void
troubles_of_unserved(struct troubles *troubles, const struct sources *sources)
{
	const struct state *state = sources->state;
	const int64_t now_s = clock_s();
	char label[STATE_LABEL_MAX];

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		for (int i = 0; i < MX_UNSERVED_KINDS; i++) {
			const struct refusal *row =
				&sources->unserved->row[id][i];

			if (!row->active || state->backend[id].config == NULL)
				continue;
			trouble_add(troubles, TROUBLE_NOTE,
				    "backend %s has left %" PRIu64
				    " sessions unserved, %s, the last one "
				    "%" PRId64 " s ago",
				    state_label(&state->backend[id], label),
				    row->count,
				    unserved_name((enum mx_unserved)i),
				    now_s - row->last_s);
		}
}

void
troubles_of_floods(struct troubles *troubles, const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	for (uint16_t id = 0; region != NULL && id < MX_SERVICES_MAX; id++) {
		const uint16_t workers =
			traffic_cookies_on(region, id, (uint32_t)clock_s());

		if (workers > 0 && sources->state->service[id].used)
			trouble_add(troubles, TROUBLE_WARNING,
				    "service %s has more SYNs than it keeps in "
				    "mind: %u of %u workers answer them by "
				    "cookies",
				    sources->state->service[id].name, workers,
				    traffic_workers(region));
	}
}

/* Members of a bond without a link: mail flows, and the next fault may end it.
 */
static void
look_at_members(struct troubles *troubles, const char *port,
		const struct mx_region_link *link)
{
	/* Acquire: the names are there. */
	const uint32_t count =
		atomic_load_explicit(&link->members, memory_order_acquire);

	for (uint32_t i = 0; i < count && i < MX_BOND_MEMBERS_MAX; i++)
		if (atomic_load_explicit(&link->member[i].state,
					 memory_order_relaxed) ==
		    MX_MEMBER_DOWN)
			trouble_add(troubles, TROUBLE_WARNING,
				    "port %.*s: the link of its member %.*s "
				    "is down",
				    MX_NAME_MAX, port, MX_DEVICE_NAME_MAX,
				    link->member[i].name);
}

/* Mail flows, and slower than it could. */
static void
look_at_rss(struct troubles *troubles, const char *port,
	    const struct mx_region_link *link)
{
	if (atomic_load_explicit(&link->rss4, memory_order_relaxed) ==
		    MX_RSS_DOUBTED ||
	    atomic_load_explicit(&link->rss6, memory_order_relaxed) ==
		    MX_RSS_DOUBTED)
		trouble_add(troubles, TROUBLE_WARNING,
			    "port %.*s: its RSS does not do as it says, and "
			    "workers hand frames over: see show ports",
			    MX_NAME_MAX, port);
}

/* A port without a link neither takes nor sends mail. */
void
troubles_of_ports(struct troubles *troubles, const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	if (region == NULL)
		return;
	for (uint16_t i = 0; i < region->header.ports && i < MX_PORTS_MAX;
	     i++) {
		const struct mx_region_port *port = &region->header.port[i];
		const char *basis = port->device[0] != '\0' ? port->device
							    : port->interface;
		const uint32_t link = atomic_load_explicit(
			&region->link[i].state, memory_order_relaxed);
		if (link == MX_LINK_DOWN)
			trouble_add(troubles, TROUBLE_CRITICAL,
				    "port %.*s: the link of %.*s is down",
				    MX_NAME_MAX, port->name, MX_DEVICE_NAME_MAX,
				    basis);
		else if (link == MX_LINK_GONE)
			trouble_add(troubles, TROUBLE_CRITICAL,
				    "port %.*s: there is no %s %.*s",
				    MX_NAME_MAX, port->name,
				    port->device[0] != '\0' ? "device"
							    : "interface",
				    MX_DEVICE_NAME_MAX, basis);
		else
			look_at_members(troubles, port->name, &region->link[i]);
		look_at_rss(troubles, port->name, &region->link[i]);
	}
}

/* Returns the level of a table that fills up, or is full. */
static enum trouble_level
fill_level(uint32_t percent)
{
	return percent >= 100 ? TROUBLE_CRITICAL : TROUBLE_WARNING;
}

static void
look_at_snats(struct troubles *troubles, const struct mx_region *region)
{
	static const struct mx_addr none;
	char text[MX_ENDPOINT_TEXT_MAX];

	for (int i = 0; i < MX_SNATS_MAX; i++) {
		const struct mx_addr address = region->snat[i].address;
		const uint32_t percent = atomic_load_explicit(
			&region->snat[i].fullest_percent, memory_order_relaxed);
		if (!mx_addr_equal(&address, &none) &&
		    percent > ALARM_HIGH_PERCENT)
			trouble_add(troubles, fill_level(percent),
				    "snat %s: %u %% of its ports in use: add "
				    "snat addresses",
				    mx_addr_format(&address, text), percent);
	}
}

void
troubles_of_tables(struct troubles *troubles, const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	if (region == NULL || traffic_workers(region) == 0)
		return;
	look_at_snats(troubles, region);
	const uint32_t share = traffic_room(region);
	for (uint16_t w = 0; w < traffic_workers(region) && share > 0; w++) {
		const uint64_t used = __atomic_load_n(
			&region->worker[w].slots_used, __ATOMIC_RELAXED);
		const uint32_t percent = (uint32_t)(used * 100 / share);
		if (percent > ALARM_HIGH_PERCENT)
			trouble_add(troubles, fill_level(percent),
				    "worker %u: %u %% of its session table in "
				    "use: raise sessions-max",
				    w, percent);
	}
}

/* A list that cannot be read, denies too much, is old, or is not in force. */
void
troubles_of_lists(struct troubles *troubles, const struct sources *sources)
{
	const struct denials *denials = sources->applier->denials;
	const struct mx_region *region = publisher_region(sources->publisher);
	char text[DENIAL_TEXT_MAX];
	const uint64_t missing =
		region == NULL ? 0
			       : atomic_load_explicit(&region->ack.deny_missing,
						      memory_order_relaxed);

	for (uint16_t i = 0; i < denials->count; i++) {
		const struct denial *denial = &denials->list[i];

		if (!denial->used)
			continue;
		if (denial_is_due(denial))
			trouble_add(troubles,
				    denial->serial != 0 ? TROUBLE_NOTE
							: TROUBLE_WARNING,
				    "%s is being read; %s", denial->config.file,
				    denial_meanwhile(denial));
		if (denial->fault[0] != '\0')
			trouble_add(troubles, TROUBLE_WARNING, "%s%s",
				    denial->fault,
				    denial->serial != 0
					    ? "; the list before stays in force"
					    : "; no list is in force");
		if (denial->warning[0] != '\0')
			trouble_add(troubles, TROUBLE_WARNING, "%s",
				    denial->warning);
		if (denial_stale(denial, text)[0] != '\0')
			trouble_add(troubles, TROUBLE_WARNING, "%s", text);
	}
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if ((missing >> id & 1) && sources->state->service[id].used)
			trouble_add(troubles, TROUBLE_WARNING,
				    "service %s: the data plane could not read "
				    "a list of it: see the data plane's log",
				    sources->state->service[id].name);
}

/* Rules of commands, and those that deny too much. */
void
troubles_of_rules(struct troubles *troubles, const struct sources *sources)
{
	const struct state *state = sources->state;
	char prefix[MX_PREFIX_TEXT_MAX] = "a prefix", text[RULE_TEXT_MAX];

	for (uint16_t i = 0; i < state->deny_rules; i++) {
		const struct deny_rule *rule = &state->deny_rule[i];

		if (!sources->no_clients)
			mx_prefix_format(&rule->at, prefix);
		if (rules_hazard(state, rule, text)[0] != '\0')
			trouble_add(troubles, TROUBLE_WARNING,
				    "%s is denied by command, and %s", prefix,
				    text);
	}
	if (state->deny_rules > 0)
		trouble_add(
			troubles,
			rules_are_many(state, text) ? TROUBLE_WARNING
						    : TROUBLE_NOTE,
			"clients denied or allowed by command: %s; see show denied",
			text);
}
