/* SPDX-License-Identifier: BSD-3-Clause */
/* `show log`: where the lines of sessions go, how many, and what was lost. */
#include "showlog.h"

#include "causes.h"
#include "clock.h"
#include "logbook.h"
#include "state.h"
#include "table.h"

/* Where mxsteer-log, which may be of another version, writes to. */
static json_t *
sink_in_use(const struct logged *logged)
{
	return logged->sessions < LOGSHEET_SINKS
		       ? json_string(logsheet_sink_words[logged->sessions])
		       : json_null();
}

/* Read what mxsteer-log has noted.  While it does not run and lines are wanted, the
 * records that it has not read are added.  wanted: lines are. */
static bool
read_logged(const char *instance, bool wanted, struct logged *logged)
{
	if (!logbook_logged(instance, logged))
		return false;
	if (wanted && !logbook_runs(logged))
		logbook_add_unread(instance, logged);
	return true;
}

static json_t *
log_rows(const struct sources *sources, const struct arguments *arguments,
	 struct report_result *result)
{
	const struct mx_config_log *config = &sources->state->config->log;
	char file[MX_FILE_PATH_MAX];
	struct logged logged;
	json_t *data = json_object();

	(void)arguments;
	(void)result;
	report_set(data, "sessions",
		   json_string(logsheet_sink_words[config->sessions]));
	mx_config_log_file(sources->state->config, file);
	report_set(data, "file",
		   config->sessions == LOGSHEET_FILE ? json_string(file)
						     : json_null());
	if (!read_logged(sources->instance, config->sessions != LOGSHEET_OFF,
			 &logged)) {
		report_set(data, "running", json_false());
		return data;
	}
	const bool stuck = logged.stuck != LOGGED_LOSS_SLOW;
	report_set(data, "running", json_boolean(logbook_runs(&logged)));
	report_set(data, "writes_to", sink_in_use(&logged));
	report_set_count(data, "lines", logged.lines);
	report_set_count(data, "bytes", logged.bytes);
	report_set_count(data, "unwanted", logged.unwanted);
	report_set_count(data, "waiting", logged.waiting);
	causes_set(data, "lost", "lost_by", logged.lost, LOGGED_LOSSES,
		   logged_loss_name);
	causes_set(data, "refused", "refused_by", logged.refused,
		   LOGGED_REFUSALS, logged_refusal_name);
	report_set_count(data, "unread", logged.unread);
	report_set(data, "stuck",
		   stuck ? json_string(logged_loss_name(logged.stuck))
			 : json_null());
	report_set(data, "error",
		   stuck && logged.error != 0
			   ? json_string(logged_error_text(logged.error))
			   : json_null());
	report_set(data, "stuck_s",
		   stuck ? json_integer(clock_wall_s() - logged.stuck_s)
			 : json_null());
	return data;
}

static void
print_log(FILE *out, json_t *data, const struct table_style *style)
{
	static const struct table_column columns[] = {
		{"sessions", "lines of sessions go to"},
		{"file", "file"},
		{"running", "mxsteer-log runs"},
		{"writes_to", "it writes to"},
		{"lines", "lines written"},
		{"bytes", "bytes"},
		{"unwanted", "left out by `lines`, `only` and `services`"},
		{"waiting", "records that wait for their line"},
		{"lost", "lines lost"},
		{"unread", "rings that are not read"},
		{"stuck", "cannot write now"},
		{"error", "because"},
		{"stuck_s", "for so many seconds"},
	};

	table_print_fields(out, data, columns,
			   sizeof(columns) / sizeof(columns[0]), style);
	causes_print(out, "lost", json_object_get(data, "lost_by"));
	causes_print(out, "ring refused", json_object_get(data, "refused_by"));
}

const struct report report_log = {.rows = log_rows, .print = print_log};
