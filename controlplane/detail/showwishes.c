/* SPDX-License-Identifier: BSD-3-Clause */
#include "showwishes.h"

#include <string.h>

#include "clock.h"
#include "override.h"
#include "plural.h"
#include "prefix.h"
#include "rules.h"
#include "state.h"
#include "table.h"

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : NULL;
}

static json_t *
time_or_null(int64_t seconds)
{
	return seconds > 0 ? json_integer(seconds) : NULL;
}

/* A wish, and its note. */
static json_t *
make_row(const char *wish, const char *what, const struct wish_note *note)
{
	const struct moment now = moment_now();
	const int64_t left_s = deadline_left_s(&note->until, &now);
	json_t *row = json_object();

	report_set(row, "wish", json_string(wish));
	report_set(row, "what", json_string(what));
	report_set(row, "by", text_or_null(note->who));
	report_set(row, "since_s", time_or_null(note->since_s));
	report_set(row, "reason", text_or_null(note->reason));
	report_set(row, "until_s",
		   deadline_is_set(&note->until)
			   ? json_integer(now.wall_s + left_s)
			   : NULL);
	report_set(row, "left_s",
		   deadline_is_set(&note->until) ? json_integer(left_s) : NULL);
	return row;
}

/* What an operator wishes of a backend. */
static json_t *
wish_row(const struct override *override, enum wish_kind kind)
{
	char text[OVERRIDE_TEXT_MAX];

	return make_row(wish_name(kind), override_text(override, kind, text),
			&override->note[kind]);
}

void
wishes_set(json_t *row, const struct backend *b)
{
	json_t *list = json_array();

	for (int kind = 0; kind < WISH_KINDS; kind++)
		if (override_wishes(&b->override, (enum wish_kind)kind))
			json_array_append_new(
				list,
				wish_row(&b->override, (enum wish_kind)kind));
	report_set(row, "wishes", list);
}

/* What the agent of a backend asks for, or NULL if it asks for nothing. */
static json_t *
agent_row(const struct backend *b)
{
	const struct agent_wish *wish = &b->agent;
	const char *what = wish->admin != ADMIN_READY ? admin_name(wish->admin)
			   : wish->down               ? "down"
						      : NULL;
	char text[OVERRIDE_TEXT_MAX];

	if (!b->has_agent ||
	    (what == NULL && wish->percent == 100 && wish->sessions_max == 0))
		return NULL;
	if (what == NULL && wish->percent != 100) {
		snprintf(text, sizeof(text), "%u %% of its weight",
			 wish->percent);
		what = text;
	} else if (what == NULL) {
		snprintf(text, sizeof(text), "at most %u %s",
			 wish->sessions_max,
			 plural(wish->sessions_max, "session", "sessions"));
		what = text;
	}
	return json_pack("{s:s s:s s:s s:o}", "wish", "own", "what", what, "by",
			 "its agent", "reason",
			 wish->text[0] != '\0' ? json_string(wish->text)
					       : json_null());
}

static void
add_backend(json_t *list, const struct backend *b)
{
	char label[STATE_LABEL_MAX];
	json_t *row, *holder = json_object();
	size_t i;

	wishes_set(holder, b);
	json_t *wishes = json_object_get(holder, "wishes");
	json_array_append_new(wishes, agent_row(b));
	json_array_foreach(wishes, i, row) {
		report_set(row, "of", json_string(state_label(b, label)));
		report_set(row, "retired", json_boolean(b->retired));
		json_array_append(list, row);
	}
	json_decref(holder);
}

static void
add_of_box(json_t *list, json_t *row)
{
	report_set(row, "of", json_string("box"));
	json_array_append_new(list, row);
}

static void
add_box(json_t *list, const struct box_wish *box)
{
	if (box->drain)
		add_of_box(list, make_row("admin", "drain", &box->note));
	if (box->role)
		add_of_box(list, make_row("announce", "on", &box->role_note));
}

static void
add_rule(json_t *list, const struct deny_rule *rule)
{
	char prefix[MX_PREFIX_TEXT_MAX], giver[RULE_GIVER_MAX];
	json_t *row = make_row("client", rule->denied ? "denied" : "allowed",
			       &rule->note);

	report_set(row, "of", json_string(mx_prefix_format(&rule->at, prefix)));
	if (rule->program[0] != '\0')
		report_set(row, "by", json_string(rule_giver(rule, giver)));
	json_array_append_new(list, row);
}

/* Backends of the file come first, in its order; then those that left it. */
static json_t *
wishes_rows(const struct sources *sources, const struct arguments *arguments,
	    struct report_result *result)
{
	const struct state *state = sources->state;
	json_t *list = json_array();

	(void)arguments, (void)result;
	add_box(list, &state->box);
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++)
			add_backend(list,
				    &state->backend[state->pool[p].member[i]]);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].retired &&
		    override_is_set(&state->backend[id].override))
			add_backend(list, &state->backend[id]);
	for (uint16_t i = 0; !sources->no_clients && i < state->deny_rules; i++)
		add_rule(list, &state->deny_rule[i]);
	return json_pack("{s:o}", "wishes", list);
}

/* Add texts of times for people. */
static void
set_times(json_t *row)
{
	const json_t *since = json_object_get(row, "since_s");
	const json_t *left = json_object_get(row, "left_s");
	char text[TABLE_AGE_MAX];

	if (json_is_integer(since))
		report_set(row, "since",
			   json_string(table_age(
				   clock_wall_s() - json_integer_value(since),
				   text)));
	if (json_is_integer(left))
		report_set(
			row, "left",
			json_string(table_age(json_integer_value(left), text)));
	if (json_is_true(json_object_get(row, "retired")))
		report_set(row, "what",
			   json_sprintf("%s, left the file",
					json_string_value(
						json_object_get(row, "what"))));
}

static const struct table_column of_backend[] = {
	{"what", "WISH"}, {"since", "SINCE"},   {"left", "LEFT"},
	{"by", "BY"},     {"reason", "REASON"},
};
static const struct table wishes_of_backend = TABLE("wishes", of_backend);

void
wishes_print(FILE *out, json_t *wishes, const struct table_style *style)
{
	json_t *row;
	size_t i;

	if (json_array_size(wishes) == 0)
		return;
	json_array_foreach(wishes, i, row)
		set_times(row);
	fputc('\n', out);
	table_print(out, wishes, &wishes_of_backend, style);
}

static const struct table_column columns[] = {
	{"of", "OF"},
	{"what", "WISH"},
	{"since", "SINCE", .rank = 1},
	{"left", "LEFT"},
	{"by", "BY", .rank = 2},
	{"reason", "REASON"},
};
static const struct table wishes_table = TABLE("wishes", columns);

static void
complete(json_t *data)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "wishes"), i, row)
		set_times(row);
}

static void
print_wishes(FILE *out, json_t *data, const struct table_style *style)
{
	json_t *list = json_object_get(data, "wishes");

	if (json_array_size(list) == 0)
		fputs("nobody wishes anything: all is as the file says\n", out);
	else
		table_print(out, list, &wishes_table, style);
}

const struct report report_wishes = {
	wishes_rows, print_wishes, {&wishes_table}, .complete = complete};
