/* SPDX-License-Identifier: BSD-3-Clause */
#include "historyfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "character.h"
#include "replacefile.h"

#define VERSION 1
#define MODE 0640

/* Ten revisions with long paths and changes take less. */
#define LIST_BYTES_MAX (1024 * 1024)
#define TEXT_BYTES_MAX (4 * 1024 * 1024) /* as of the file; see load.c */

#define DIGEST_TEXT_MAX REVISION_DIGEST_MAX
static_assert(DIGEST_TEXT_MAX == 2 * SHA256_DIGEST_LENGTH + 1,
	      "two digits a byte, and a terminator");

static const char *
digest_of(const char *text, size_t size, char hex[static DIGEST_TEXT_MAX])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)text, size, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return hex;
}

/* The name of a text's file: that of the list, with the slot. */
static bool
slot_path(const struct history *history, uint16_t slot,
	  char path[static PATH_MAX])
{
	const size_t stem = strlen(history->path) - strlen(".json");

	return snprintf(path, PATH_MAX, "%.*s.%u.yaml", (int)stem,
			history->path, slot) < PATH_MAX;
}

static int
write_texts(struct history *history)
{
	char path[PATH_MAX];

	for (uint16_t i = 0; i < history->count; i++) {
		struct revision *revision = &history->revision[i];

		if (revision->written || revision->text == NULL)
			continue;
		if (!slot_path(history, revision->slot, path))
			return -ENAMETOOLONG;
		const int error = replacefile(path, revision->text, MODE);
		if (error != 0)
			return error;
		revision->written = true;
	}
	return 0;
}

/* A text as JSON.  The name of a file need not be UTF-8: "?" stands for bytes that
 * are none, since without the list nothing could come back. */
static json_t *
text_value(const char *text)
{
	json_t *value = json_string(text);
	char *plain = value == NULL ? strdup(text) : NULL;

	if (plain == NULL)
		return value;
	character_make_shown(plain);
	value = json_string(plain);
	free(plain);
	return value;
}

static json_t *
pack_revision(const struct revision *revision)
{
	char hex[DIGEST_TEXT_MAX];

	if (revision->text != NULL)
		digest_of(revision->text, revision->size, hex);
	else
		strcpy(hex, revision->digest);
	return json_pack("{s:i s:i s:I s:i s:o s:o s:o s:i s:I s:s}", "number",
			 revision->number, "before", revision->before, "time",
			 (json_int_t)revision->time_s, "fate", revision->fate,
			 "by", text_value(revision->by), "path",
			 text_value(revision->path), "changes",
			 text_value(revision->changes), "slot", revision->slot,
			 "size", (json_int_t)revision->size, "sha256", hex);
}

static int
write_list(const struct history *history)
{
	json_t *rows = json_array();
	int error = -ENOMEM;

	for (uint16_t i = 0; i < history->count; i++)
		if (json_array_append_new(
			    rows, pack_revision(&history->revision[i])) < 0) {
			json_decref(rows);
			return -ENOMEM;
		}
	json_t *root = json_pack("{s:i s:i s:i s:o}", "version", VERSION,
				 "last", history->last, "in_force",
				 history->in_force, "revisions", rows);
	char *text = root != NULL ? json_dumps(root, JSON_INDENT(1)) : NULL;
	if (text != NULL)
		error = replacefile(history->path, text, MODE);
	free(text);
	json_decref(root);
	return error;
}

/* The list on disk is that of the history. */
static void
mark_listed(struct history *history)
{
	memset(history->listed, 0, sizeof(history->listed));
	for (uint16_t i = 0; i < history->count; i++)
		history->listed[history->revision[i].slot] = true;
}

int
historyfile_save(struct history *history)
{
	if (history->path[0] == '\0' || !history->unsaved)
		return 0;
	int error = write_texts(history);
	if (error == 0)
		error = write_list(history);
	if (error == 0)
		mark_listed(history);
	history->error = error;
	history->unsaved = error != 0;
	return error;
}

/* Read a file of mxsteer's own: a plain file of up to so many bytes.  Returns its
 * text, which ends in a zero byte; or NULL with -errno in *error. */
