/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define SHM_DIR "/dev/shm"

/* The first writable hugetlbfs, and the size of its pages. */
static bool
find_hugetlbfs(char dir[static MX_PATH_MAX], size_t *page_bytes)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;
	struct statfs status;
	bool found = false;

	if (mounts == NULL)
		return false;
	while (!found && (mount = getmntent(mounts)) != NULL) {
		if (strcmp(mount->mnt_type, "hugetlbfs") != 0 ||
		    strlen(mount->mnt_dir) >= MX_PATH_MAX / 2 ||
		    access(mount->mnt_dir, W_OK) != 0 ||
		    statfs(mount->mnt_dir, &status) != 0)
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

/* Open dir's file of the right size and map all of it, touched now rather
 * than by a packet.  A file of another size makes way. */
static int
store_map(struct store *store, size_t page_bytes)
{
	const size_t size = round_up(store->size_bytes, page_bytes);
	struct stat status;

	int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && status.st_size != 0 &&
	    (size_t)status.st_size != size) {
		close(fd);
		unlink(store->path);
		fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
	}
	void *at = MAP_FAILED;
	int error = 0;
	/* Reserved here, so that a full memory is an error now and not a bus
	 * error at some packet; hugetlbfs reserves by mapping. */
	if (ftruncate(fd, (off_t)size) < 0 ||
	    (!store->huge &&
	     (error = posix_fallocate(fd, 0, (off_t)size)) != 0))
		error = error != 0 ? error : errno;
	if (error == 0) {
		at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, fd, 0);
		error = at == MAP_FAILED ? errno : 0;
	}
	close(fd);
	if (error != 0) {
		unlink(store->path);
		return error == ENOSPC ? -ENOMEM : -error;
	}
	store->file = at;
	store->size_bytes = size;
	return 0;
}

static int
store_path(char path[static MX_PATH_MAX], const char *dir, const char *instance,
	   uint16_t worker)
{
	const int length =
		snprintf(path, MX_PATH_MAX, "%s/mxsteer-%s.sessions.%u", dir,
			 instance, worker);

	return length > 0 && length < MX_PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int
store_map_in(struct store *store, const char *dir, size_t page_bytes,
	     const char *instance, uint16_t worker)
{
	const int error = store_path(store->path, dir, instance, worker);

	return error != 0 ? error : store_map(store, page_bytes);
}

void
store_prune(const char *instance, uint16_t workers)
{
	char dir[MX_PATH_MAX];
	char path[MX_PATH_MAX];
	size_t page_bytes;
	const bool huge = find_hugetlbfs(dir, &page_bytes);

	for (uint16_t i = workers; i < MX_WORKERS_MAX; i++) {
		if (store_path(path, SHM_DIR, instance, i) == 0)
			unlink(path);
		if (huge && store_path(path, dir, instance, i) == 0)
			unlink(path);
	}
}

static bool
is_kept(const struct mx_sessions_file *file,
	const struct mx_sessions_file *like)
{
	return file->magic == MX_SESSIONS_MAGIC &&
	       file->layout == MX_SESSIONS_LAYOUT &&
	       file->count == like->count && file->worker == like->worker &&
	       file->workers == like->workers && file->wide == like->wide;
}

int
store_open(struct store *store, const char *instance,
	   const struct mx_sessions_file *like, struct mx_hash_key *key)
{
	const size_t size = MX_SESSIONS_SIZE(like->count, like->wide);
	char dir[MX_PATH_MAX];
	size_t page_bytes;
	int error = -ENOENT;

	*store = (struct store){.size_bytes = size};
	if (find_hugetlbfs(dir, &page_bytes)) {
		store->huge = true;
		error = store_map_in(store, dir, page_bytes, instance,
				     like->worker);
	}
	if (error != 0) {
		store->huge = false;
		store->size_bytes = size;
		error = store_map_in(store, SHM_DIR, 4096, instance,
				     like->worker);
	}
	if (error != 0)
		return error;

	store->kept = is_kept(store->file, like);
	if (store->kept) {
		*key = store->file->key;
		return 0;
	}
	memset(store->file, 0, store->size_bytes);
	*store->file = *like;
	store->file->layout = MX_SESSIONS_LAYOUT;
	store->file->key = *key;
	store->file->magic = MX_SESSIONS_MAGIC;
	return 0;
}

void
store_reset(struct store *store, const struct mx_hash_key *key)
{
	memset(store->file->session, 0,
	       (size_t)store->file->count * sizeof(struct mx_session));
	store->file->key = *key;
	store->kept = false;
}

void
store_close(struct store *store)
{
	munmap(store->file, store->size_bytes);
	store->file = NULL;
}
