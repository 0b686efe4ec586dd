/* SPDX-License-Identifier: BSD-3-Clause */
#include "showagents.h"

#include <string.h>

#include "agents.h"
#include "apply.h"
#include "clock.h"
#include "endpoint.h"
#include "state.h"
#include "table.h"

/* How a wish limits a backend.  sessions_max 0: not at all. */
static json_t *
wish_row(const struct agent_wish *wish)
{
	return json_pack("{s:s s:b s:i s:o s:s}", "admin",
			 admin_name(wish->admin), "down", wish->down, "percent",
			 (int)wish->percent, "sessions_max",
			 wish->sessions_max > 0
				 ? json_integer(wish->sessions_max)
				 : json_null(),
			 "text", wish->text);
}

static const char *
state_of(const struct backend *b, const struct agent *agent)
{
	if (b->override.admin == ADMIN_MAINT)
		return "not asked";
	return b->override.agent_ignored ? "ignored" : agent_state(agent);
}

static json_t *
ago_row(const struct agent *agent)
{
	return agent->heard
		       ? json_integer(
				 (json_int_t)((clock_ms() - agent->heard_ms) /
					      1000))
		       : json_null();
}

/* Why the last asking failed, or what was no word; null: nothing is wrong. */
static json_t *
fault_row(const struct agent *agent)
{
	if (agent->end == ASKER_LINE && agent->fault[0] != '\0')
		return json_sprintf("'%s' is no word of an agent",
				    agent->fault);
	if (agent->end == ASKER_LINE || agent->end == ASKER_NONE)
		return json_null();
	if (agent->end == ASKER_NO_WORD)
		return json_sprintf("%s: '%s'", asker_end_text(agent->end),
				    agent->fault);
	return json_sprintf("%s%s%s", asker_end_text(agent->end),
			    agent->error != 0 ? ": " : "",
			    agent->error != 0 ? strerror(agent->error) : "");
}

static json_t *
agent_row(const struct sources *sources, uint16_t id, const struct agent *agent)
{
	const struct backend *b = &sources->state->backend[id];
	const struct agent_wish nothing = {.percent = 100};
	const struct agent_wish *counts = b->has_agent ? &b->agent : &nothing;
	char address[MX_ENDPOINT_TEXT_MAX], label[STATE_LABEL_MAX];
	char words[AGENT_WORDS_MAX];

	return json_pack("{s:s s:s s:s s:s s:o s:o s:o s:o s:i s:o}", "backend",
			 state_label(b, label), "address",
			 mx_endpoint_format(&agent->address, address), "state",
			 state_of(b, agent), "line", agent->line, "counts",
			 wish_row(counts), "counts_words",
			 json_string(agent_words(counts, words)), "said",
			 wish_row(&agent->said), "answered_ago_s",
			 ago_row(agent), "misses", (int)agent->misses, "fault",
			 fault_row(agent));
}

static json_t *
agents_rows(const struct sources *sources, const struct arguments *arguments,
	    struct report_result *result)
{
	const struct state *state = sources->state;
	json_t *rows = json_array();

	(void)arguments, (void)result;
	for (uint16_t p = 0; p < state->config->pool_count; p++) {
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++) {
			const uint16_t id = state->pool[p].member[i];
			const struct agent *agent =
				agents_get(sources->applier->agents, id);
			if (agent != NULL)
				json_array_append_new(
					rows, agent_row(sources, id, agent));
		}
	}
	return json_pack("{s:o}", "agents", rows);
}

static const struct table_column agents_columns[] = {
	{"backend", "BACKEND"},
	{"address", "ADDRESS", 2},
	{"state", "STATE", .state = true},
	{"answered_ago_s", "S AGO", 1},
	{"counts_words", "COUNTS", 3},
	{"line", "LINE"},
	{"fault", "FAULT", 1},
};
static const struct table agents_table = TABLE("agents", agents_columns);

static void
print_agents(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "agents");

	if (json_array_size(rows) == 0)
		fputs("no pool has agents (key agent)\n", out);
	else
		table_print(out, rows, &agents_table, style);
}

const struct report report_agents = {
	agents_rows, print_agents, {&agents_table}};
