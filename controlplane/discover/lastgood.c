/* SPDX-License-Identifier: BSD-3-Clause */
#include "lastgood.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endpoint.h"
#include "replacefile.h"

#define VERSION 1

/* 64 pools of 128 members with the longest names take less. */
#define SIZE_MAX_BYTES (4 * 1024 * 1024)

/* Is it the name of a backend?  A file of mxsteer's own has no other. */
static bool
is_name(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && length < MX_NAME_MAX &&
	       strspn(name,
		      "abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == length;
}

static bool
decode_member(json_t *row, struct member *member)
{
	const char *host, *address;
	int preference;
	int served = 1, former = 0; /* as an older file does not say */

	if (json_unpack(row, "{s:s s:s s:i s?b s?b}", "host", &host, "address",
			&address, "preference", &preference, "served", &served,
			"former", &former) < 0)
		return false;
	if (former ? !is_name(host) : !dns_is_host(host))
		return false;
	if (preference < 0 || preference > MX_TIER_MAX ||
	    mx_addr_parse(address, &member->addr) != 0)
		return false;
	strncpy(member->host, host, sizeof(member->host) - 1);
	member->preference = (uint16_t)preference;
	member->remembered = true;
	member->served = served != 0;
	member->former = former != 0;
	return true;
}

static bool
decode_pool(json_t *row, struct membership *m)
{
	const json_t *members = json_object_get(row, "members");
	const size_t count = json_array_size(members);

	if (!json_is_string(json_object_get(row, "pool")) ||
	    !json_is_string(json_object_get(row, "mx")) || count == 0 ||
	    count > MEMBERSHIP_MAX)
		return false;
	memset(m, 0, sizeof(*m));
	m->explicit_mx = json_is_true(json_object_get(row, "explicit"));
	for (size_t i = 0; i < count; i++) {
		struct member *member = &m->member[i];

		if (!decode_member(json_array_get(members, i), member) ||
		    membership_has(m, &member->addr))
			return false;
		m->count++;
	}
	return true;
}

/* A file with a fault is of no use as a whole, as with the state file. */
static bool
is_good(const json_t *root)
{
	const json_t *version = json_object_get(root, "version");
	const json_t *pools = json_object_get(root, "pools");
	struct membership *m = malloc(sizeof(*m));
	bool good = m != NULL && json_integer_value(version) == VERSION &&
		    json_is_array(pools) &&
		    json_array_size(pools) <= MX_POOLS_MAX;

	for (size_t i = 0; good && i < json_array_size(pools); i++)
		good = decode_pool(json_array_get(pools, i), m);
	free(m);
	return good;
}

/* Returns 0 with the text, which the caller frees, or -errno. */
static int
read_text(const char *path, char **text, size_t *size)
{
	struct stat status;
	int error = 0;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	*text = NULL;
	if (fstat(fd, &status) < 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode) || status.st_size > SIZE_MAX_BYTES)
		error = -EINVAL;
	if (error == 0) {
		*text = malloc((size_t)status.st_size + 1);
		const ssize_t got =
			*text == NULL ? -1
				      : read(fd, *text, (size_t)status.st_size);
		error = got < 0 ? -errno : 0;
		*size = got < 0 ? 0 : (size_t)got;
	}
	close(fd);
	if (error != 0)
		free(*text);
	return error;
}

json_t *
lastgood_load(const char *path, int *error)
{
	json_t *pools = NULL;
	size_t size = 0;
	char *text = NULL;

	*error = read_text(path, &text, &size);
	if (*error == -ENOENT)
		*error = 0;
	else if (*error == 0) {
		json_t *root =
			json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);

		if (is_good(root))
			pools = json_incref(json_object_get(root, "pools"));
		else
			*error = -EINVAL;
		json_decref(root);
		free(text);
	}
	return pools;
}

bool
lastgood_find(const json_t *pools, const char *pool, const char *mx,
	      struct membership *m)
{
	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < json_array_size(pools); i++) {
		json_t *row = json_array_get(pools, i);

		if (strcmp(json_string_value(json_object_get(row, "pool")),
			   pool) == 0 &&
		    strcmp(json_string_value(json_object_get(row, "mx")), mx) ==
			    0)
			return decode_pool(row, m);
	}
	return false;
}

json_t *
lastgood_row(const char *pool, const char *mx, const struct membership *m)
{
	char address[MX_ENDPOINT_TEXT_MAX];
	json_t *members = json_array();

	for (uint16_t i = 0; i < m->count; i++) {
		const struct member *member = &m->member[i];

		json_array_append_new(
			members,
			json_pack("{s:s s:s s:i s:b s:b}", "host", member->host,
				  "address",
				  mx_addr_format(&member->addr, address),
				  "preference", member->preference, "served",
				  member->served, "former", member->former));
	}
	return json_pack("{s:s s:s s:b s:o}", "pool", pool, "mx", mx,
			 "explicit", m->explicit_mx, "members", members);
}

int
lastgood_save(const char *path, json_t *pools)
{
	json_t *root =
		json_pack("{s:i s:o}", "version", VERSION, "pools", pools);
	char *text = json_dumps(root, JSON_INDENT(1));
	const int error =
		text != NULL ? replacefile(path, text, 0600) : -ENOMEM;

	free(text);
	json_decref(root);
	return error;
}
