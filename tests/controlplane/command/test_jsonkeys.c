/* SPDX-License-Identifier: BSD-3-Clause */
/* controlplane/JSON.md says what the commands print as JSON.
 * Method: every report is asked for over the real socket, of a whole control
 * plane with sessions, refusals and changes by an operator.  Each key and type
 * that comes must be in the file, and each key of the file must come, but for
 * those whose meaning begins with "If". */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "commandfind.h"
#include "commandrows.h"
#include "groupnote.h"
#include "help.h"
#include "runner.h"
#include "serving.h"
#include "sessions.h"
#include "snapshot.h"

#define ROWS_MAX 1024
#define ANY "any command"
#define CHANGE "any change"

static struct row {
	char command[32];
	char key[96];
	char is[32];
	bool sometimes; /* the key is not always there */
	bool came;
} rows[ROWS_MAX];
static size_t count;

/* Read "| `KEY` | IS | MEANING |". */
static void
read_row(const char *line, const char *command)
{
	char meaning[256];
	struct row *row = &rows[count++];

	ck_assert_uint_le(count, ROWS_MAX);
	ck_assert_msg(sscanf(line, "| `%95[^`]` | %31[^|] | %255[^|] |",
			     row->key, row->is, meaning) == 3,
		      "%s", line);
	row->is[strcspn(row->is, "|")] = '\0';
	row->sometimes = strncmp(meaning, "If ", 3) == 0;
	snprintf(row->command, sizeof(row->command), "%s", command);
}

static void
read_file(void)
{
	char line[512], command[32] = "";
	FILE *file = fopen(JSON_FILE, "r");

	ck_assert_ptr_nonnull(file);
	count = 0;
	memset(rows, 0, sizeof(rows));
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "## ", 3) == 0)
			snprintf(command, sizeof(command), "%.31s", line + 3);
		else if (strncmp(line, "| `", 3) == 0)
			read_row(line, command);
	}
	fclose(file);
	ck_assert_uint_gt(count, 300);
}

/* "drops.*" is any name behind "drops.". */
static bool
is_key(const char *key, const char *path)
{
	const size_t length = strlen(key);

	if (length > 2 && strcmp(key + length - 2, ".*") == 0)
		return strncmp(key, path, length - 1) == 0 &&
		       strchr(path + length - 1, '.') == NULL;
	return strcmp(key, path) == 0;
}

/* Is it one of "number or null"? */
static bool
is_type(const char *is, const char *type)
{
	const char *found = strstr(is, type);

	return found != NULL && (found == is || found[-1] == ' ') &&
	       strchr(" ", found[strlen(type)]) != NULL;
}

static void
check_value(const char *command, const char *path, const char *type)
{
	bool known = false;

	for (size_t i = 0; i < count; i++) {
		struct row *row = &rows[i];

		if ((strcmp(row->command, command) != 0 &&
		     strcmp(row->command, ANY) != 0) ||
		    !is_key(row->key, path) || !is_type(row->is, type))
			continue;
		row->came = known = true;
	}
	ck_assert_msg(known, "%s: %s is %s, and controlplane/JSON.md lacks it",
		      command, path, type);
}

/* Check a value and what is in it. */
static void
check(const char *command, const char *path, json_t *value)
{
	static const char *const types[] = {
		[JSON_STRING] = "text",  [JSON_INTEGER] = "number",
		[JSON_REAL] = "number",  [JSON_TRUE] = "yes/no",
		[JSON_FALSE] = "yes/no", [JSON_NULL] = "null"};
	char inner[256];
	const char *key;
	json_t *part;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach(value, key, part) {
			snprintf(inner, sizeof(inner), "%s%s%s", path,
				 path[0] != '\0' ? "." : "", key);
			check(command, inner, part);
		}
	} else if (json_is_array(value)) {
		snprintf(inner, sizeof(inner), "%s[]", path);
		json_array_foreach(value, i, part)
			check(command, inner, part);
	} else {
		check_value(command, path, types[json_typeof(value)]);
	}
}

static void
check_answer(const char *command, const char *line)
{
	bool ok;
	char *text = plane_ask(&plane, line, &ok);
	json_t *data = json_loads(text, 0, NULL);

	ck_assert_msg(json_is_object(data), "%s: %s", line, text);
	ck_assert_msg(json_object_get(data, "error") == NULL, "%s: %s", line,
		      text);
	check(command, "", data);
	json_decref(data);
	free(text);
}

/* Sessions of a client, in the file of worker 0. */
static void
write_sessions(void)
{
	const size_t size = MX_SESSIONS_SIZE(10, 0);
	struct mx_sessions_file *file = calloc(1, size);
	char *path = plane.region->header.sessions_path[0];

	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = 10;
	for (uint32_t i = 0; i < 10; i++) {
		file->session[i].client_be = htonl(0xc0000207);
		file->session[i].client_port_be = htons(40000);
		file->session[i].backend = 1;
		atomic_store(&file->session[i].state, MX_SESSION_ESTABLISHED);
	}
	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, size), (int)size);
	close(fd);
	free(file);
}

