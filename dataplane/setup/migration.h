/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MIGRATION_H
#define MX_MIGRATION_H

/* Sessions on their way from the files of an earlier data plane to files of
 * another shape: with other workers, another sessions-max, or room for IPv6
 * addresses where there was none.
 *
 * The worker of a session follows from the number of workers.  A client's
 * segment reaches a worker by its addresses and ports, a reply by the share of
 * local ports that its port is in.  A fullnat session is lost if these are two
 * workers now; with one worker they never are.
 *
 * The sessions are in this process's memory alone from migration_take() to the
 * end of migration_give(): a process that is killed between them loses them.
 *
 * Threads    main, before the workers start. */
#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"
#include "store.h"

struct migration {
	bool needed; /* there is a file of another shape */
	uint32_t count;
	struct mx_session *session;
	struct mx_session_wide *wide; /* zero where both ends are IPv4 */
	struct mx_hash_key key;
	/* Sessions that were lost, by the reason. */
	uint32_t of_two_workers;
	uint32_t without_room;
	uint32_t without_ipv6;
	/* The shape of the earlier files.  Last, as its sessions follow it. */
	struct mx_sessions_file was;
};

/* Copy the sessions of all files of the instance, if any file differs from
 * `like` (its worker does not matter).
 * Returns 0, or -ENOMEM with nothing taken. */
int migration_take(struct migration *migration, const char *instance,
		   const struct mx_sessions_file *like);

/* Write the sessions to the open and empty files of the workers, those that go
 * on before those that are over, and count those that are lost. */
void migration_give(struct migration *migration,
		    struct store store[static MX_WORKERS_MAX],
		    uint16_t workers);

/* Say on stderr how many sessions were taken over, and how many were lost and
 * why. */
void migration_say(const struct migration *migration);

void migration_free(struct migration *migration);

#endif /* MX_MIGRATION_H */
