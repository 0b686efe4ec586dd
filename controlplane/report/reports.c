/* SPDX-License-Identifier: BSD-3-Clause */
#include "reports.h"

#include <stdarg.h>

#include "nearest.h"
#include "publish.h"
#include "targets.h"
#include "traffic.h"

json_t *
report_refuse(struct report_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result->text, sizeof(result->text), format, arguments);
	va_end(arguments);
	result->end = REPORT_REFUSED;
	return NULL;
}

json_t *
report_misused(struct report_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result->text, sizeof(result->text), format, arguments);
	va_end(arguments);
	result->end = REPORT_USAGE;
	return NULL;
}

json_t *
report_refuse_backend(struct report_result *result, const struct state *state,
		      const char *label)
{
	char list[NEAREST_TEXT_MAX];

	if (targets_are_many(label))
		return report_refuse(result,
				     "%.64s means no backend; see show "
				     "backends",
				     label);
	const uint32_t count = nearest_backends(state, label, list);
	return report_refuse(result,
			     "there is no backend %.64s; the nearest of %u: "
			     "%.300s; see show backends",
			     label, count, list);
}

json_t *
report_unread(struct report_result *result, enum session_walk_state state)
{
	if (state == SESSION_WALK_LOST)
		return report_refuse(result,
				     "the data plane was restarted while its "
				     "sessions were read, or memory is short: "
				     "ask again");
	return report_refuse(result, "not all sessions were read");
}

void
report_set(json_t *row, const char *key, json_t *value)
{
	json_object_set_new(row, key, value != NULL ? value : json_null());
}

void
report_set_count(json_t *row, const char *key, uint64_t count)
{
	report_set(row, key, json_integer((json_int_t)count));
}

const struct mx_region *
report_region(const struct sources *sources, struct report_result *result)
{
	const struct publish_outcome outcome =
		publisher_outcome(sources->publisher);
	char text[OUTCOME_TEXT_MAX];

	if (!outcome.attached) {
		report_refuse(result, "%s", outcome_absence(&outcome, text));
		return NULL;
	}
	return publisher_region(sources->publisher);
}

const char *
report_mac(const uint8_t mac[6], char text[static REPORT_MAC_MAX])
{
	snprintf(text, REPORT_MAC_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

json_t *
report_frames(const struct frame_count *count)
{
	return json_pack("{s:I s:I s:I s:I s:I s:I}", "rx",
			 (json_int_t)count->rx, "made", (json_int_t)count->made,
			 "tx", (json_int_t)count->tx, "to_kernel",
			 (json_int_t)count->to_kernel, "handed_off",
			 (json_int_t)count->handed_off, "dropped",
			 (json_int_t)traffic_dropped(count));
}

void
report_traffic(json_t *row, const struct mx_flow_count *count)
{
	report_set_count(row, "sessions", traffic_sessions(count));
	report_set_count(row, "sessions_total", count->opened);
	report_set_count(row, "half_open", traffic_half_open(count));
	report_set_count(row, "doubted", count->doubted);
	report_set_count(row, "packets_in", count->packets_in);
	report_set_count(row, "packets_out", count->packets_out);
	report_set_count(row, "bytes_in", count->bytes_in);
	report_set_count(row, "bytes_out", count->bytes_out);
}

void
report_rate(json_t *row, double rate)
{
	report_set(row, "sessions_per_s", rate < 0 ? NULL : json_real(rate));
}
