/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MIGRATION_H
#define MX_MIGRATION_H

/* Move the sessions from the files of an earlier data plane to files of another
 * shape: with another number of workers, another sessions-max, or new room for
 * IPv6 addresses; or to files with the key of the group (secret.h).
 *
 * The worker of a session follows from the number of workers and the key.  The addresses
 * and ports of a client's segment decide which worker gets it.  The local port
 * of a reply decides which worker gets the reply, since each worker has a share
 * of the local ports.  A fullnat session is lost if these are two workers now.
 * With one worker they never are.
 *
 * From migration_take() to the end of migration_give() the sessions are only in
 * this process's memory.  If the process is killed in this time, they are lost.
 *
 * Threads    main, before the workers start. */
#include <stdbool.h>
#include <stdint.h>

#include "sessionfile.h"
#include "sessions.h"

struct migration {
	bool needed;  /* there is a file of another shape or key */
	bool rekeyed; /* ... of another key */
	uint32_t count;
	struct mx_session *session;
	struct mx_session_wide *wide; /* zero where both ends are IPv4 */
	struct mx_hash_key key;       /* of the earlier files */
	/* Lost sessions, by reason. */
	uint32_t of_two_workers;
	uint32_t without_room;
	uint32_t without_ipv6;
	/* The shape of the earlier files.  It is the last field, as a flexible
	 * array of sessions follows it. */
	struct mx_sessions_file was;
};

/* Copy the sessions of all files of the instance, if any file differs from
 * `like` (its worker does not matter) or has another key than `key` (NULL: each key
 * is good).
 * Returns 0, or -ENOMEM with nothing taken. */
int migration_take(struct migration *migration, const char *instance,
		   const struct mx_sessions_file *like,
		   const struct mx_hash_key *key);

/* Write the sessions to the workers' files, which are open and empty, and have one
 * key.  Live sessions are written before sessions that are over.  Count those that
 * are lost. */
void migration_give(struct migration *migration,
		    struct session_file files[static MX_WORKERS_MAX],
		    uint16_t workers);

/* Log how many sessions were taken over, and how many were lost,
 * with the reason. */
void migration_say(const struct migration *migration);

void migration_free(struct migration *migration);

#endif /* MX_MIGRATION_H */
