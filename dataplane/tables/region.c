/* SPDX-License-Identifier: BSD-3-Clause */
#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One byte of the file stands for each role; whoever has it locked plays it.
 * Open-file-description locks, so that a role ends with its process. */
enum lock_byte { LOCK_DATAPLANE, LOCK_CONTROLPLANE };

static void
region_name(char name[static MX_PATH_MAX], const char *instance)
{
	snprintf(name, MX_PATH_MAX, "/mxsteer-%s", instance);
}

static int
region_lock(int fd, enum lock_byte role)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = role,
		.l_len = 1,
	};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

static struct mx_region *
region_map(int fd)
{
	void *at = mmap(NULL, sizeof(struct mx_region), PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

/* 0 if the file has our layout, -EPROTO if it has not, or -errno. */
static int
region_layout(int fd)
{
	struct mx_region_header header;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size != sizeof(struct mx_region))
		return -EPROTO;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return -EPROTO;
	if (header.magic != MX_REGION_MAGIC || header.abi != MX_REGION_ABI ||
	    header.size != sizeof(struct mx_region))
		return -EPROTO;
	return 0;
}

/* Open the file as the data plane and lock it.  Returns the fd or -errno;
 * *fresh says that it must be laid out, a foreign layout having made way. */
static int
region_open_locked(const char *name, bool *fresh)
{
	int fd = shm_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;

	int error = region_lock(fd, LOCK_DATAPLANE);
	if (error != 0)
		goto err_close;
	error = region_layout(fd);
	if (error == 0) {
		return fd;
	}
	if (error != -EPROTO)
		goto err_close;

	/* Whoever maps the old file keeps it; the name now means a new one. */
	shm_unlink(name);
	close(fd);
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	error = region_lock(fd, LOCK_DATAPLANE);
	if (error == 0 && ftruncate(fd, sizeof(struct mx_region)) < 0)
		error = -errno;
	if (error != 0)
		goto err_close;
	*fresh = true;
	return fd;

err_close:
	close(fd);
	return error;
}

struct mx_region *
mx_region_create(const char *instance, int *fd_out)
{
	char name[MX_PATH_MAX];
	bool fresh = false;

	region_name(name, instance);
	const int fd = region_open_locked(name, &fresh);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	struct mx_region *region = region_map(fd);
	if (region == NULL) {
		const int error = errno;
		close(fd);
		errno = error;
		return NULL;
	}

	memset(region->worker, 0, sizeof(region->worker));
	atomic_store_explicit(&region->ack.heartbeat, 0, memory_order_relaxed);
	atomic_store_explicit(&region->ack.adopted, 0, memory_order_relaxed);
	atomic_store_explicit(&region->ack.generation, 0, memory_order_release);
	if (fresh) {
		region->header.abi = MX_REGION_ABI;
		region->header.size = sizeof(struct mx_region);
		/* Last: a process killed before this leaves no region. */
		atomic_thread_fence(memory_order_release);
		region->header.magic = MX_REGION_MAGIC;
	}
	*fd_out = fd;
	return region;
}

struct mx_region *
mx_region_attach(const char *instance, int *fd_out)
{
	char name[MX_PATH_MAX];

	region_name(name, instance);
	const int fd = shm_open(name, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;

	int error = region_layout(fd);
	if (error == 0)
		error = region_lock(fd, LOCK_CONTROLPLANE);
	if (error != 0) {
		close(fd);
		errno = -error;
		return NULL;
	}
	struct mx_region *region = region_map(fd);
	if (region == NULL) {
		error = errno;
		close(fd);
		errno = error;
		return NULL;
	}
	*fd_out = fd;
	return region;
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
	char name[MX_PATH_MAX];
	struct stat mine, there;

	region_name(name, instance);
	const int now = shm_open(name, O_RDONLY | O_CLOEXEC, 0);
	if (now < 0)
		return errno == ENOENT;
	const bool known = fstat(fd, &mine) == 0 && fstat(now, &there) == 0;
	close(now);
	return known && mine.st_ino != there.st_ino;
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
	char name[MX_PATH_MAX];

	region_name(name, instance);
	return shm_unlink(name) < 0 ? -errno : 0;
}

uint64_t
mx_region_publish(struct mx_region *region, const struct mx_plan *plan)
{
	const uint64_t generation = atomic_load_explicit(&region->generation,
							 memory_order_relaxed) +
				    1;
	struct mx_plan *slot = mx_region_slot(region, generation);

	memcpy(slot, plan, MX_PLAN_SIZE(plan->pools));
	mx_plan_seal(slot, generation);
	/* Release: who sees the generation sees the whole plan. */
	atomic_store_explicit(&region->generation, generation,
			      memory_order_release);
	return generation;
}
