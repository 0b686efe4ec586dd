/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessionfile.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "folder.h"
#include "older.h"

#define PAGE_BYTES 4096

/* Find the writable hugetlbfs with the smallest pages, and their size. */
static bool
find_hugetlbfs(char dir[static MX_PATH_MAX], size_t *page_bytes)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;
	struct statfs status;
	bool found = false;

	if (mounts == NULL)
		return false;
	while ((mount = getmntent(mounts)) != NULL) {
		if (strcmp(mount->mnt_type, "hugetlbfs") != 0 ||
		    strlen(mount->mnt_dir) >= MX_PATH_MAX / 2 ||
		    access(mount->mnt_dir, W_OK) != 0 ||
		    statfs(mount->mnt_dir, &status) != 0 ||
		    (found && (size_t)status.f_bsize >= *page_bytes))
			continue;
		strcpy(dir, mount->mnt_dir);
		*page_bytes = (size_t)status.f_bsize;
		found = true;
	}
	endmntent(mounts);
	return found;
}

static size_t
round_up(size_t size_bytes, size_t page_bytes)
{
	return (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
}

/* Open the file in the folder, with the wanted size and memory for all of it.
 * A file of another size is replaced.  Returns the descriptor or -errno. */
static int
open_file(const struct mx_folder *folder, const char *name, size_t size_bytes)
{
	struct stat status;

	int fd = mx_folder_file(folder, name, O_CREAT);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) == 0 && status.st_size != 0 &&
	    (size_t)status.st_size != size_bytes) {
		close(fd);
		mx_folder_remove(folder, name);
		fd = mx_folder_file(folder, name, O_CREAT | O_EXCL);
		if (fd < 0)
			return fd;
	}
	const int error = mx_file_allocate(fd, size_bytes);
	if (error == 0)
		return fd;
	close(fd);
	mx_folder_remove(folder, name);
	return error;
}

/* Map the worker's file in the folder.  Touch all pages now, so that no packet
 * has to. */
static int
map_file(struct session_file *file, const struct mx_folder *folder,
	 const char *name)
{
	const int fd = open_file(folder, name, file->size_bytes);
	if (fd < 0)
		return fd;
	void *at = mmap(NULL, file->size_bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED) {
		const int error = -errno;
		close(fd);
		mx_folder_remove(folder, name);
		return error;
	}
	file->map = at;
	file->fd = fd;
	return 0;
}

/* Open the worker's file in the instance's folder in `base`, whose file system
 * has pages of that size. */
static int
session_file_map(struct session_file *file, const char *base, size_t page_bytes,
		 const char *instance, const struct mx_sessions_file *like)
{
	char name[MX_SESSIONS_NAME_MAX];
	struct mx_folder folder;

	mx_sessions_name(name, like->worker);
	file->size_bytes =
		round_up(MX_SESSIONS_SIZE(like->count, like->wide), page_bytes);
	snprintf(file->base, sizeof(file->base), "%s", base);
	int error = mx_folder_open(&folder, base, instance, true);
	if (error != 0)
		return error;
	const int length = snprintf(file->path, sizeof(file->path), "%s/%s",
				    folder.path, name);
	error = length < (int)sizeof(file->path) ? map_file(file, &folder, name)
						 : -ENAMETOOLONG;
	mx_folder_drop(&folder);
	return error;
}

static int
look_in(const char *base, const char *instance, uint16_t worker,
	const struct mx_sessions_file **file, size_t *size_bytes)
{
	char name[MX_SESSIONS_NAME_MAX];
	struct mx_folder folder;
	struct stat status;

	int error = mx_folder_open(&folder, base, instance, false);
	if (error != 0)
		return error;
	mx_sessions_name(name, worker);
	const int fd = mx_folder_file(&folder, name, 0);
	mx_folder_close(&folder);
	if (fd < 0)
		return fd;
	error = fstat(fd, &status) < 0 ? -errno : 0;
	if (error == 0 && (size_t)status.st_size < sizeof(**file))
		error = -ENOENT;
	if (error == 0) {
		*size_bytes = (size_t)status.st_size;
		void *at =
			mmap(NULL, *size_bytes, PROT_READ, MAP_SHARED, fd, 0);
		error = at == MAP_FAILED ? -errno : 0;
		*file = at;
	}
	close(fd);
	return error;
}

int
session_file_look(const char *instance, uint16_t worker,
		  const struct mx_sessions_file **file, size_t *size_bytes)
{
	char dir[MX_PATH_MAX];
	size_t page_bytes;

	if (find_hugetlbfs(dir, &page_bytes) &&
	    look_in(dir, instance, worker, file, size_bytes) == 0)
		return 0;
	return look_in(MX_FOLDER_BASE, instance, worker, file, size_bytes);
}