static void
setup(void)
{
	char line[160];

	serving_setup();
	plane_seed_hops(&plane);
	write_sessions();
	plane.region->snat[0].address = mx_addr_from4(htonl(0x0a000264));
	plane.region->worker[0].refused_client[0] = (struct mx_refused_client){
		.addr = mx_addr_from4(htonl(0xcb007107)),
		.bits = 128,
		.last_s = (uint32_t)clock_s(),
		.count = 3};
	plane_expect(&plane, "deny 203.0.113.0/24 for 10m", true, "");
	plane_expect(&plane, "drain mx/a", true, "");
	/* b leaves the file and has a session yet. */
	plane.region->worker[0].backend[2].opened = 1;
	plane_write_config(
		&plane, "less.yaml",
		"      - {name: a, address: \"192.0.2.11:25\", weight: 100}\n"
		"      - {name: c, address: \"192.0.2.13:25\", weight: 100}\n");
	snprintf(line, sizeof(line), "config apply %s/less.yaml", plane.folder);
	plane_expect(&plane, line, true, "");
	struct replicated replicated = groupnote_synced();
	groupnote_begin();
	groupnote_write(&replicated);
	read_file();
}

/* The arguments of a report that needs some. */
static const char *
arguments_of(const char *words)
{
	if (strcmp(words, "show backend") == 0)
		return "mx/a";
	return strcmp(words, "lookup") == 0 ? "192.0.2.7:40000 198.51.100.25:25"
					    : "";
}

static void
check_help(void)
{
	char why[COMMAND_TEXT_MAX];
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert(help_print("", 0, true, out, why));
	fclose(out);
	json_t *data = json_loads(text, 0, NULL);
	check("help", "", data);
	json_decref(data);
	free(text);
}

/* What the HTTP server prints. */
#define SNAPSHOT "/api/snapshot"

static void
check_snapshot(void)
{
	json_t *data = snapshot_new(&plane.control->desk.sources);

	check(SNAPSHOT, "", data);
	json_decref(data);
}

/* Commands about the configuration that show something. */
static const char *const configs[] = {"config diff", "config dump",
				      "config history"};
#define CONFIGS (sizeof(configs) / sizeof(configs[0]))

static bool
is_command(const char *words)
{
	for (size_t i = 0; i < CONFIGS; i++)
		if (strcmp(configs[i], words) == 0)
			return true;
	for (size_t i = 0; i < COMMAND_ROWS; i++)
		if (command_rows[i].kind == COMMAND_REPORT &&
		    strcmp(command_rows[i].words, words) == 0)
			return true;
	return strcmp(words, "help") == 0 || strcmp(words, ANY) == 0 ||
	       strcmp(words, SNAPSHOT) == 0 || strcmp(words, CHANGE) == 0 ||
	       strcmp(words, "show access") == 0;
}

/* Commands that are no reports.  chapter: NULL, if it answers by text. */
static const struct {
	const char *line, *chapter;
} others[] = {
	{"show access", "show access"},
	{"config confirm", NULL}, /* there is no trial */
	{"config diff", "config diff"},
	{"config dump", "config dump"},
	{"config history", "config history"},
	{"drain mx/a --dry-run", ANY},
	{"drain mx/a new kernel", CHANGE},
	{"maint mx/a for 2h", CHANGE},
	{"ready mx/a", CHANGE},
	{"drain box", NULL},
	{"ready box", CHANGE},
	{"announce on", NULL},
	{"announce off", NULL},
	{"weight mx/a 50%", CHANGE},
	{"agent mx/a ignore", CHANGE},
	{"end sessions mx/a", CHANGE},
	{"end sessions from 192.0.2.7", CHANGE},
	{"end session 192.0.2.7:40000", CHANGE},
	{"deny 203.0.113.9", CHANGE},
	{"allow 203.0.113.9", CHANGE},
	{"forget 203.0.113.9", CHANGE},
	{"wait 5 drained mx/c", NULL},
	{"reload lists", CHANGE},
	{"config undo", CHANGE},
	{"config apply", CHANGE},
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

/* Check them, with the file for "config apply".  The group that the reports are of
 * is in no file. */
static void
check_others(void)
{
	char line[192];

	plane.control->state->config->group = (struct mx_config_group){0};
	for (size_t i = 0; i < OTHERS; i++) {
		const bool applies =
			strcmp(others[i].line, "config apply") == 0;

		snprintf(line, sizeof(line), "-j %s%s%s", others[i].line,
			 applies ? " " : "", applies ? plane.config : "");
		if (others[i].chapter != NULL)
			check_answer(others[i].chapter, line);
	}
}

/* A new command wants a row above. */
START_TEST(every_command_is_looked_at)
{
	struct command_match match;
	bool seen;

	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		seen = command_rows[i].kind != COMMAND_RUN;
		for (size_t k = 0; k < OTHERS; k++) {
			command_find(others[k].line, false, &match);
			seen |= match.row == &command_rows[i];
		}
		ck_assert_msg(seen, "%s", command_rows[i].words);
	}
}
END_TEST

START_TEST(the_file_and_the_commands_agree)
{
	char line[128];

	check_help();
	check_snapshot();
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const char *words = command_rows[i].words;

		if (command_rows[i].kind != COMMAND_REPORT)
			continue;
		snprintf(line, sizeof(line), "-j %s %s", words,
			 arguments_of(words));
		check_answer(words, line);
	}
	/* The file of the start is no longer the one in force. */
	check_others();
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(rows[i].came || rows[i].sometimes ||
				      !is_command(rows[i].command),
			      "%s: %s never comes", rows[i].command,
			      rows[i].key);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("jsonkeys");
	TCase *t = tcase_create("jsonkeys");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, the_file_and_the_commands_agree);
	tcase_add_test(t, every_command_is_looked_at);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
