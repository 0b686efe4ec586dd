/* SPDX-License-Identifier: BSD-3-Clause */
#include "recall.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "eventlog.h"
#include "historyfile.h"
#include "leaving.h"
#include "log.h"
#include "override.h"
#include "statefile.h"
#include "ways.h"

/* A next hop that the plan knows and the kernel has lost. */
static void
seed_hop(struct nexthops *hops, const struct mx_config_dataplane *ports,
	 uint16_t id, const struct mx_backend *row)
{
	struct nexthop hop = {.known = true, .mtu = row->mtu};

	if (!row->resolved || row->port >= ports->port_count)
		return;
	strncpy(hop.interface, ports->port[row->port].interface,
		sizeof(hop.interface) - 1);
	memcpy(hop.mac, row->mac, sizeof(hop.mac));
	nexthops_seed(hops, id, &hop);
}

void
recall_plan(struct state *state, struct nexthops *hops,
	    struct session_counts *counts, const struct mx_plan *plan)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct mx_backend *row = &plan->backend[id];
		struct backend *b = &state->backend[id];
		if (!row->used || !b->used ||
		    !mx_endpoint_equal(&row->address, &b->address))
			continue;
		seed_hop(hops, &state->config->dataplane, id, row);
		override_recall_end(b, row->ended_s);
	}
	end_orders_recall(&state->ends, plan, (uint32_t)clock_s());
	ways_seed(nexthops_ways(hops), plan->way, plan->ways);
	if (retired_recover(state, plan, clock_wall_s()))
		session_counts_follow(counts);
}

#define KEPT_AS "; the file is kept as "
#define ASIDE_MAX (PATH_MAX + sizeof(KEPT_AS))

/* Keep a file that cannot be read: the next save replaces it, and a newer mxsteer
 * may want it.  Returns text: where it is kept, or "" if that failed. */
static const char *
keep_aside(const char *path, char text[static ASIDE_MAX])
{
	const char *aside = text + strlen(KEPT_AS);

	snprintf(text, ASIDE_MAX, KEPT_AS "%.*s.unread", PATH_MAX - 8, path);
	if (rename(path, aside) < 0)
		text[0] = '\0';
	return text;
}

void
recall_state(struct state *state, const char *path)
{
	char fault[STATEFILE_FAULT_MAX], aside[ASIDE_MAX];
	const int error = statefile_load(path, state, fault);

	if (error == -ENOENT)
		log_line(LOG_LEVEL_WARN,
			 "no state file %s yet: starting afresh", path);
	else if (error != 0)
		log_line(LOG_LEVEL_ERROR,
			 "state file %s is of no use (%s): starting afresh, "
			 "with every backend ready and down%s",
			 path, fault, keep_aside(path, aside));
}

void
recall_history(struct history *history)
{
	const int error = historyfile_load(history);
	char aside[ASIDE_MAX];

	if (error != 0)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "config",
			      "history in %s is of no use: %s; it begins "
			      "anew%s",
			      history->path,
			      error == -EINVAL ? "it is damaged"
					       : strerror(-error),
			      keep_aside(history->path, aside));
	for (uint16_t i = 0; i < history->count; i++)
		if (history->revision[i].text == NULL)
			eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL, "config",
				      "revision %u cannot come back: %s",
				      history->revision[i].number,
				      history->revision[i].fault);
}
