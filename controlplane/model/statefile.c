/* SPDX-License-Identifier: BSD-3-Clause */
#include "statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agentjson.h"
#include "boot.h"
#include "endpoint.h"
#include "notejson.h"
#include "override.h"
#include "overridejson.h"
#include "prefix.h"

#define VERSION 1
#define SIZE_MAX_BYTES (8 * 1024 * 1024) /* all backends and rules take less */

static void
encode_wishes(json_t *row, const struct backend *backend, bool percents)
{
	json_t *agent = backend->has_agent
				? agent_encode(&backend->agent, percents)
				: NULL;

	if (agent != NULL)
		json_object_set_new(row, "agent", agent);
	if (percents && backend->load_percent > 0 &&
	    backend->load_percent < 100)
		json_object_set_new(row, "load_percent",
				    json_integer(backend->load_percent));
}

static json_t *
encode_backend(uint16_t id, const struct backend *backend, bool percents)
{
	char address[MX_ENDPOINT_TEXT_MAX];
	json_t *row = json_pack("{s:i s:s s:s s:s s:b}", "id", id, "pool",
				backend->pool, "name", backend->name, "address",
				mx_endpoint_format(&backend->address, address),
				"up", health_serves(&backend->health));

	override_encode(row, &backend->override);
	if (backend->nat || backend->was_nat)
		json_object_set_new(row, "nat", json_true());
	if (backend->retired)
		json_object_set_new(row, "retired_since",
				    json_integer(backend->retired_since_s));
	if (backend->since_s > 0)
		json_object_set_new(row, "since",
				    json_integer(backend->since_s));
	encode_wishes(row, backend, percents);
	return row;
}

static json_t *
encode_service(uint16_t id, const struct service *service)
{
	json_t *row = json_pack("{s:i s:s}", "id", id, "name", service->name);

	if (service->retired)
		json_object_set_new(row, "retired_since",
				    json_integer(service->retired_since_s));
	return row;
}

/* until: for earlier versions, which read no note. */
static json_t *
encode_rule(const struct deny_rule *rule, bool counts)
{
	char prefix[MX_PREFIX_TEXT_MAX];
	json_t *row = json_pack("{s:s s:b s:I s:o}", "prefix",
				mx_prefix_format(&rule->at, prefix), "denied",
				rule->denied, "until",
				(json_int_t)rule->note.until.wall_s, "note",
				note_encode(&rule->note));

	if (rule->program[0] != '\0')
		json_object_set_new(row, "program", json_string(rule->program));
	slot_count_encode(row, &rule->refused, counts);
	return row;
}

static json_t *
encode_rules(const struct state *state, bool counts)
{
	json_t *rules = json_array();

	for (uint16_t i = 0; i < state->deny_rules; i++)
		json_array_append_new(
			rules, encode_rule(&state->deny_rule[i], counts));
	return rules;
}

/* Whose counters were read is written with the counts alone: a data plane that says
 * each second that it has started is no reason to write. */
char *
statefile_text(const struct state *state, bool percents)
{
	char key[2][17], boot[BOOT_ID_MAX];
	json_t *services = json_array();
	json_t *backends = json_array();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (state->service[id].used)
			json_array_append_new(
				services,
				encode_service(id, &state->service[id]));
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].used)
			json_array_append_new(
				backends,
				encode_backend(id, &state->backend[id],
					       percents));
	for (int i = 0; i < 2; i++)
		snprintf(key[i], sizeof(key[i]), "%016" PRIx64,
			 state->key.word[i]);

	json_t *root = json_pack(
		"{s:i s:s s:[s,s] s:o s:o s:o s:I}", "version", VERSION, "boot",
		boot_id(boot), "hash_key", key[0], key[1], "services", services,
		"backends", backends, "deny_rules",
		encode_rules(state, percents), "counters_since",
		(json_int_t)(percents ? state->counting.started_s : 0));
	if (state->key_shared)
		json_object_set_new(root, "hash_key_shared", json_true());
	box_wish_encode(root, &state->box);
	char *text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return text;
}

static bool
decode_name(const char *text, char name[static MX_NAME_MAX])
{
	if (strlen(text) == 0 || strlen(text) >= MX_NAME_MAX)
		return false;
	snprintf(name, MX_NAME_MAX, "%s", text);
	return true;
}