static char *
read_own(const char *path, size_t most, size_t *size, int *error)
{
	const int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	char *text = NULL;

	*error = fd < 0 ? -errno : -EINVAL;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    (size_t)status.st_size <= most)
		text = calloc(1, (size_t)status.st_size + 1);
	if (text != NULL &&
	    read(fd, text, (size_t)status.st_size) != status.st_size) {
		free(text);
		text = NULL;
	}
	close(fd);
	if (text != NULL)
		*size = (size_t)status.st_size;
	return text;
}

static void
read_text(const struct history *history, struct revision *revision)
{
	char path[PATH_MAX], hex[DIGEST_TEXT_MAX];
	size_t size = 0;
	int error = -ENAMETOOLONG;
	char *text = slot_path(history, revision->slot, path)
			     ? read_own(path, TEXT_BYTES_MAX, &size, &error)
			     : NULL;

	if (text != NULL && size == revision->size &&
	    strcmp(digest_of(text, size, hex), revision->digest) == 0) {
		revision->text = text;
		revision->written = true;
		return;
	}
	if (text == NULL)
		snprintf(revision->fault, sizeof(revision->fault),
			 "its text cannot be read: %s", strerror(-error));
	else
		snprintf(revision->fault, sizeof(revision->fault),
			 "the file that keeps it has not the text that was "
			 "applied");
	free(text);
}

static bool
decode_revision(struct history *history, json_t *row)
{
	struct revision *revision = &history->revision[history->count];
	const char *by, *path, *changes, *digest;
	int number, before, fate, slot;
	json_int_t time_s, size;

	if (json_unpack(row, "{s:i s:i s:I s:i s:s s:s s:s s:i s:I s:s}",
			"number", &number, "before", &before, "time", &time_s,
			"fate", &fate, "by", &by, "path", &path, "changes",
			&changes, "slot", &slot, "size", &size, "sha256",
			&digest) < 0)
		return false;
	if (number <= 0 || before < 0 || before >= number || fate < 0 ||
	    fate >= REVISION_FATES || slot < 0 || slot >= HISTORY_SLOTS ||
	    size < 0 || size > TEXT_BYTES_MAX || path[0] != '/' ||
	    strlen(path) >= PATH_MAX || strlen(by) >= REVISION_BY_MAX ||
	    strlen(digest) >= DIGEST_TEXT_MAX ||
	    history_find(history, (uint32_t)number) != NULL)
		return false;
	for (uint16_t i = 0; i < history->count; i++)
		if (history->revision[i].slot == slot ||
		    history->revision[i].number > (uint32_t)number)
			return false;
	*revision = (struct revision){.number = (uint32_t)number,
				      .before = (uint32_t)before,
				      .time_s = time_s,
				      .fate = (enum revision_fate)fate,
				      .path = strdup(path),
				      .changes = strdup(changes),
				      .size = (size_t)size,
				      .slot = (uint16_t)slot};
	strcpy(revision->by, by);
	strcpy(revision->digest, digest);
	history->count++;
	if (revision->path == NULL || revision->changes == NULL)
		return false;
	read_text(history, revision);
	return true;
}

static bool
decode_list(struct history *history, json_t *root)
{
	int version, last, in_force;
	json_t *rows;

	if (json_unpack(root, "{s:i s:i s:i s:o}", "version", &version, "last",
			&last, "in_force", &in_force, "revisions", &rows) < 0 ||
	    version != VERSION || last < 0 || in_force < 0 ||
	    json_array_size(rows) > HISTORY_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (!decode_revision(history, json_array_get(rows, i)))
			return false;
	history->last = (uint32_t)last;
	history->in_force = (uint32_t)in_force;
	for (uint16_t i = 0; i < history->count; i++)
		if (history->revision[i].number > history->last ||
		    (history->revision[i].fate == REVISION_TRIAL &&
		     history->revision[i].number != history->in_force))
			return false;
	return in_force == 0 || history_in_force(history) != NULL;
}

int
historyfile_load(struct history *history)
{
	size_t size;
	int error;
	char *text = read_own(history->path, LIST_BYTES_MAX, &size, &error);

	if (text == NULL)
		return error == -ENOENT ? 0 : error;
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	const bool good = root != NULL && decode_list(history, root);
	json_decref(root);
	free(text);
	if (good) {
		mark_listed(history);
		return 0;
	}
	history_free(history);
	history->last = history->in_force = 0;
	return -EINVAL;
}