static unsigned
prune_in(const char *base, const char *instance, uint16_t workers)
{
	char name[MX_SESSIONS_NAME_MAX];
	struct mx_folder folder;
	unsigned removed = 0;

	if (mx_folder_open(&folder, base, instance, false) != 0)
		return 0;
	for (uint16_t i = workers; i < MX_WORKERS_MAX; i++) {
		mx_sessions_name(name, i);
		removed += mx_folder_remove(&folder, name) == 0;
	}
	mx_folder_drop(&folder);
	return removed;
}

unsigned
session_file_prune(const char *instance, uint16_t workers)
{
	char dir[MX_PATH_MAX];
	size_t page_bytes;
	unsigned removed = prune_in(MX_FOLDER_BASE, instance, workers);

	if (find_hugetlbfs(dir, &page_bytes))
		removed += prune_in(dir, instance, workers);
	return removed;
}

static unsigned
upgrade_in(const char *base, const char *instance)
{
	struct mx_folder folder;

	if (mx_folder_open(&folder, base, instance, true) != 0)
		return 0;
	const unsigned moved = mx_older_take(&folder, base, instance);
	mx_folder_drop(&folder);
	return moved;
}

unsigned
session_file_upgrade(const char *instance)
{
	char dir[MX_PATH_MAX];
	size_t page_bytes;
	unsigned moved = upgrade_in(MX_FOLDER_BASE, instance);

	if (find_hugetlbfs(dir, &page_bytes))
		moved += upgrade_in(dir, instance);
	return moved;
}

static bool
is_kept(const struct mx_sessions_file *file,
	const struct mx_sessions_file *like)
{
	return file->magic == MX_SESSIONS_MAGIC &&
	       mx_sessions_is_known(file->layout) &&
	       file->count == like->count && file->worker == like->worker &&
	       file->workers == like->workers && file->wide == like->wide;
}

/* Lift the sessions of an earlier layout.  The number comes last: a process
 * that is killed before it leaves a file that is lifted again. */
static void
lift(struct mx_sessions_file *file)
{
	if (file->layout == MX_SESSIONS_LAYOUT)
		return;
	for (uint32_t i = 0; i < file->count; i++)
		mx_session_lift(&file->session[i]);
	atomic_signal_fence(memory_order_seq_cst);
	file->layout = MX_SESSIONS_LAYOUT;
}

int
session_file_open(struct session_file *file, const char *instance,
		  const struct mx_sessions_file *like, struct mx_hash_key *key)
{
	char dir[MX_PATH_MAX];
	size_t page_bytes;
	int error = -ENOENT;

	*file = (struct session_file){.fd = -1};
	/* A page of 1 GiB is for frames, if the sessions do not fill it. */
	if (find_hugetlbfs(dir, &page_bytes) &&
	    page_bytes <= MX_SESSIONS_SIZE(like->count, like->wide))
		error = session_file_map(file, dir, page_bytes, instance, like);
	file->huge = error == 0;
	if (error != 0)
		error = session_file_map(file, MX_FOLDER_BASE, PAGE_BYTES,
					 instance, like);
	if (error != 0)
		return error;

	file->kept = is_kept(file->map, like);
	if (file->kept) {
		lift(file->map);
		*key = file->map->key;
		return 0;
	}
	memset(file->map, 0, file->size_bytes);
	*file->map = *like;
	file->map->layout = MX_SESSIONS_LAYOUT;
	file->map->key = *key;
	file->map->magic = MX_SESSIONS_MAGIC;
	return 0;
}

void
session_file_reset(struct session_file *file, const struct mx_hash_key *key)
{
	memset(file->map->session, 0,
	       (size_t)file->map->count * sizeof(struct mx_session));
	file->map->key = *key;
	file->kept = false;
}

void
session_file_close(struct session_file *file)
{
	munmap(file->map, file->size_bytes);
	close(file->fd);
	file->map = NULL;
}

bool
session_file_is_lost(const struct session_file *file)
{
	return !mx_file_is_at(file->fd, file->path);
}

int
session_file_rewrite(struct session_file *file, const char *instance)
{
	char name[MX_SESSIONS_NAME_MAX];
	struct mx_folder folder;

	mx_sessions_name(name, file->map->worker);
	int error = mx_folder_open(&folder, file->base, instance, true);
	if (error != 0)
		return error;
	const int fd =
		mx_folder_draft(&folder, name, file->map, file->size_bytes);
	error = fd < 0 ? fd
		       : mx_folder_replace(&folder, name, fd, file->map,
					   file->size_bytes);
	mx_folder_drop(&folder);
	if (error != 0)
		return error;
	close(file->fd);
	file->fd = fd;
	return 0;
}

void
session_file_abandon(struct session_file *file, const char *instance)
{
	char name[MX_SESSIONS_NAME_MAX];
	struct mx_folder folder;

	if (file->map == NULL)
		return;
	mx_sessions_name(name, file->map->worker);
	if (!file->kept &&
	    mx_folder_open(&folder, file->base, instance, false) == 0) {
		mx_folder_remove(&folder, name);
		mx_folder_drop(&folder);
	}
	session_file_close(file);
}