static bool
decode_retired(const json_t *row, bool *retired, int64_t *since_s)
{
	const json_t *since = json_object_get(row, "retired_since");

	if (since == NULL) /* the key of earlier versions */
		since = json_object_get(row, "resting_since");
	if (since == NULL)
		return true;
	*retired = true;
	*since_s = json_integer_value(since);
	return json_is_integer(since) && *since_s >= 0;
}

/* Earlier versions have none. */
static bool
decode_since(const json_t *row, int64_t *since_s)
{
	const json_t *since = json_object_get(row, "since");

	if (since == NULL)
		return true;
	*since_s = json_integer_value(since);
	return json_is_integer(since) && *since_s >= 0;
}

/* A file that is being read. */
struct reading {
	struct state *state;
	bool same_start; /* it was written since the machine was started */
	struct moment now;
};

/* Earlier versions have none. */
static bool
decode_agent(const json_t *row, struct backend *b)
{
	json_t *agent = json_object_get(row, "agent");

	b->has_agent = agent != NULL;
	return agent == NULL || agent_decode(agent, &b->agent);
}

static bool
decode_backend(json_t *row, const struct reading *reading)
{
	struct state *state = reading->state;
	const char *pool, *name, *address;
	int id, up, nat = 0, load = 0;
	struct override override = {.admin = ADMIN_READY};
	struct backend b = {.used = true};

	if (json_unpack(row, "{s:i s:s s:s s:s s:b s?b s?i}", "id", &id, "pool",
			&pool, "name", &name, "address", &address, "up", &up,
			"nat", &nat, "load_percent", &load) < 0)
		return false;
	if (id < 1 || id > MX_BACKENDS_MAX || state->backend[id].used ||
	    !decode_name(pool, b.pool) || !decode_name(name, b.name) ||
	    mx_endpoint_parse(address, &b.address) < 0 || load < 0 ||
	    load > 100 ||
	    !override_decode(row, reading->same_start, &reading->now,
			     &override) ||
	    !decode_agent(row, &b) || !decode_since(row, &b.since_s) ||
	    !decode_retired(row, &b.retired, &b.retired_since_s))
		return false;
	override_restore(&b, &override);
	b.was_nat = nat != 0;
	b.load_percent = (uint16_t)load;
	b.balance.lack = load > 0 ? 100 - load : 0;
	b.health.state = up ? HEALTH_UP : HEALTH_DOWN;
	b.ramp.able = up;
	state->backend[id] = b;
	return true;
}

static bool
decode_service(json_t *row, const struct reading *reading)
{
	struct state *state = reading->state;
	const char *name;
	int id;
	struct service s = {.used = true};

	if (json_unpack(row, "{s:i s:s}", "id", &id, "name", &name) < 0)
		return false;
	if (id < 0 || id >= MX_SERVICES_MAX || state->service[id].used ||
	    !decode_name(name, s.name) ||
	    !decode_retired(row, &s.retired, &s.retired_since_s))
		return false;
	state->service[id] = s;
	return true;
}

static bool
decode_rule(json_t *row, const struct reading *reading)
{
	struct state *state = reading->state;
	struct deny_rule rule = {.denied = false};
	const char *prefix, *program = "";
	json_t *note = NULL;
	json_int_t until;
	int denied;

	if (json_unpack(row, "{s:s s:b s:I s?o s?s}", "prefix", &prefix,
			"denied", &denied, "until", &until, "note", &note,
			"program", &program) < 0 ||
	    mx_prefix_parse(prefix, &rule.at) != 0 || until < 0 ||
	    strlen(program) >= sizeof(rule.program) ||
	    !remark_is_text(program) || state->deny_rules == MX_DENY_RULES_MAX)
		return false;
	rule.at = mx_prefix_trim(&rule.at);
	rule.denied = denied != 0;
	snprintf(rule.program, sizeof(rule.program), "%s", program);
	if (note == NULL) /* an earlier version wrote it */
		rule.note.until =
			deadline_at(until, reading->same_start, &reading->now);
	else if (!note_decode(note, reading->same_start, &reading->now,
			      &rule.note))
		return false;
	rule.refused = slot_count_decode(row, MX_DENY_RULES_MAX);
	state->deny_rule[state->deny_rules++] = rule;
	return true;
}

