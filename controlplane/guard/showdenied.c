/* SPDX-License-Identifier: BSD-3-Clause */
/* `show denied`: the deny lists and allow lists, trouble first, and what each service has
 * refused by them. */
#include "showdenied.h"

#include "apply.h"
#include "clock.h"
#include "denialread.h"
#include "plural.h"
#include "prefix.h"
#include "publish.h"
#include "rules.h"
#include "state.h"
#include "table.h"
#include "traffic.h"

static json_t *
names_of(const struct sources *sources, const struct denial *denial)
{
	const struct mx_config *config = sources->state->config;
	json_t *names = json_array();

	for (uint16_t i = 0; i < config->service_count; i++)
		if (denials_of(sources->applier->denials, &config->service[i],
			       denial->kind) == denial)
			json_array_append_new(
				names, json_string(config->service[i].name));
	return names;
}

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

/* Seconds since a time of CLOCK_REALTIME. */
static json_t *
age_of(int64_t time_s)
{
	return time_s > 0 ? json_integer(clock_wall_s() - time_s) : json_null();
}

static json_t *
list_row(const struct sources *sources, const struct denial *denial)
{
	const bool known = denial->serial != 0 && !denial->recalled;
	char stale[DENIAL_TEXT_MAX];

	return json_pack(
		"{s:s s:s s:o s:o s:o s:o s:o s:b s:b s:o s:o s:o s:o}", "list",
		list_kind_name(denial->kind), "file", denial->config.file,
		"allow_file", text_or_null(denial->config.allow_file),
		"services", names_of(sources, denial), "prefixes",
		known ? json_integer(denial->prefixes) : json_null(),
		"file_age_s", age_of(denial->mark[0].changed_s), "read_ago_s",
		age_of(denial->read_s), "in_force", denial->serial != 0,
		"being_read", denial_is_due(denial), "fault",
		text_or_null(denial->fault), "warning",
		text_or_null(denial->warning), "fresh_for_s",
		denial->fresh_s > 0 ? json_integer(denial->fresh_s)
				    : json_null(),
		"stale", text_or_null(denial_stale(denial, stale)));
}

static json_t *
service_row(const struct sources *sources, uint16_t id)
{
	const struct service *service = &sources->state->service[id];
	const struct mx_region *region = publisher_region(sources->publisher);
	const struct denial *denial = denials_of(sources->applier->denials,
						 service->config, LIST_DENIES);
	const uint64_t refused = traffic_refused(region, id, MX_DROP_DENIED) +
				 traffic_told_any(region, id, MX_DROP_DENIED);

	return json_pack("{s:s s:o s:s s:I}", "service", service->name, "file",
			 denial != NULL ? json_string(denial->config.file)
					: json_null(),
			 "answer", mx_answer_name(service->config->deny.answer),
			 "refused", (json_int_t)refused);
}

/* How the services refuse denied clients, in a word. */
static const char *
level_of(const struct state *state, const struct deny_rule *rule)
{
	const struct mx_config *config = state->config;

	if (!rule->denied)
		return "allowed";
	for (uint16_t i = 1; i < config->service_count; i++)
		if (config->service[i].deny.answer !=
		    config->service[0].deny.answer)
			return "by service";
	return mx_answer_name(config->service[0].deny.answer);
}

/* A rule that allows refuses nothing. */
static json_t *
refused_by(const struct deny_rule *rule)
{
	return rule->denied ? json_integer((json_int_t)slot_count_value(
				      &rule->refused))
			    : json_null();
}

static json_t *
rule_row(const struct state *state, const struct deny_rule *rule)
{
	const struct moment now = moment_now();
	const struct wish_note *note = &rule->note;
	const int64_t left_s = deadline_left_s(&note->until, &now);
	char prefix[MX_PREFIX_TEXT_MAX];
	json_t *row = json_pack(
		"{s:s s:o s:s s:s s:o s:o s:o}", "level", level_of(state, rule),
		"refused", refused_by(rule), "prefix",
		mx_prefix_format(&rule->at, prefix), "is",
		rule->denied ? "denied" : "allowed", "by",
		text_or_null(note->who), "program", text_or_null(rule->program),
		"reason", text_or_null(note->reason));

	report_set(row, "since_s",
		   note->since_s > 0 ? json_integer(note->since_s) : NULL);
	report_set(row, "until_s",
		   deadline_is_set(&note->until)
			   ? json_integer(now.wall_s + left_s)
			   : NULL);
	report_set(row, "for_s",
		   deadline_is_set(&note->until) ? json_integer(left_s) : NULL);
	return row;
}

/* Rules of people come first: programs may give many. */
static json_t *
rule_rows(const struct state *state)
{
	json_t *rules = json_array();

	for (int programs = 0; programs < 2; programs++)
		for (uint16_t i = 0; i < state->deny_rules; i++)
			if ((state->deny_rule[i].program[0] != '\0') ==
			    (programs == 1))
				json_array_append_new(
					rules,
					rule_row(state, &state->deny_rule[i]));
	return rules;
}

