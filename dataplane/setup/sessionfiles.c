/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessionfiles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "folder.h"
#include "log.h"
#include "migration.h"
#include "secret.h"

#define MIB (1024 * 1024)

int
session_files_key(const struct mx_config *config, struct mx_hash_key *key)
{
	struct mx_secret secret;

	if (config->group.box == 0) {
		if (getrandom(key, sizeof(*key), 0) == sizeof(*key))
			return 0;
		const int error = -errno;
		log_line(LOG_LEVEL_ERROR,
			 "cannot start: no random key from the kernel: %s",
			 strerror(-error));
		return error;
	}
	const int error = mx_secret_read(&secret, config->group.secret);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR,
			 "cannot start: the secret of the group, %s: %s",
			 config->group.secret, mx_secret_error(error));
		return error;
	}
	*key = secret.sessions;
	explicit_bzero(&secret, sizeof(secret));
	return 0;
}

static int
say_open(const struct session_file *file, const struct mx_sessions_file *like,
	 int error)
{
	const size_t size = MX_SESSIONS_SIZE(like->count, like->wide);

	if (error == -ENOSPC || error == -ENOMEM)
		log_line(LOG_LEVEL_ERROR,
			 "%s: no room for %zu MiB (sessions-max: %lu): lower "
			 "sessions-max, or give its file system more memory",
			 file->path, size / MIB + 1,
			 (unsigned long)like->count * like->workers);
	else
		log_line(LOG_LEVEL_ERROR, "%s: %s", file->path,
			 mx_folder_error(error));
	return error;
}

static bool
is_same_key(const struct mx_hash_key *a, const struct mx_hash_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static int
open_each(struct session_file files[static MX_WORKERS_MAX],
	  const char *instance, const struct mx_sessions_file *shape,
	  struct mx_hash_key *key,
	  char path[static MX_WORKERS_MAX][MX_PATH_MAX])
{
	for (uint16_t i = 0; i < shape->workers; i++) {
		struct mx_sessions_file like = *shape;
		struct mx_hash_key found = *key;

		like.worker = i;
		const int error =
			session_file_open(&files[i], instance, &like, &found);
		if (error != 0)
			return say_open(&files[i], &like, error);
		/* All workers must compute a flow's owner with one key. */
		if (i == 0)
			*key = found;
		else if (!is_same_key(&found, key))
			session_file_reset(&files[i], key);
		snprintf(path[i], MX_PATH_MAX, "%s", files[i].path);
	}
	return 0;
}

static int
say_migration(int error)
{
	log_line(LOG_LEVEL_ERROR,
		 "cannot start: no memory to move the sessions into a table "
		 "of another shape: %s",
		 strerror(-error));
	return error;
}

static void
reset_each(struct session_file files[static MX_WORKERS_MAX], uint16_t workers,
	   const struct mx_hash_key *key)
{
	for (uint16_t i = 0; i < workers; i++)
		session_file_reset(&files[i], key);
}

/* The files of the wanted shape cannot be made: write the sessions back to
 * their old files, for the next start. */
static void
put_back(struct session_file files[static MX_WORKERS_MAX], const char *instance,
	 struct migration *migration,
	 char path[static MX_WORKERS_MAX][MX_PATH_MAX])
{
	const uint16_t workers = migration->was.workers;

	session_files_abandon(files, instance);
	if (open_each(files, instance, &migration->was, &migration->key,
		      path) == 0) {
		reset_each(files, workers, &migration->key);
		migration_give(migration, files, workers);
	}
	session_files_abandon(files, instance);
}

int
session_files_open(struct session_file files[static MX_WORKERS_MAX],
		   const struct mx_config *config, struct mx_hash_key *key,
		   char path[static MX_WORKERS_MAX][MX_PATH_MAX])
{
	const uint16_t workers = config->dataplane.worker_count;
	const struct mx_sessions_file shape = {
		.count = config->dataplane.sessions_max / workers,
		.workers = workers,
		.wide = mx_config_has_ipv6(config),
	};
	const struct mx_hash_key wanted = *key;
	const bool demanded = config->group.box != 0;
	struct migration migration;

	int error = migration_take(&migration, config->instance, &shape,
				   demanded ? &wanted : NULL);
	if (error != 0)
		return say_migration(error);
	session_file_prune(config->instance, workers);
	error = open_each(files, config->instance, &shape, key, path);
	if (error == 0 &&
	    (migration.needed || (demanded && !is_same_key(key, &wanted)))) {
		*key = demanded ? wanted : migration.key;
		reset_each(files, workers, key);
		migration_give(&migration, files, workers);
		migration_say(&migration);
	}
	if (error != 0 && migration.count > 0)
		put_back(files, config->instance, &migration, path);
	migration_free(&migration);
	return error;
}

void
session_files_abandon(struct session_file files[static MX_WORKERS_MAX],
		      const char *instance)
{
	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++)
		session_file_abandon(&files[i], instance);
}
