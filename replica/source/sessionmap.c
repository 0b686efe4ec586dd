/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessionmap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clocks.h"
#include "folder.h"
#include "regionfile.h"

void
sessionmap_open(struct sessionmap *map, const char *instance)
{
	*map = (struct sessionmap){.instance = instance, .region_fd = -1};
	sessionmap_follow(map);
}

static void
close_file(struct sessionmap_file *file)
{
	if (file->at == NULL)
		return;
	munmap((void *)(uintptr_t)file->at, file->size_bytes);
	close(file->fd);
	file->at = NULL;
}

static void
close_files(struct sessionmap_file file[static MX_WORKERS_MAX])
{
	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++)
		close_file(&file[i]);
}

static void
leave_region(struct sessionmap *map)
{
	if (map->region != NULL)
		mx_region_close(map->region, map->region_fd);
	map->region = NULL;
	map->region_fd = -1;
}

void
sessionmap_close(struct sessionmap *map)
{
	close_files(map->file);
	leave_region(map);
}

/* Hold the region that has the name now.  Returns false if there is none. */
static bool
hold_region(struct sessionmap *map)
{
	if (map->region != NULL &&
	    mx_region_replaced(map->instance, map->region_fd))
		leave_region(map);
	if (map->region == NULL)
		map->region = mx_region_attach(map->instance, &map->region_fd);
	return map->region != NULL;
}

/* Read the header of a file.  Returns its size, or 0 if it is not that of a worker's
 * sessions. */
static size_t
read_header(int fd, uint16_t worker, struct mx_sessions_file *header)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    (size_t)status.st_size < sizeof(*header))
		return 0;
	/* By a mapping, since hugetlbfs has no pread() on old kernels. */
	const struct mx_sessions_file *at = mmap(NULL, (size_t)status.st_size,
						 PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return 0;
	memcpy(header, at, sizeof(*header));
	munmap((void *)(uintptr_t)at, (size_t)status.st_size);
	return header->magic == MX_SESSIONS_MAGIC &&
			       header->layout == MX_SESSIONS_LAYOUT &&
			       header->worker == worker && header->count > 0 &&
			       header->count <= MX_SESSIONS_MAX &&
			       MX_SESSIONS_SIZE(header->count, header->wide) <=
				       (size_t)status.st_size
		       ? (size_t)status.st_size
		       : 0;
}

/* Map the file of a worker.  Returns false if it cannot be read. */
static bool
map_file(struct sessionmap_file *file, const struct mx_region *region,
	 uint16_t worker, struct mx_sessions_file *header)
{
	memcpy(file->path, region->header.sessions_path[worker],
	       sizeof(file->path));
	file->path[sizeof(file->path) - 1] = '\0';
	if (file->path[0] != '/')
		return false;
	file->fd = open(file->path,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0)
		return false;
	file->size_bytes = read_header(file->fd, worker, header);
	const void *at = file->size_bytes == 0
				 ? MAP_FAILED
				 : mmap(NULL, file->size_bytes, PROT_READ,
					MAP_SHARED, file->fd, 0);
	if (at == MAP_FAILED) {
		close(file->fd);
		return false;
	}
	file->at = at;
	return true;
}

static bool
are_alike(const struct mx_sessions_file *a, const struct mx_sessions_file *b)
{
	return a->count == b->count && a->workers == b->workers &&
	       a->wide == b->wide &&
	       memcmp(&a->key, &b->key, sizeof(a->key)) == 0;
}

static uint16_t
workers_of(const struct mx_region *region)
{
	const uint16_t workers = region->header.workers;

	return workers <= MX_WORKERS_MAX ? workers : 0;
}

/* Are the mapped files those that the region names, and as they were? */
static bool
is_current(const struct sessionmap *map)
{
	if (map->shape == 0 || map->workers != workers_of(map->region) ||
	    map->started_s != map->region->header.started_s)
		return false;
	for (uint16_t i = 0; i < map->workers; i++) {
		const struct sessionmap_file *file = &map->file[i];
		const struct mx_sessions_file like = {.count = map->count,
						      .workers = map->workers,
						      .wide = map->wide,
						      .key = map->key};

		if (strncmp(file->path, map->region->header.sessions_path[i],
			    sizeof(file->path)) != 0 ||
		    !mx_file_is_at(file->fd, file->path) ||
		    !are_alike(file->at, &like))
			return false;
	}
	return true;
}

/* Map the files of all workers.  Returns false, with nothing mapped, unless they
 * are of one shape, which is in *header then. */
static bool
map_all(struct sessionmap_file file[static MX_WORKERS_MAX],
	const struct mx_region *region, struct mx_sessions_file *header)
{
	const uint16_t workers = workers_of(region);
	bool fits = workers > 0;

	for (uint16_t i = 0; i < workers && fits; i++) {
		struct mx_sessions_file one;

		fits = map_file(&file[i], region, i, &one) &&
		       one.workers == workers &&
		       (uint64_t)one.count * workers <= MX_SESSIONS_MAX;
		if (i == 0)
			*header = one;
		fits = fits && are_alike(&one, header);
	}
	if (!fits)
		close_files(file);
	return fits;
}

/* Is a data plane at work?  Before its first round it lays its files out. */
static bool
has_begun(const struct sessionmap *map)
{
	return atomic_load_explicit(&map->region->ack.heartbeat,
				    memory_order_acquire) > 0 &&
	       mx_region_has_dataplane(map->region_fd);
}

bool
sessionmap_is_live(const struct sessionmap *map)
{
	return map->shape != 0 && map->region != NULL && has_begun(map) &&
	       map->region->header.started_s == map->started_s;
}

static void
note_age(struct sessionmap *map)
{
	const int64_t was_ms = wall_ms() - map->started_s * 1000;

	map->was_ms = was_ms > 0 ? was_ms : 0;
}

void
sessionmap_follow(struct sessionmap *map)
{
	struct sessionmap_file file[MX_WORKERS_MAX] = {0};
	struct mx_sessions_file header = {0};

	if (!hold_region(map) || !has_begun(map) || is_current(map) ||
	    !map_all(file, map->region, &header))
		return;
	const int64_t started_s = map->region->header.started_s;
	const struct mx_sessions_file was = {.count = map->count,
					     .workers = map->workers,
					     .wide = map->wide,
					     .key = map->key};
	close_files(map->file);
	memcpy(map->file, file, sizeof(file));
	if (map->shape != 0 && map->started_s == started_s &&
	    are_alike(&header, &was))
		return; /* the same sessions, in files that were written anew */
	map->started_s = started_s;
	note_age(map);
	map->workers = header.workers;
	map->count = header.count;
	map->wide = header.wide != 0;
	map->key = header.key;
	map->shape++;
}