static bool
decode_key(const char *text, uint64_t *word)
{
	if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	*word = strtoull(text, NULL, 16);
	return true;
}

/* Was the file written since the machine was started?  Earlier versions do not
 * say. */
static bool
is_same_start(const json_t *root)
{
	const char *boot = json_string_value(json_object_get(root, "boot"));
	char id[BOOT_ID_MAX];

	return boot != NULL && boot[0] != '\0' &&
	       strcmp(boot, boot_id(id)) == 0;
}

/* Decode each row of a list.  Returns false with the fault. */
static bool
decode_list(json_t *list, const char *name,
	    bool (*decode_row)(json_t *row, const struct reading *reading),
	    const struct reading *reading, char *fault)
{
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row) {
		if (decode_row(row, reading))
			continue;
		snprintf(fault, STATEFILE_FAULT_MAX,
			 "row %zu of its %s is not as this version writes it",
			 i + 1, name);
		return false;
	}
	return true;
}

static bool
decode(json_t *root, struct state *state, char *fault)
{
	json_t *services, *backends;
	const struct reading reading = {.state = state,
					.same_start = is_same_start(root),
					.now = moment_now()};
	const char *key[2];
	int version;

	if (json_unpack(root, "{s:i}", "version", &version) < 0) {
		snprintf(fault, STATEFILE_FAULT_MAX, "it has no version");
		return false;
	}
	if (version != VERSION) {
		snprintf(fault, STATEFILE_FAULT_MAX,
			 "it is of version %d, and this program reads %d: "
			 "another mxsteer wrote it",
			 version, VERSION);
		return false;
	}
	if (json_unpack(root, "{s:[s,s!] s:o s:o}", "hash_key", &key[0],
			&key[1], "services", &services, "backends",
			&backends) < 0 ||
	    !json_is_array(services) || !json_is_array(backends) ||
	    !decode_key(key[0], &state->key.word[0]) ||
	    !decode_key(key[1], &state->key.word[1]) ||
	    !box_wish_decode(root, reading.same_start, &reading.now,
			     &state->box)) {
		snprintf(fault, STATEFILE_FAULT_MAX,
			 "its key or its lists are not as this version writes "
			 "them");
		return false;
	}
	state->key_shared =
		json_is_true(json_object_get(root, "hash_key_shared"));
	/* Earlier versions have none: then the counts of rules begin anew. */
	state->counting.started_s =
		json_integer_value(json_object_get(root, "counters_since"));
	return decode_list(services, "services", decode_service, &reading,
			   fault) &&
	       decode_list(backends, "backends", decode_backend, &reading,
			   fault) &&
	       decode_list(json_object_get(root, "deny_rules"), "deny_rules",
			   decode_rule, &reading, fault);
}

/* The file's JSON, or NULL with the error and the fault. */
static json_t *
read_json(const char *path, int *error, char *fault)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		*error = -errno;
		snprintf(fault, STATEFILE_FAULT_MAX, "%s", strerror(errno));
		return NULL;
	}
	char *text = malloc(SIZE_MAX_BYTES);
	json_t *root = NULL;
	*error = -EINVAL;
	if (text != NULL) {
		const ssize_t length = read(fd, text, SIZE_MAX_BYTES);
		if (length > 0 && length < SIZE_MAX_BYTES)
			root = json_loadb(text, (size_t)length, 0, NULL);
	}
	if (root == NULL)
		snprintf(fault, STATEFILE_FAULT_MAX, "it is not whole JSON");
	free(text);
	close(fd);
	return root;
}

int
statefile_load(const char *path, struct state *state,
	       char fault[static STATEFILE_FAULT_MAX])
{
	int error;
	json_t *root = read_json(path, &error, fault);

	if (root == NULL)
		return error;
	struct state *draft = calloc(1, sizeof(*draft));
	const bool good = draft != NULL && decode(root, draft, fault);
	json_decref(root);
	if (good)
		*state = *draft;
	if (draft == NULL)
		snprintf(fault, STATEFILE_FAULT_MAX, "%s", strerror(ENOMEM));
	free(draft);
	return good ? 0 : -EINVAL;
}
