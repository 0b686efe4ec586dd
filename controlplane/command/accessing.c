/* SPDX-License-Identifier: BSD-3-Clause */
#include "accessing.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "commandlevel.h"
#include "eventlog.h"
#include "reply.h"
#include "table.h"
#include "usage.h"

#define ROWS_MAX 16 /* refusals that are shown; the oldest gives way */

/* A user was refused a command. */
struct refused {
	uid_t uid;
	const struct command_row *command;
	char who[CALLER_TEXT_MAX];
	enum level has;
	uint64_t count;
	int64_t last_s; /* CLOCK_REALTIME */
};

struct accessing {
	uint64_t refused;
	uint64_t told;  /* how many of them events have told of */
	int64_t next_s; /* when the next event may be, by the monotonic clock */
	uint16_t rows;
	struct refused row[ROWS_MAX];
};

/* The row of a user and a command: a new one may take the place of the oldest. */
static struct refused *
row_of(struct accessing *accessing, uid_t uid,
       const struct command_row *command)
{
	struct refused *oldest = &accessing->row[0];

	for (uint16_t i = 0; i < accessing->rows; i++) {
		struct refused *row = &accessing->row[i];

		if (row->uid == uid && row->command == command)
			return row;
		if (row->last_s < oldest->last_s)
			oldest = row;
	}
	if (accessing->rows < ROWS_MAX)
		oldest = &accessing->row[accessing->rows++];
	*oldest = (struct refused){.uid = uid, .command = command};
	return oldest;
}

#define TYPED_MAX 64

/* What a person types to give the command.  mxsteer gives the hidden ones, such as
 * `capture start`, for the command of their first word. */
static const char *
typed_words(const struct command_row *row, char text[static TYPED_MAX])
{
	const size_t length = row->kind == COMMAND_HIDDEN
				      ? strcspn(row->words, " ")
				      : strlen(row->words);

	snprintf(text, TYPED_MAX, "%.*s", (int)length, row->words);
	return text;
}

static void
tell(struct accessing *accessing, const struct refused *row)
{
	char typed[TYPED_MAX];
	char why[96] = "";

	if (clock_s() < accessing->next_s)
		return;
	accessing->next_s = clock_s() + ACCESSING_TELL_S;
	if (accessing->refused - accessing->told > 1)
		snprintf(why, sizeof(why), "%llu more since the last event",
			 (unsigned long long)(accessing->refused -
					      accessing->told - 1));
	accessing->told = accessing->refused;
	eventlog_add(&(struct eventlog_news){
		.level = LOG_LEVEL_WARN,
		.source = EVENT_CONTROL,
		.subject = "access",
		.what = "refused",
		.after = typed_words(row->command, typed),
		.why = why,
		.by = row->who});
}

/* What to ask for, to have a level. */
static void
write_way(const struct request *request, enum level level, char *text,
	  size_t size)
{
	const struct mx_config *config = request->desk->state->config;

	if (level == LEVEL_OPERATE && config->access.operate[0] != '\0')
		snprintf(text, size,
			 "ask for membership of the group %s, or use sudo",
			 config->access.operate);
	else
		snprintf(
			text, size,
			"ask for membership of the group mxsteer, or use sudo");
}

bool
accessing_may(const struct request *request, const struct command_row *row)
{
	struct accessing **accessing = &request->desk->accessing;
	const enum level has = ctl_level(request->ctl);
	const enum level needs = command_level(row);
	const struct caller caller = ctl_caller(request->ctl);
	char way[128], who[CALLER_TEXT_MAX], typed[TYPED_MAX];

	if (has >= needs)
		return true;
	write_way(request, needs, way, sizeof(way));
	reply_error(request,
		    "`%s` needs the level %s, and %s has the level %s by the "
		    "socket %s: %s",
		    typed_words(row, typed), level_name(needs),
		    caller_text(&caller, who), level_name(has),
		    ctl_path(request->ctl), way);
	if (*accessing == NULL)
		*accessing = calloc(1, sizeof(**accessing));
	if (*accessing == NULL)
		return false;
	struct refused *refused = row_of(*accessing, caller.uid, row);
	memcpy(refused->who, who, sizeof(refused->who));
	refused->has = has;
	refused->count++;
	refused->last_s = clock_wall_s();
	(*accessing)->refused++;
	tell(*accessing, refused);
	return false;
}

bool
accessing_sees_clients(const struct request *request)
{
	return ctl_level(request->ctl) >= LEVEL_OPERATE;
}

/* What is known of the sockets that are open. */
struct sockets {
	json_t *sockets, *users, *turned;
};

static void
add_users(json_t *list, const struct ctl *ctl, enum level most)
{
	struct usage_user user;
	char who[CALLER_TEXT_MAX];

	for (uint32_t n = 0; usage_user(ctl, n, &user); n++)
		json_array_append_new(
			list, json_pack("{s:s s:s s:I s:I s:I}", "who",
					caller_text(&user.caller, who), "level",
					level_name(most), "clients",
					(json_int_t)user.clients, "waiting",
					(json_int_t)user.waiting, "most",
					(json_int_t)user.most));
}

