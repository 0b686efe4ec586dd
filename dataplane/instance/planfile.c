/* SPDX-License-Identifier: BSD-3-Clause */
#include "planfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "log.h"
#include "owner.h"

#define NAME "plan"

/* Where a field of the region is in this file. */
#define OFFSET(field)                                                          \
	((off_t)(offsetof(struct mx_region, field) - MX_REGION_OWN_BYTES))

/* Is it a file of this version? */
static bool
has_layout(int fd)
{
	struct mx_region_plans plans;
	struct stat status;

	return fstat(fd, &status) == 0 &&
	       status.st_size == (off_t)MX_REGION_PLAN_BYTES &&
	       pread(fd, &plans, sizeof(plans), 0) == sizeof(plans) &&
	       plans.magic == MX_REGION_PLANS_MAGIC &&
	       plans.abi == MX_REGION_ABI && plans.size == MX_REGION_PLAN_BYTES;
}

/* Make an empty file in place of one that is there.  Its name comes last: a
 * process that is killed leaves no half-made file under it.
 * Returns the descriptor or -errno. */
static int
make_file(const struct mx_folder *folder)
{
	const struct mx_region_plans plans = {
		.magic = MX_REGION_PLANS_MAGIC,
		.abi = MX_REGION_ABI,
		.size = MX_REGION_PLAN_BYTES,
	};

	mx_folder_remove(folder, NAME ".new");
	const int fd = mx_folder_file(folder, NAME ".new", O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	int error = mx_file_allocate(fd, MX_REGION_PLAN_BYTES);
	if (error == 0 && pwrite(fd, &plans, sizeof(plans), 0) != sizeof(plans))
		error = -EIO;
	if (error == 0 &&
	    renameat(folder->fd, NAME ".new", folder->fd, NAME) < 0)
		error = -errno;
	if (error == 0)
		return fd;
	mx_folder_remove(folder, NAME ".new");
	close(fd);
	return error;
}

static int
open_file(const struct mx_folder *folder)
{
	const int fd = mx_folder_file(folder, NAME, 0);

	if (fd < 0)
		return fd == -ENOENT ? make_file(folder) : fd;
	/* A hole would end this process when there is no memory for it. */
	const int error = has_layout(fd)
				  ? mx_file_allocate(fd, MX_REGION_PLAN_BYTES)
				  : -EPROTO;
	if (error == 0)
		return fd;
	close(fd);
	return error == -EPROTO ? make_file(folder) : error;
}

int
mx_plan_writer_open(struct mx_plan_writer *writer, const char *instance,
		    struct mx_region *region)
{
	struct mx_folder folder;

	writer->fd = -1;
	int error = mx_folder_open_control(&folder, instance, true);
	if (error != 0)
		return error;
	const int length = snprintf(writer->path, sizeof(writer->path),
				    "%s/" NAME, folder.path);
	const int fd = length < (int)sizeof(writer->path) ? open_file(&folder)
							  : -ENAMETOOLONG;
	mx_folder_drop(&folder);
	if (fd < 0)
		return fd;
	if (mmap(&region->plans, MX_REGION_PLAN_BYTES, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		error = -errno;
		close(fd);
		return error;
	}
	writer->fd = fd;
	/* A new file goes on behind the last generation that the data plane
	 * has seen, which would else take another plan of that number for the
	 * one that it has. */
	const uint64_t seen = atomic_load_explicit(&region->ack.generation,
						   memory_order_relaxed);
	if (atomic_load_explicit(&region->generation, memory_order_relaxed) <
	    seen)
		atomic_store_explicit(&region->generation, seen,
				      memory_order_relaxed);
	return 0;
}

int
mx_plan_writer_keep(struct mx_plan_writer *writer, const char *instance,
		    struct mx_region *region)
{
	struct mx_folder folder;

	if (mx_file_is_at(writer->fd, writer->path))
		return 0;
	int error = mx_folder_open_control(&folder, instance, true);
	if (error != 0)
		return error;
	const int fd = mx_folder_draft(&folder, NAME, &region->plans,
				       MX_REGION_PLAN_BYTES);
	error = fd < 0 ? fd
		       : mx_folder_replace(&folder, NAME, fd, &region->plans,
					   MX_REGION_PLAN_BYTES);
	mx_folder_drop(&folder);
	if (error != 0)
		return error;
	close(writer->fd);
	writer->fd = fd;
	return 1;
}

void
mx_plan_writer_close(struct mx_plan_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	writer->fd = -1;
}

void
mx_plan_reader_init(struct mx_plan_reader *reader, const char *instance)
{
	*reader = (struct mx_plan_reader){.fd = -1, .instance = instance};
}

/* Log a folder or a file that is there and is not believed, once. */
static void
note(struct mx_plan_reader *reader, int error)
{
	if (error == -EPERM && error != reader->error)
		log_line(LOG_LEVEL_ERROR,
			 "plans are not believed: " MX_FOLDER_BASE
			 "/mxsteer-control.%s or its file does not belong to "
			 "user %s alone: restart both planes with one file",
			 reader->instance, mx_owner()->name);
	reader->error = error;
}

void
mx_plan_reader_look(struct mx_plan_reader *reader)
{
	struct mx_folder folder;

	if (reader->fd >= 0 && mx_file_is_at(reader->fd, reader->path))
		return;
	int error = mx_folder_open_control(&folder, reader->instance, false);
	if (error != 0) {
		note(reader, error);
		return;
	}
	const int fd = mx_folder_read(&folder, NAME);
	const int length = snprintf(reader->path, sizeof(reader->path),
				    "%s/" NAME, folder.path);
	mx_folder_close(&folder);
	error = fd < 0 ? fd : 0;
	if (fd >= 0 &&
	    (length >= (int)sizeof(reader->path) || !has_layout(fd))) {
		close(fd);
		error = -EPROTO;
	}
	note(reader, error);
	if (error != 0)
		return;
	mx_plan_reader_close(reader);
	reader->fd = fd;
}

/* Read so many bytes of the file to where the region has them. */
static bool
read_to(int fd, void *to, size_t bytes, off_t from)
{
	return pread(fd, to, bytes, from) == (ssize_t)bytes;
}

void
mx_plan_reader_poll(struct mx_plan_reader *reader, struct mx_region *region)
{
	uint64_t generation;
	uint32_t size;

	if (reader->fd < 0 ||
	    !read_to(reader->fd, &generation, sizeof(generation),
		     OFFSET(generation)) ||
	    generation == 0 || /* nothing was published yet */
	    generation == atomic_load_explicit(&region->generation,
					       memory_order_relaxed))
		return;
	struct mx_plan *plan = mx_region_slot(region, generation);
	const off_t from = OFFSET(staged) +
			   (off_t)((generation & 1) * sizeof(struct mx_staged));
	if (!read_to(reader->fd, plan, sizeof(*plan), from))
		return;
	size = plan->size_bytes;
	/* A plan of an impossible size is refused when it is checked. */
	if (size > sizeof(*plan) && size <= MX_PLAN_SIZE_MAX &&
	    !read_to(reader->fd, plan, size, from))
		return;
	atomic_store_explicit(&region->generation, generation,
			      memory_order_release);
}

void
mx_plan_reader_close(struct mx_plan_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
}

int
mx_plan_unlink(const char *instance)
{
	struct mx_folder folder;
	int error = mx_folder_open_control(&folder, instance, false);

	if (error != 0)
		return error;
	error = mx_folder_remove(&folder, NAME);
	mx_folder_drop(&folder);
	return error;
}
