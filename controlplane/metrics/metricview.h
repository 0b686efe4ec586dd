/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_METRICVIEW_H
#define MX_METRICVIEW_H

/* What the metrics are made of, read once for all of them, so that those of one
 * scrape fit together.
 * Threads    the event loop. */
#include "config.h"
#include "logged.h"
#include "publish.h"
#include "reports.h"
#include "state.h"
#include "traffic.h"

struct metric_view {
	const struct sources *sources;
	const struct state *state;
	const struct mx_region *region; /* NULL: there are no counters */
	struct publish_outcome outcome;
	int status;   /* of `mxsteer status` */
	bool has_log; /* mxsteer-log has run */
	struct logged logged;
	uint16_t workers;
	struct frame_count frames[MX_WORKERS_MAX];
	struct mx_flow_count service[MX_SERVICES_MAX];
	struct mx_flow_count backend[MX_BACKENDS_MAX + 1];
};

/* Is there a group of boxes? */
static inline bool
metricview_has_group(const struct metric_view *view)
{
	return view->state->config->group.box != 0;
}

/* Returns NULL if there is no memory. */
struct metric_view *metricview_new(const struct sources *sources);
void metricview_free(struct metric_view *view);

#endif /* MX_METRICVIEW_H */
