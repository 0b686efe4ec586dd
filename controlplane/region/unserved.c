/* SPDX-License-Identifier: BSD-3-Clause */
#include "unserved.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "eventlog.h"
#include "state.h"
#include "traffic.h"

static const struct {
	const char *name;
	const char *text;
} kinds[MX_UNSERVED_KINDS] = {
	[MX_UNSERVED_REFUSED] = {"refused", "refuses connections of sessions"},
	[MX_UNSERVED_SILENT] = {"silent", "does not answer SYNs of sessions"},
	[MX_UNSERVED_BUSY] = {"busy", "says 4xx, or ends the connection, in "
				      "place of its greeting"},
	[MX_UNSERVED_MUTE] = {"mute", "does not greet sessions within "
				      "banner-patience"},
};

const char *
unserved_name(enum mx_unserved kind)
{
	return kinds[kind].name;
}

static void
log_news(enum refusal_news news, const char *label, enum mx_unserved kind,
	 const struct refusal *row)
{
	char subject[STATE_SUBJECT_MAX];

	snprintf(subject, sizeof(subject), "backend %s", label);
	if (news == REFUSAL_BEGINS)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_TRAFFIC, subject,
			      "%s: its next check is made now",
			      kinds[kind].text);
	else
		eventlog_tell(LOG_LEVEL_INFO, EVENT_TRAFFIC, subject,
			      "has left no session unserved for %d s, %s; "
			      "before that %" PRIu64,
			      REFUSAL_QUIET_S, kinds[kind].name, row->count);
}

bool
unserved_look(struct unserved *unserved, const struct mx_region *region,
	      uint16_t id, const char *label, int64_t now_s)
{
	const struct mx_flow_count count = traffic_backend(region, id);
	bool any = false;

	if (label == NULL) {
		memset(unserved->row[id], 0, sizeof(unserved->row[id]));
		return false;
	}
	for (int i = 0; i < MX_UNSERVED_KINDS; i++) {
		const enum mx_unserved kind = (enum mx_unserved)i;
		struct refusal *row = &unserved->row[id][kind];
		const enum refusal_news news =
			refusal_step(row, count.unserved[kind], now_s);

		any |= row->active && row->last_s == now_s;
		if (news != REFUSAL_NO_NEWS)
			log_news(news, label, kind, row);
	}
	return any;
}
