/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSIONFILES_H
#define MX_SESSIONFILES_H

/* The session files of all workers of a data plane.
 *
 * Threads    main, before the workers start or while they are stopped. */
#include "config.h"
#include "region.h"
#include "sessionfile.h"

/* The key for new files: of a group, that of its secret (secret.h), or else a random
 * one.  Logs what fails.  Returns 0 or -errno. */
int session_files_key(const struct mx_config *config, struct mx_hash_key *key);

/* Open the files of the configured workers.  Sessions in files of another shape
 * are moved to them (migration.h); of a group, also those in files of another key.
 * Files of other workers are removed.  key: in, for new files; out, the key that all
 * files have, which in a group is the same.  path: the path of each file, for the
 * region.  Logs what fails.  Returns 0 or -errno. */
int session_files_open(struct session_file files[static MX_WORKERS_MAX],
		       const struct mx_config *config, struct mx_hash_key *key,
		       char path[static MX_WORKERS_MAX][MX_PATH_MAX]);

/* Close the open files, and remove those that hold no earlier sessions: the
 * start of the data plane has failed. */
void session_files_abandon(struct session_file files[static MX_WORKERS_MAX],
			   const char *instance);

#endif /* MX_SESSIONFILES_H */
