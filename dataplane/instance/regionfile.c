/* SPDX-License-Identifier: BSD-3-Clause */
#include "regionfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "older.h"

/* The byte of the file that a data plane locks while it has the region mapped:
 * it tells the control plane that the data plane lives.  The lock is of the
 * open file description, so that it ends with its process. */
#define LOCK_DATAPLANE 0

static int
region_lock(int fd)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = LOCK_DATAPLANE,
		.l_len = 1,
	};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/* Map the file, and empty memory of this process behind it. */
static struct mx_region *
region_map(int fd, int protection)
{
	void *at = mmap(NULL, sizeof(struct mx_region), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (mmap(at, MX_REGION_OWN_BYTES, protection, MAP_SHARED | MAP_FIXED,
		 fd, 0) != MAP_FAILED)
		return at;
	const int error = errno;
	munmap(at, sizeof(struct mx_region));
	errno = error;
	return NULL;
}

/* 0 if the file has our layout, -ENODATA if it has none yet, -EPROTO if it has
 * another one, or -errno. */
static int
region_layout(int fd)
{
	struct mx_region_header header;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size == 0)
		return -ENODATA;
	if (status.st_size != (off_t)MX_REGION_OWN_BYTES)
		return -EPROTO;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return -EPROTO;
	if (header.magic == 0)
		return -ENODATA;
	if (header.magic != MX_REGION_MAGIC || header.abi != MX_REGION_ABI ||
	    header.size != MX_REGION_OWN_BYTES)
		return -EPROTO;
	return 0;
}

/* Open the file as the data plane.  Returns the fd or -errno; *fresh says that
 * it must be laid out, a file of another layout having made way. */
static int
region_open(const struct mx_folder *folder, bool *fresh)
{
	int fd = mx_folder_file(folder, MX_REGION_NAME, O_CREAT);
	if (fd < 0)
		return fd;
	int error = region_lock(fd);
	if (error == 0)
		error = region_layout(fd);
	*fresh = error == -EPROTO || error == -ENODATA;
	if (*fresh) {
		/* A process that maps the old file keeps it; the name now means
		 * a new one. */
		close(fd);
		mx_folder_remove(folder, MX_REGION_NAME);
		fd = mx_folder_file(folder, MX_REGION_NAME, O_CREAT | O_EXCL);
		if (fd < 0)
			return fd;
		error = region_lock(fd);
	}
	if (error == 0)
		error = mx_file_allocate(fd, MX_REGION_OWN_BYTES);
	if (error == 0)
		return fd;
	close(fd);
	if (*fresh)
		mx_folder_remove(folder, MX_REGION_NAME);
	return error;
}

/* Map the file and hand both out, or close it.  fd: -errno if it did not open.
 */
static struct mx_region *
region_mapped(int fd, int protection, int *fd_out)
{
	int error = -fd;
	struct mx_region *region = fd < 0 ? NULL : region_map(fd, protection);

	if (region == NULL) {
		if (fd >= 0) {
			error = errno;
			close(fd);
		}
		errno = error;
		return NULL;
	}
	*fd_out = fd;
	return region;
}

struct mx_region *
mx_region_create(const char *instance, int *fd_out)
{
	struct mx_folder folder;
	bool fresh = false;

	int fd = mx_folder_open(&folder, MX_FOLDER_BASE, instance, true);
	if (fd == 0) {
		fd = region_open(&folder, &fresh);
		mx_folder_drop(&folder);
	}
	struct mx_region *region =
		region_mapped(fd, PROT_READ | PROT_WRITE, fd_out);
	if (region == NULL)
		return NULL;

	memset(region->worker, 0, sizeof(region->worker));
	atomic_store_explicit(&region->ack.heartbeat, 0, memory_order_relaxed);
	atomic_store_explicit(&region->ack.adopted, 0, memory_order_relaxed);
	atomic_store_explicit(&region->ack.generation, 0, memory_order_release);
	if (fresh) {
		region->header.abi = MX_REGION_ABI;
		region->header.size = MX_REGION_OWN_BYTES;
		/* This comes last: a process killed before it leaves no region.
		 */
		atomic_thread_fence(memory_order_release);
		region->header.magic = MX_REGION_MAGIC;
	}
	return region;
}

struct mx_region *
mx_region_attach(const char *instance, int *fd_out)
{
	struct mx_folder folder;

	int fd = mx_folder_open(&folder, MX_FOLDER_BASE, instance, false);
	if (fd == 0) {
		fd = mx_folder_read(&folder, MX_REGION_NAME);
		mx_folder_close(&folder);
	}
	const int error = fd < 0 ? 0 : region_layout(fd);
	if (error != 0) {
		close(fd);
		fd = error == -ENODATA ? -ENOENT : error;
	}
	if (fd == -ENOENT && mx_older_is_there(instance))
		fd = -EPROTO;
	return region_mapped(fd, PROT_READ, fd_out);
}

bool
mx_region_has_dataplane(int fd)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = LOCK_DATAPLANE,
		.l_len = 1,
	};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool
mx_region_replaced(const char *instance, int fd)
{
	char path[MX_PATH_MAX];

	snprintf(path, sizeof(path), MX_FOLDER_BASE "/mxsteer.%s/%s", instance,
		 MX_REGION_NAME);
	return !mx_file_is_at(fd, path);
}

int
mx_region_rewrite(const char *instance, struct mx_region *region, int *fd)
{
	struct mx_folder folder;

	int error = mx_folder_open(&folder, MX_FOLDER_BASE, instance, true);
	if (error != 0)
		return error;
	const int made = mx_folder_draft(&folder, MX_REGION_NAME, region,
					 MX_REGION_OWN_BYTES);
	error = made < 0 ? made : region_lock(made);
	if (error == 0)
		error = mx_folder_replace(&folder, MX_REGION_NAME, made, region,
					  MX_REGION_OWN_BYTES);
	mx_folder_drop(&folder);
	if (error != 0)
		return error;
	close(*fd);
	*fd = made;
	return 0;
}

void
mx_region_close(struct mx_region *region, int fd)
{
	munmap(region, sizeof(*region));
	close(fd);
}

int
mx_region_unlink(const char *instance)
{
	struct mx_folder folder;
	int error = mx_folder_open(&folder, MX_FOLDER_BASE, instance, false);

	if (error != 0)
		return error;
	error = mx_folder_remove(&folder, MX_REGION_NAME);
	mx_folder_drop(&folder);
	return error;
}
