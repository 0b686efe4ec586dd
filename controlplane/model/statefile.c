/* SPDX-License-Identifier: BSD-3-Clause */
#include "statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "override.h"
#include "prefix.h"

#define VERSION 1
#define SIZE_MAX_BYTES (1024 * 1024) /* 1023 backends take about 200 kB */

static json_t *
encode_backend(uint16_t id, const struct backend *backend)
{
	char address[MX_ENDPOINT_TEXT_MAX];
	json_t *row = json_pack("{s:i s:s s:s s:s s:s s:b}", "id", id, "pool",
				backend->pool, "name", backend->name, "address",
				mx_endpoint_format(&backend->address, address),
				"admin", admin_name(backend->override.admin),
				"up", health_serves(&backend->health));

	if (backend->override.weight_set)
		json_object_set_new(row, "weight",
				    json_integer(backend->override.weight));
	if (backend->override.end_sessions)
		json_object_set_new(row, "end_sessions", json_true());
	if (backend->nat || backend->was_nat)
		json_object_set_new(row, "nat", json_true());
	if (backend->retired)
		json_object_set_new(row, "retired_since",
				    json_integer(backend->retired_since_s));
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

static json_t *
encode_rules(const struct state *state)
{
	char prefix[MX_PREFIX_TEXT_MAX];
	json_t *rules = json_array();

	for (uint16_t i = 0; i < state->deny_rules; i++) {
		const struct deny_rule *rule = &state->deny_rule[i];

		json_array_append_new(
			rules, json_pack("{s:s s:b s:I}", "prefix",
					 mx_prefix_format(&rule->at, prefix),
					 "denied", rule->denied, "until",
					 (json_int_t)rule->until_s));
	}
	return rules;
}

char *
statefile_text(const struct state *state)
{
	char key[2][17];
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
				encode_backend(id, &state->backend[id]));
	for (int i = 0; i < 2; i++)
		snprintf(key[i], sizeof(key[i]), "%016" PRIx64,
			 state->key.word[i]);

	json_t *root = json_pack("{s:i s:[s,s] s:o s:o s:o}", "version",
				 VERSION, "hash_key", key[0], key[1],
				 "services", services, "backends", backends,
				 "deny_rules", encode_rules(state));
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
decode_admin(const char *text, enum admin_state *admin)
{
	for (int i = 0; i < ADMIN_STATES; i++) {
		if (strcmp(admin_name((enum admin_state)i), text) == 0) {
			*admin = (enum admin_state)i;
			return true;
		}
	}
	return false;
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

static bool
decode_backend(json_t *row, struct state *state)
{
	const char *pool, *name, *address, *admin;
	int id, up, weight = -1, nat = 0, end = 0;
	struct override override = {.admin = ADMIN_READY};
	struct backend b = {.used = true};

	if (json_unpack(row, "{s:i s:s s:s s:s s:s s:b s?i s?b s?b}", "id", &id,
			"pool", &pool, "name", &name, "address", &address,
			"admin", &admin, "up", &up, "weight", &weight, "nat",
			&nat, "end_sessions", &end) < 0)
		return false;
	if (id < 1 || id > MX_BACKENDS_MAX || state->backend[id].used ||
	    weight > MX_WEIGHT_MAX || !decode_name(pool, b.pool) ||
	    !decode_name(name, b.name) ||
	    mx_endpoint_parse(address, &b.address) < 0 ||
	    !decode_admin(admin, &override.admin) ||
	    !decode_retired(row, &b.retired, &b.retired_since_s))
		return false;
	override.end_sessions = end && override.admin == ADMIN_DRAIN;
	override.weight_set = weight >= 0;
	override.weight = weight >= 0 ? (uint16_t)weight : 0;
	override_restore(&b, &override);
	b.was_nat = nat != 0;
	b.health.state = up ? HEALTH_UP : HEALTH_DOWN;
	state->backend[id] = b;
	return true;
}

static bool
decode_service(json_t *row, struct state *state)
{
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
decode_rule(json_t *row, struct state *state)
{
	struct deny_rule rule;
	const char *prefix;
	json_int_t until;
	int denied;

	if (json_unpack(row, "{s:s s:b s:I}", "prefix", &prefix, "denied",
			&denied, "until", &until) < 0 ||
	    mx_prefix_parse(prefix, &rule.at) != 0 || until < 0 ||
	    state->deny_rules == MX_DENY_RULES_MAX)
		return false;
	rule.at = mx_prefix_trim(&rule.at);
	rule.denied = denied != 0;
	rule.until_s = until;
	state->deny_rule[state->deny_rules++] = rule;
	return true;
}

/* Earlier versions have no rules. */
static bool
decode_rules(json_t *root, struct state *state)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(root, "deny_rules"), i, row)
		if (!decode_rule(row, state))
			return false;
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

static bool
decode(json_t *root, struct state *state)
{
	json_t *services, *backends, *row;
	const char *key[2];
	int version;
	size_t i;

	if (json_unpack(root, "{s:i s:[s,s!] s:o s:o}", "version", &version,
			"hash_key", &key[0], &key[1], "services", &services,
			"backends", &backends) < 0 ||
	    version != VERSION || !json_is_array(services) ||
	    !json_is_array(backends) ||
	    !decode_key(key[0], &state->key.word[0]) ||
	    !decode_key(key[1], &state->key.word[1]))
		return false;
	json_array_foreach(services, i, row)
		if (!decode_service(row, state))
			return false;
	json_array_foreach(backends, i, row)
		if (!decode_backend(row, state))
			return false;
	return decode_rules(root, state);
}

/* The file's JSON, or NULL with the error in *error. */
static json_t *
read_json(const char *path, int *error)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		*error = -errno;
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
	free(text);
	close(fd);
	return root;
}

int
statefile_load(const char *path, struct state *state)
{
	int error;
	json_t *root = read_json(path, &error);

	if (root == NULL)
		return error;
	struct state *draft = calloc(1, sizeof(*draft));
	const bool good = draft != NULL && decode(root, draft);
	json_decref(root);
	if (good)
		*state = *draft;
	free(draft);
	return good ? 0 : -EINVAL;
}

/* The new name survives a crash only if the folder is synced too. */
static void
sync_folder(const char *path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	const int fd =
		open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int
statefile_save(const char *path, const char *text)
{
	char draft[PATH_MAX];
	const size_t length = strlen(text);

	if (snprintf(draft, sizeof(draft), "%s.new", path) >=
	    (int)sizeof(draft))
		return -ENAMETOOLONG;
	const int fd =
		open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int error = 0;
	const ssize_t wrote = write(fd, text, length);
	if (wrote < 0 || fsync(fd) < 0)
		error = -errno;
	else if ((size_t)wrote != length)
		error = -ENOSPC;
	close(fd);
	if (error == 0 && rename(draft, path) < 0)
		error = -errno;
	if (error != 0) {
		unlink(draft);
		return error;
	}
	sync_folder(path);
	return 0;
}
