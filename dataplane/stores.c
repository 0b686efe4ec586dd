/* SPDX-License-Identifier: BSD-3-Clause */
#include "stores.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MIB (1024 * 1024)

static int
say_open(const struct store *store, const struct mx_sessions_file *like,
	 int error)
{
	const size_t size = MX_SESSIONS_SIZE(like->count, like->wide);

	if (error == -ENOSPC || error == -ENOMEM)
		fprintf(stderr,
			"error %s: no room for %zu MiB (sessions-max: %lu): "
			"lower sessions-max, or give its file system more "
			"memory\n",
			store->path, size / MIB + 1,
			(unsigned long)like->count * like->workers);
	else
		fprintf(stderr, "error %s: %s\n", store->path,
			mx_folder_error(error));
	return error;
}

int
stores_open(struct store store[static MX_WORKERS_MAX],
	    const struct mx_config *config, struct mx_hash_key *key,
	    char path[static MX_WORKERS_MAX][MX_PATH_MAX])
{
	const uint16_t workers = config->dataplane.worker_count;
	const uint32_t count = config->dataplane.sessions_max / workers;

	store_prune(config->instance, workers);
	for (uint16_t i = 0; i < workers; i++) {
		const struct mx_sessions_file like = {
			.count = count,
			.worker = i,
			.workers = workers,
			.wide = mx_config_has_ipv6(config),
		};
		struct mx_hash_key found = *key;
		const int error =
			store_open(&store[i], config->instance, &like, &found);
		if (error != 0)
			return say_open(&store[i], &like, error);
		/* All workers must compute a flow's owner with one key. */
		if (i == 0)
			*key = found;
		else if (memcmp(&found, key, sizeof(found)) != 0)
			store_reset(&store[i], key);
		snprintf(path[i], MX_PATH_MAX, "%s", store[i].path);
	}
	return 0;
}

void
stores_abandon(struct store store[static MX_WORKERS_MAX], const char *instance)
{
	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++)
		store_abandon(&store[i], instance);
}
