/* SPDX-License-Identifier: BSD-3-Clause */
#include "metricview.h"

#include <stdlib.h>

#include "logbook.h"
#include "state.h"

static void
read_counters(struct metric_view *view)
{
	view->workers = traffic_workers(view->region);
	for (uint16_t w = 0; w < view->workers; w++)
		view->frames[w] = traffic_frames(view->region, w);
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (view->state->service[id].config != NULL)
			view->service[id] = traffic_service(view->region, id);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (view->state->backend[id].config != NULL)
			view->backend[id] = traffic_backend(view->region, id);
}

static int
read_status(const struct sources *sources)
{
	static const int values[REPORT_ENDS] = {
		[REPORT_WARNING] = 1, [REPORT_CRITICAL] = 2};
	struct report_result result = {.text = ""};

	json_decref(report_status.rows(sources, NULL, &result));
	return values[result.end];
}

struct metric_view *
metricview_new(const struct sources *sources)
{
	struct metric_view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		return NULL;
	view->sources = sources;
	view->state = sources->state;
	view->region = publisher_region(sources->publisher);
	view->outcome = publisher_outcome(sources->publisher);
	view->status = read_status(sources);
	/* Only what is sure: a counter must not fall when mxsteer-log runs again. */
	view->has_log = logbook_logged(sources->instance, &view->logged);
	if (view->region != NULL)
		read_counters(view);
	return view;
}

void
metricview_free(struct metric_view *view)
{
	free(view);
}
