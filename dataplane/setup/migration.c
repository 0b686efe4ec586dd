/* SPDX-License-Identifier: BSD-3-Clause */
#include "migration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "flowowner.h"
#include "log.h"
#include "portmap.h"
#include "worker.h"

#define IPV6_ENDS (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6)

struct mapped {
	const struct mx_sessions_file *file;
	size_t size_bytes;
};

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

/* Can this version read the sessions of the file? */
static bool
is_readable(const struct mapped *mapped)
{
	const struct mx_sessions_file *file = mapped->file;

	return file->magic == MX_SESSIONS_MAGIC &&
	       mx_sessions_is_known(file->layout) && file->count > 0 &&
	       file->workers > 0 && file->workers <= MX_WORKERS_MAX &&
	       MX_SESSIONS_SIZE(file->count, file->wide) <= mapped->size_bytes;
}

static bool
has_shape(const struct mx_sessions_file *file, uint16_t worker,
	  const struct mx_sessions_file *like)
{
	return worker < like->workers && file->worker == worker &&
	       file->workers == like->workers && file->count == like->count &&
	       file->wide == like->wide;
}

static bool
has_key(const struct mx_sessions_file *file, const struct mx_hash_key *key)
{
	return key == NULL || memcmp(&file->key, key, sizeof(*key)) == 0;
}

/* Open the existing files.  Returns how many sessions they hold. */
static uint32_t
map_files(struct migration *migration, const char *instance,
	  const struct mx_sessions_file *like, const struct mx_hash_key *key,
	  struct mapped mapped[static MX_WORKERS_MAX])
{
	uint32_t sessions = 0;

	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++) {
		struct mapped *m = &mapped[i];

		*m = (struct mapped){0};
		if (session_file_look(instance, i, &m->file, &m->size_bytes) !=
		    0)
			continue;
		if (!is_readable(m)) {
			munmap((void *)(uintptr_t)m->file, m->size_bytes);
			*m = (struct mapped){0};
			continue;
		}
		migration->rekeyed |= !has_key(m->file, key);
		migration->needed |=
			migration->rekeyed || !has_shape(m->file, i, like);
		migration->key = m->file->key;
		migration->was = (struct mx_sessions_file){
			.count = m->file->count,
			.workers = m->file->workers,
			.wide = m->file->wide,
		};
		for (uint32_t n = 0; n < m->file->count; n++)
			sessions += state_of(&m->file->session[n]) !=
				    MX_SESSION_FREE;
	}
	return sessions;
}

static void
unmap_files(struct mapped mapped[static MX_WORKERS_MAX])
{
	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++)
		if (mapped[i].file != NULL)
			munmap((void *)(uintptr_t)mapped[i].file,
			       mapped[i].size_bytes);
}

static void
copy_sessions(struct migration *migration, const struct mx_sessions_file *file)
{
	for (uint32_t n = 0; n < file->count; n++) {
		const struct mx_session *s = &file->session[n];

		if (state_of(s) == MX_SESSION_FREE ||
		    ((s->kind & IPV6_ENDS) != 0 && !file->wide))
			continue;
		struct mx_session *copy = &migration->session[migration->count];
		memcpy(copy, s, sizeof(*s));
		if (file->layout < MX_SESSIONS_LAYOUT)
			mx_session_lift(copy);
		migration->wide[migration->count] =
			file->wide ? *mx_session_wide_of(file, n)
				   : (struct mx_session_wide){0};
		migration->count++;
	}
}

int
migration_take(struct migration *migration, const char *instance,
	       const struct mx_sessions_file *like,
	       const struct mx_hash_key *key)
{
	struct mapped mapped[MX_WORKERS_MAX];
	int error = 0;

	*migration = (struct migration){0};
	const size_t sessions =
		map_files(migration, instance, like, key, mapped);
	if (migration->needed && sessions > 0) {
		migration->session = aligned_alloc(
			64, sessions * sizeof(*migration->session));
		migration->wide =
			aligned_alloc(64, sessions * sizeof(*migration->wide));
		if (migration->session == NULL || migration->wide == NULL)
			error = -ENOMEM;
	}
	for (uint16_t i = 0;
	     migration->session != NULL && error == 0 && i < MX_WORKERS_MAX;
	     i++)
		if (mapped[i].file != NULL)
			copy_sessions(migration, mapped[i].file);
	unmap_files(mapped);
	if (error != 0)
		migration_free(migration);
	return error;
}

