/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_SESSIONMAP_H
#define MX_REPLICA_SESSIONMAP_H

/* The session files of the workers, mapped for reading.
 *
 * Each start of a data plane may make other files, or empty those that are there.
 * Then they are mapped anew, all at once.
 *
 * Believed   the sizes, once they were copied and fit the file.  A session may be
 *            half-written.
 * Threads    main. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "region.h"
#include "sessions.h"

struct sessionmap_file {
	const struct mx_sessions_file *at; /* NULL: none */
	size_t size_bytes;
	int fd;
	char path[MX_PATH_MAX];
};

struct sessionmap {
	const char *instance;
	struct mx_region *region; /* NULL: there is no data plane yet */
	int region_fd;
	int64_t started_s; /* the data plane whose files they are */
	/* For how long it had been running when they were mapped.  A clock that
	 * was set back before makes it less. */
	int64_t was_ms;
	uint64_t shape; /* raised when what follows has changed; 0: no files */
	uint16_t workers;
	uint32_t count; /* sessions of each worker */
	bool wide;
	struct mx_hash_key key;
	struct sessionmap_file file[MX_WORKERS_MAX];
};

void sessionmap_open(struct sessionmap *map, const char *instance);
void sessionmap_close(struct sessionmap *map);

/* Look for files that were made anew, a few times a second. */
void sessionmap_follow(struct sessionmap *map);

/* Is the data plane running whose files are mapped?  Before and behind that, the
 * files may have sessions that are none. */
bool sessionmap_is_live(const struct sessionmap *map);

/* All slots: slot = worker * count + index. */
static inline uint32_t
sessionmap_slots(const struct sessionmap *map)
{
	return map->workers * map->count;
}

#endif /* MX_REPLICA_SESSIONMAP_H */
