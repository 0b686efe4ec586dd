/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define NAME "capture"
#define DRAFT NAME ".new"

static int
map(struct mx_capture *capture)
{
	void *at = mmap(NULL, capture->size_bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, capture->fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	capture->file = at;
	return 0;
}

static int
name_path(struct mx_capture *capture, const struct mx_folder *folder)
{
	const int length = snprintf(capture->path, sizeof(capture->path),
				    "%s/" NAME, folder->path);

	return length < (int)sizeof(capture->path) ? 0 : -ENAMETOOLONG;
}

/* Make the file under another name first, so that the data plane never sees a
 * half-made one. */
static int
make_draft(struct mx_capture *capture, const struct mx_folder *folder)
{
	mx_folder_remove(folder, DRAFT);
	capture->fd = mx_folder_file(folder, DRAFT, O_CREAT | O_EXCL);
	if (capture->fd < 0)
		return capture->fd;
	int error = mx_file_allocate(capture->fd, capture->size_bytes);
	if (error == 0)
		error = map(capture);
	if (error != 0) {
		close(capture->fd);
		mx_folder_remove(folder, DRAFT);
	}
	return error;
}

static int
make_in(struct mx_capture *capture, const struct mx_folder *folder,
	const struct mx_capture_file *like)
{
	int error = name_path(capture, folder);
	if (error == 0)
		error = make_draft(capture, folder);
	if (error != 0)
		return error;
	memcpy(capture->file, like, sizeof(*like));
	if (renameat(folder->fd, DRAFT, folder->fd, NAME) == 0)
		return 0;
	error = -errno;
	mx_capture_close(capture);
	mx_folder_remove(folder, DRAFT);
	return error;
}

int
mx_capture_create(struct mx_capture *capture, const char *instance,
		  const struct mx_capture_filter *filter, uint16_t workers,
		  uint32_t lease_s)
{
	const struct mx_capture_file like = {
		.magic = MX_CAPTURE_MAGIC,
		.layout = MX_CAPTURE_LAYOUT,
		.workers = workers,
		.filter = *filter,
		.lease_s = lease_s,
	};
	struct mx_folder folder;

	*capture = (struct mx_capture){
		.fd = -1,
		.size_bytes = MX_CAPTURE_SIZE(workers),
		.filter = *filter,
	};
	int error = mx_folder_open(&folder, MX_FOLDER_BASE, instance, false);
	if (error != 0)
		return error;
	error = make_in(capture, &folder, &like);
	mx_folder_close(&folder);
	return error;
}

/* Read the header once, and check it: the file may change at any time.
 * Returns 0 with the filter, or -EPROTO. */
static int
read_header(struct mx_capture *capture, uint16_t workers)
{
	struct mx_capture_file header;
	struct stat status;

	if (fstat(capture->fd, &status) < 0 ||
	    (size_t)status.st_size != capture->size_bytes ||
	    pread(capture->fd, &header, sizeof(header), 0) != sizeof(header))
		return -EPROTO;
	capture->filter = header.filter;
	return header.magic == MX_CAPTURE_MAGIC &&
			       header.layout == MX_CAPTURE_LAYOUT &&
			       header.workers == workers &&
			       header.filter.bytes >= MX_CAPTURE_BYTES_MIN &&
			       header.filter.bytes <= MX_CAPTURE_BYTES_MAX
		       ? 0
		       : -EPROTO;
}

int
mx_capture_attach(struct mx_capture *capture, const char *instance,
		  uint16_t workers)
{
	struct mx_folder folder;

	*capture = (struct mx_capture){
		.fd = -1,
		.size_bytes = MX_CAPTURE_SIZE(workers),
	};
	int error = mx_folder_open(&folder, MX_FOLDER_BASE, instance, false);
	if (error != 0)
		return error;
	error = name_path(capture, &folder);
	if (error == 0) {
		capture->fd = mx_folder_file(&folder, NAME, 0);
		error = capture->fd < 0 ? capture->fd : 0;
	}
	mx_folder_close(&folder);
	if (error != 0)
		return error;
	error = read_header(capture, workers);
	if (error == 0)
		error = map(capture);
	if (error != 0)
		close(capture->fd);
	return error;
}

bool
mx_capture_is_named(const struct mx_capture *capture)
{
	return mx_file_is_at(capture->fd, capture->path);
}

void
mx_capture_close(struct mx_capture *capture)
{
	munmap(capture->file, capture->size_bytes);
	close(capture->fd);
	*capture = (struct mx_capture){.fd = -1};
}

int
mx_capture_unlink(const char *instance)
{
	struct mx_folder folder;
	int error = mx_folder_open(&folder, MX_FOLDER_BASE, instance, false);

	if (error != 0)
		return error;
	error = mx_folder_remove(&folder, NAME);
	mx_folder_drop(&folder);
	return error;
}
