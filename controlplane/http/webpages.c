/* SPDX-License-Identifier: BSD-3-Clause */
#include "webpages.h"

#include <event2/http.h>
#include <jansson.h>
#include <string.h>

#include "exposition.h"
#include "metrics.h"
#include "reports.h"
#include "snapshot.h"
#include "statuspage.h"

static const char *
text_of(const json_t *data, const char *key)
{
	const char *text = json_string_value(json_object_get(data, key));

	return text != NULL ? text : "";
}

/* The first line of `mxsteer status`.  A warning is no reason to take this host
 * out of service. */
static int
write_health(FILE *out, const struct sources *sources)
{
	struct report_result result = {.text = ""};
	json_t *data = report_status.rows(sources, NULL, &result);
	const size_t warnings =
		json_array_size(json_object_get(data, "warnings"));

	fprintf(out, "%s mxsteer %s: %zu critical, %zu warning%s\n",
		text_of(data, "status"), sources->instance,
		json_array_size(json_object_get(data, "critical")), warnings,
		warnings == 1 ? "" : "s");
	json_decref(data);
	return result.end == REPORT_CRITICAL ? HTTP_SERVUNAVAIL : HTTP_OK;
}

static int
write_metrics(FILE *out, const struct sources *sources)
{
	return metrics_write(out, sources) == 0 ? HTTP_OK : HTTP_SERVUNAVAIL;
}

static int
write_snapshot(FILE *out, const struct sources *sources)
{
	json_t *data = snapshot_new(sources);
	const int error = json_dumpf(data, out, SNAPSHOT_FLAGS);

	json_decref(data);
	return error == 0 ? HTTP_OK : HTTP_SERVUNAVAIL;
}

/* clang-format off */
const struct web_page web_pages[WEB_PAGES] = {
	{"/", "text/html; charset=utf-8", "the status page", statuspage_write,
	 statuspage_policy},
	{"/healthz", "text/plain; charset=utf-8",
	 "200 for OK and WARNING of mxsteer status, 503 for CRITICAL",
	 write_health},
	{"/metrics", EXPOSITION_TYPE, "for Prometheus", write_metrics},
	{"/api/snapshot", "application/json",
	 "services, pools, MTAs, rates of five minutes and what changed",
	 write_snapshot},
	{"/events", FEED_TYPE, "the same as a feed of server-sent events", NULL},
};
/* clang-format on */

const struct web_page *
web_page_find(const char *path)
{
	for (size_t i = 0; i < WEB_PAGES; i++)
		if (strcmp(web_pages[i].path, path) == 0)
			return &web_pages[i];
	return NULL;
}