static json_t *
denied_rows(const struct sources *sources, const struct arguments *arguments,
	    struct report_result *result)
{
	const struct denials *denials = sources->applier->denials;
	json_t *lists = json_array();
	json_t *services = json_array();

	(void)arguments, (void)result;
	for (uint16_t i = 0; i < denials->count; i++)
		if (denials->list[i].fault[0] != '\0')
			json_array_append_new(
				lists, list_row(sources, &denials->list[i]));
	for (uint16_t i = 0; i < denials->count; i++)
		if (denials->list[i].fault[0] == '\0')
			json_array_append_new(
				lists, list_row(sources, &denials->list[i]));
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (sources->state->service[id].config != NULL)
			json_array_append_new(services,
					      service_row(sources, id));
	return json_pack("{s:o s:o s:o s:i s:i s:i}", "lists", lists,
			 "services", services, "rules",
			 rule_rows(sources->state), "rules_max",
			 MX_DENY_RULES_MAX, "program_rules",
			 rules_of_programs(sources->state), "program_rules_max",
			 RULES_OF_PROGRAMS_MAX);
}

static void
print_faults(FILE *out, const json_t *lists, const char *key)
{
	const json_t *row;
	size_t i;

	json_array_foreach(lists, i, row) {
		const char *text = json_string_value(json_object_get(row, key));
		if (text != NULL)
			fprintf(out, "%s\n", text);
	}
}

static void
print_reads(FILE *out, const json_t *lists)
{
	const json_t *row;
	size_t i;

	json_array_foreach(lists, i, row)
		if (json_is_true(json_object_get(row, "being_read")))
			fprintf(out, "%s is being read; %s\n",
				json_string_value(json_object_get(row, "file")),
				json_is_true(json_object_get(row, "in_force"))
					? "the list before is in force "
					  "meanwhile"
					: "no list is in force meanwhile");
}

static const struct table_column lists_columns[] = {
	{"list", "LIST"},
	{"file", "FILE"},
	{"services", "SERVICES", 1},
	{"prefixes", "PREFIXES"},
	{"file_age_s", "FILE'S AGE S", 3},
	{"read_ago_s", "READ S AGO", 2},
};
static const struct table lists_table = TABLE("lists", lists_columns);

static const struct table_column services_columns[] = {
	{"service", "SERVICE"},
	{"answer", "ANSWER", 1},
	{"refused", "REFUSED"},
	{"file", "FILE"},
};
static const struct table services_table = TABLE("services", services_columns);

static const struct table_column rules_columns[] = {
	{"level", "ANSWER"},         {"prefix", "PREFIX"},
	{"refused", "REFUSED"},      {"giver", "BY", .rank = 2},
	{"reason", "WHY"},           {"left", "LEFT"},
	{"age", "SINCE", .rank = 1},
};
static const struct table rules_table = TABLE("rules", rules_columns);

/* Add what people read: who gave the rule, and times. */
static void
complete(json_t *data)
{
	char text[TABLE_AGE_MAX];
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "rules"), i, row) {
		const char *program =
			json_string_value(json_object_get(row, "program"));
		const char *who = json_string_value(json_object_get(row, "by"));
		const json_t *since = json_object_get(row, "since_s");
		const json_t *left = json_object_get(row, "for_s");

		report_set(
			row, "giver",
			json_sprintf("%s%s%s", program != NULL ? program : "",
				     program != NULL && who != NULL ? ", " : "",
				     who != NULL ? who : ""));
		if (json_is_integer(since))
			report_set(row, "age",
				   json_string(table_age(
					   clock_wall_s() -
						   json_integer_value(since),
					   text)));
		if (json_is_integer(left))
			report_set(row, "left",
				   json_string(table_age(
					   json_integer_value(left), text)));
	}
}

static int
number_of(const json_t *data, const char *key)
{
	return (int)json_integer_value(json_object_get(data, key));
}

static void
print_counts(FILE *out, const json_t *data)
{
	const int programs = number_of(data, "program_rules");
	const size_t rules = json_array_size(json_object_get(data, "rules"));

	fprintf(out, "%zu %s by command, of at most %d", rules,
		plural(rules, "rule", "rules"), number_of(data, "rules_max"));
	if (programs > 0)
		fprintf(out, "; %d of programs, of at most %d", programs,
			number_of(data, "program_rules_max"));
	fputc('\n', out);
}

static void
print_denied(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *all = json_object_get(data, "lists");
	const json_t *rules = json_object_get(data, "rules");

	print_faults(out, all, "fault");
	print_faults(out, all, "warning");
	print_faults(out, all, "stale");
	print_reads(out, all);
	if (json_array_size(rules) > 0) {
		print_counts(out, data);
		table_print(out, rules, &rules_table, style);
		fputc('\n', out);
	}
	if (json_array_size(all) > 0)
		table_print(out, all, &lists_table, style);
	else
		fputs("No service has a deny list or an allow list.\n", out);
	fputc('\n', out);
	table_print(out, json_object_get(data, "services"), &services_table,
		    style);
}

const struct report report_denied = {
	denied_rows,
	print_denied,
	{&rules_table, &lists_table, &services_table},
	.complete = complete};