static void
add_turned(json_t *list, const struct ctl *ctl, enum level most)
{
	char age[TABLE_AGE_MAX];

	for (int why = 0; why < CTL_WHYS; why++) {
		const struct ctl_turned *turned =
			usage_turned(ctl, (enum ctl_why)why);

		if (turned->count == 0)
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s s:s s:s s:I s:I s:s}", "who",
				  turned->who, "level", level_name(most), "why",
				  usage_why_text((enum ctl_why)why), "times",
				  (json_int_t)turned->count, "last_s",
				  (json_int_t)turned->last_s, "ago",
				  table_age(clock_wall_s() - turned->last_s,
					    age)));
	}
}

static void
add_socket(struct sockets *all, const struct ctl *ctl, enum level most,
	   const char *group)
{
	if (ctl == NULL)
		return;
	const struct ctl_numbers numbers = ctl_count(ctl);
	add_users(all->users, ctl, most);
	add_turned(all->turned, ctl, most);
	json_array_append_new(
		all->sockets,
		json_pack("{s:s s:s s:s s:I s:I s:I}", "level",
			  level_name(most), "socket", ctl_socket(ctl), "for",
			  group, "clients", (json_int_t)numbers.clients,
			  "places", (json_int_t)numbers.places, "turned_away",
			  (json_int_t)numbers.turned_away));
}

static json_t *
refused_rows(const struct accessing *accessing)
{
	json_t *list = json_array();
	char age[TABLE_AGE_MAX], typed[TYPED_MAX];

	for (uint16_t i = 0; accessing != NULL && i < accessing->rows; i++) {
		const struct refused *row = &accessing->row[i];

		json_array_append_new(
			list,
			json_pack(
				"{s:s s:s s:s s:s s:I s:I s:s}", "who",
				row->who, "command",
				typed_words(row->command, typed), "has",
				level_name(row->has), "needs",
				level_name(command_level(row->command)),
				"times", (json_int_t)row->count, "last_s",
				(json_int_t)row->last_s, "ago",
				table_age(clock_wall_s() - row->last_s, age)));
	}
	return list;
}

static const struct table_column sockets[] = {
	{"level", "LEVEL"},
	{"for", "FOR"},
	{"clients", "CLIENTS"},
	{"places", "PLACES", .rank = 2},
	{"turned_away", "TURNED AWAY", .rank = 1},
	{"socket", "SOCKET"},
};
static const struct table_column refused[] = {
	{"who", "REFUSED"}, {"command", "COMMAND"}, {"has", "HAS"},
	{"needs", "NEEDS"}, {"times", "TIMES"},     {"ago", "AGO"},
};
static const struct table_column users[] = {
	{"who", "USER"},        {"level", "SOCKET"}, {"clients", "CLIENTS"},
	{"waiting", "WAITING"}, {"most", "MOST"},
};
static const struct table_column turned[] = {
	{"who", "LAST TURNED AWAY"}, {"level", "SOCKET"}, {"why", "WHY"},
	{"times", "TIMES"},          {"ago", "AGO"},
};
static const struct table sockets_table = TABLE("sockets", sockets);
static const struct table users_table = TABLE("users", users);
static const struct table turned_table = TABLE("turned_away", turned);
static const struct table refused_table = TABLE("refused", refused);

static void
print_access(FILE *out, json_t *data, const struct table_style *style)
{
	static const struct table *const more[] = {&users_table, &turned_table,
						   &refused_table};

	table_print(out, json_object_get(data, "sockets"), &sockets_table,
		    style);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		const json_t *rows = json_object_get(data, more[i]->rows);

		if (json_array_size(rows) == 0)
			continue;
		fputc('\n', out);
		table_print(out, rows, more[i], style);
	}
}

void
command_access(const struct request *request, const struct arguments *arguments)
{
	const struct desk *desk = request->desk;
	const struct accessing *accessing = desk->accessing;
	const struct mx_config_access *access = &desk->state->config->access;
	static const struct report report = {
		.print = print_access,
		.tables = {&sockets_table, &users_table, &turned_table,
			   &refused_table}};
	struct report_result result = {.end = REPORT_OK};
	struct sockets all = {json_array(), json_array(), json_array()};

	(void)arguments;
	add_socket(&all, *desk->admin, LEVEL_ADMIN, "root, group mxsteer");
	add_socket(&all, *desk->operate, LEVEL_OPERATE, access->operate);
	add_socket(&all, *desk->read, LEVEL_READ, access->read);
	json_t *data = json_pack(
		"{s:o s:o s:o s:I s:o}", "sockets", all.sockets, "users",
		all.users, "turned_away", all.turned, "refused_total",
		(json_int_t)(accessing != NULL ? accessing->refused : 0),
		"refused", refused_rows(accessing));
	reply_report(request, &report, data, &result);
}