static struct mx_flow
client_flow(const struct mx_session *s, const struct mx_session_wide *wide)
{
	const struct mx_session_wide ends = mx_session_ends(s, wide);

	return (struct mx_flow){
		.src = ends.client,
		.dst = ends.vip,
		.src_port_be = s->client_port_be,
		.dst_port_be = s->vip_port_be,
	};
}

/* The worker that owns a session, by the rules of read_inbound(), read_back()
 * and read_reply().  Returns -1 if the client's segments and the replies reach
 * two workers. */
static int
owner_of(const struct migration *migration, const struct mx_hash_key *key,
	 const struct mx_flow_owners *owners, uint32_t n)
{
	const struct mx_session *s = &migration->session[n];
	const struct mx_flow flow = client_flow(s, &migration->wide[n]);
	const uint8_t mode = s->kind & MX_SESSION_MODE;
	const uint16_t port = rte_be_to_cpu_16(s->local_port_be);

	if (owners->workers == 1)
		return 0;
	const uint16_t owner =
		mx_client_owner(owners, key, mode == MX_FORWARD_NAT, &flow);
	if (mode == MX_FORWARD_FULLNAT &&
	    (port < MX_LOCAL_PORT_FIRST ||
	     portmap_owner(port, owners->workers) != owner))
		return -1;
	return owner;
}

/* Write the state last: a session exists once its state says so. */
static void
write_session(struct mx_sessions_file *file, uint32_t at,
	      const struct mx_session *s, const struct mx_session_wide *wide)
{
	struct mx_session *to = &file->session[at];

	memcpy(to, s, offsetof(struct mx_session, state));
	memcpy((uint8_t *)to + offsetof(struct mx_session, state) + 1,
	       (const uint8_t *)s + offsetof(struct mx_session, state) + 1,
	       sizeof(*s) - offsetof(struct mx_session, state) - 1);
	if (file->wide)
		*mx_session_wide_of(file, at) = *wide;
	atomic_store_explicit(&to->state, state_of(s), memory_order_release);
}

static void
give_one(struct migration *migration, const struct mx_flow_owners *owners,
	 struct session_file *files, uint32_t filled[static MX_WORKERS_MAX],
	 uint32_t n)
{
	const struct mx_session *s = &migration->session[n];
	const int owner = owner_of(migration, &files[0].map->key, owners, n);

	if (owner < 0) {
		migration->of_two_workers++;
		return;
	}
	struct mx_sessions_file *file = files[owner].map;
	if ((s->kind & IPV6_ENDS) != 0 && !file->wide)
		migration->without_ipv6++;
	else if (filled[owner] == file->count)
		migration->without_room++;
	else
		write_session(file, filled[owner]++, s, &migration->wide[n]);
}

void
migration_give(struct migration *migration,
	       struct session_file files[static MX_WORKERS_MAX],
	       uint16_t workers)
{
	uint32_t filled[MX_WORKERS_MAX] = {0};
	struct mx_flow_owners owners;

	mx_flow_owners_make(&owners, &files[0].map->key, workers);
	for (int over = 0; over < 2; over++)
		for (uint32_t n = 0; n < migration->count; n++) {
			const uint8_t state = state_of(&migration->session[n]);

			if (mx_session_is_over(state) == (over == 1))
				give_one(migration, &owners, files, filled, n);
		}
	for (uint16_t i = 0; i < workers; i++)
		files[i].kept = true;
}

void
migration_say(const struct migration *migration)
{
	const uint32_t lost = migration->of_two_workers +
			      migration->without_room + migration->without_ipv6;

	log_line(LOG_LEVEL_INFO,
		 "sessions: %u of %u move to a table %s "
		 "(before: %u workers, sessions-max %lu)",
		 migration->count - lost, migration->count,
		 migration->rekeyed ? "with the key of the group"
				    : "of another shape",
		 migration->was.workers,
		 (unsigned long)migration->was.count * migration->was.workers);
	if (migration->of_two_workers > 0)
		log_line(LOG_LEVEL_WARN,
			 "%u sessions are lost: their local port is in the "
			 "share of another worker now",
			 migration->of_two_workers);
	if (migration->without_room > 0)
		log_line(LOG_LEVEL_WARN,
			 "%u sessions are lost: sessions-max is too small "
			 "for them",
			 migration->without_room);
	if (migration->without_ipv6 > 0)
		log_line(LOG_LEVEL_WARN,
			 "%u sessions are lost: the configuration has no "
			 "IPv6 addresses any more",
			 migration->without_ipv6);
}

void
migration_free(struct migration *migration)
{
	free(migration->session);
	free(migration->wide);
	migration->session = NULL;
	migration->wide = NULL;
}
