/* SPDX-License-Identifier: BSD-3-Clause */
#include "denyfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define PREFIX "deny."
#define DRAFT PREFIX "new"
#define NAME_MAX_BYTES 32
#define HUGE_BYTES ((size_t)2 << 20)

static void
name_of(char name[static NAME_MAX_BYTES], uint64_t serial)
{
	snprintf(name, NAME_MAX_BYTES, PREFIX "%016" PRIx64, serial);
}

static int
write_all(int fd, const uint8_t *at, size_t size_bytes)
{
	while (size_bytes > 0) {
		const ssize_t wrote = write(fd, at, size_bytes);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -ENOSPC;
		at += wrote;
		size_bytes -= (size_t)wrote;
	}
	return 0;
}

static int
write_in(const struct mx_folder *folder, const struct mx_deny_table *table)
{
	char name[NAME_MAX_BYTES];

	name_of(name, mx_deny_serial(table));
	mx_folder_remove(folder, DRAFT);
	const int fd = mx_folder_file(folder, DRAFT, O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	int error = write_all(fd, (const uint8_t *)table, table->size_bytes);
	close(fd);
	if (error == 0 && renameat(folder->fd, DRAFT, folder->fd, name) < 0)
		error = -errno;
	if (error != 0)
		mx_folder_remove(folder, DRAFT);
	return error;
}

int
mx_deny_file_write(const char *instance, const struct mx_deny_table *table)
{
	struct mx_folder folder;
	int error = mx_folder_open_control(&folder, instance, true);

	if (error != 0)
		return error;
	error = write_in(&folder, table);
	mx_folder_drop(&folder);
	return error;
}

bool
mx_deny_file_exists(const char *instance, uint64_t serial)
{
	char name[NAME_MAX_BYTES];
	struct mx_folder folder;

	if (mx_folder_open_control(&folder, instance, false) != 0)
		return false;
	name_of(name, serial);
	const bool exists = faccessat(folder.fd, name, R_OK, 0) == 0;
	mx_folder_close(&folder);
	return exists;
}

/* Memory that begins at a huge page, so that the kernel can use some. */
static void *
get_memory(size_t size_bytes)
{
	const size_t room = size_bytes + HUGE_BYTES;
	uint8_t *at = mmap(NULL, room, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	const size_t skip =
		(HUGE_BYTES - (uintptr_t)at % HUGE_BYTES) % HUGE_BYTES;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t used = (size_bytes + page - 1) / page * page;
	if (skip > 0)
		munmap(at, skip);
	if (room - skip > used)
		munmap(at + skip + used, room - skip - used);
	madvise(at + skip, used, MADV_HUGEPAGE);
	return at + skip;
}

static void
give_memory(void *at, size_t size_bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap(at, (size_bytes + page - 1) / page * page);
}

static int
read_all(int fd, uint8_t *to, size_t size_bytes)
{
	while (size_bytes > 0) {
		const ssize_t got = read(fd, to, size_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		to += got;
		size_bytes -= (size_t)got;
	}
	return 0;
}

/* Read the open file, which may be cut at the same time. */
static int
read_table(int fd, uint64_t serial, size_t size_bytes,
	   struct mx_deny_table **out)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (size_bytes < sizeof(**out) || size_bytes > MX_DENY_SIZE_MAX ||
	    (uint64_t)status.st_size != size_bytes)
		return -EBADMSG;
	struct mx_deny_table *table = get_memory(size_bytes);
	if (table == NULL)
		return -ENOMEM;
	int error = read_all(fd, (uint8_t *)table, size_bytes);
	if (error == 0)
		error = mx_deny_check(table, size_bytes);
	if (error == 0 && mx_deny_serial(table) != serial)
		error = -EBADMSG;
	if (error != 0) {
		give_memory(table, size_bytes);
		return error;
	}
	*out = table;
	return 0;
}

/* Returns the descriptor or -errno. */
static int
open_file(const char *instance, uint64_t serial)
{
	char name[NAME_MAX_BYTES];
	struct mx_folder folder;

	const int error = mx_folder_open_control(&folder, instance, false);
	if (error != 0)
		return error;
	name_of(name, serial);
	const int fd = mx_folder_read(&folder, name);
	mx_folder_close(&folder);
	return fd;
}

int
mx_deny_file_read(const char *instance, uint64_t serial, uint64_t size_bytes,
		  struct mx_deny_table **out)
{
	const int fd = open_file(instance, serial);

	if (fd < 0)
		return fd;
	const int error = read_table(fd, serial, size_bytes, out);
	close(fd);
	return error;
}

/* Map the open file, or return NULL. */
static struct mx_deny_table *
map_table(int fd, size_t size_bytes)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || size_bytes > MX_DENY_SIZE_MAX ||
	    (uint64_t)status.st_size != size_bytes)
		return NULL;
	void *at = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

enum mx_deny_verdict
mx_deny_file_find(const char *instance, uint64_t serial, uint64_t size_bytes,
		  const struct mx_addr *addr)
{
	enum mx_deny_verdict verdict = MX_DENY_UNLISTED;
	const int fd = serial == 0 ? -1 : open_file(instance, serial);

	if (fd < 0)
		return verdict;
	struct mx_deny_table *table = map_table(fd, size_bytes);
	close(fd);
	if (table == NULL)
		return verdict;
	if (mx_deny_check_shape(table, size_bytes) == 0 &&
	    mx_deny_serial(table) == serial)
		verdict = mx_deny_find(table, addr);
	give_memory(table, size_bytes);
	return verdict;
}

void
mx_deny_file_free(struct mx_deny_table *table)
{
	give_memory(table, table->size_bytes);
}

static bool
is_kept(const char *name, const uint64_t *keep, uint32_t count)
{
	char kept[NAME_MAX_BYTES];

	for (uint32_t i = 0; i < count; i++) {
		name_of(kept, keep[i]);
		if (strcmp(name, kept) == 0)
			return true;
	}
	return false;
}

unsigned
mx_deny_files_prune(const char *instance, const uint64_t *keep, uint32_t count)
{
	struct mx_folder folder;
	unsigned removed = 0;

	if (mx_folder_open_control(&folder, instance, false) != 0)
		return 0;
	const int fd = openat(folder.fd, ".", O_RDONLY | O_DIRECTORY);
	DIR *all = fd < 0 ? NULL : fdopendir(fd);
	for (struct dirent *entry; all != NULL && (entry = readdir(all));)
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
		    !is_kept(entry->d_name, keep, count))
			removed +=
				mx_folder_remove(&folder, entry->d_name) == 0;
	if (all != NULL)
		closedir(all);
	else if (fd >= 0)
		close(fd);
	mx_folder_drop(&folder);
	return removed;
}
