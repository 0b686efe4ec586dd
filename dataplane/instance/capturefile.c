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

/* Map the file, or with fd -1 empty memory of its size. */
static int
map(struct mx_capture *capture, int fd)
{
	void *at = mmap(NULL, capture->size_bytes, PROT_READ | PROT_WRITE,
			MAP_POPULATE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS
					       : MAP_SHARED),
			fd, 0);

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
		error = map(capture, capture->fd);
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
	int error = mx_folder_open_control(&folder, instance, true);
	if (error != 0)
		return error;
	error = make_in(capture, &folder, &like);
	mx_folder_drop(&folder);
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

/* Read or write a field of the file, at its place in this process's copy. */
#define PLACE(capture, field)                                                  \
	((off_t)((const char *)(field) - (const char *)(capture)->file))

static int
read_field(const struct mx_capture *capture, void *to, const void *field,
	   size_t bytes)
{
	return pread(capture->fd, to, bytes, PLACE(capture, field)) ==
			       (ssize_t)bytes
		       ? 0
		       : -EIO;
}

static int
write_bytes(const struct mx_capture *capture, const void *from, size_t bytes,
	    const void *field)
{
	return pwrite(capture->fd, from, bytes, PLACE(capture, field)) ==
			       (ssize_t)bytes
		       ? 0
		       : -EIO;
}

static int
read_number(const struct mx_capture *capture, _Atomic uint64_t *field)
{
	uint64_t value;
	const int error = read_field(capture, &value, field, sizeof(value));

	/* Release: what lies before a tail has been read. */
	if (error == 0)
		atomic_store_explicit(field, value, memory_order_release);
	return error;
}

static int
read_lease(struct mx_capture *capture)
{
	uint32_t lease_s;
	const int error = read_field(capture, &lease_s, &capture->file->lease_s,
				     sizeof(lease_s));

	if (error == 0)
		atomic_store_explicit(&capture->file->lease_s, lease_s,
				      memory_order_relaxed);
	return error;
}

/* Begin where another data plane has ended. */
static int
begin_rings(struct mx_capture *capture)
{
	int error = read_lease(capture);

	for (uint16_t i = 0; i < capture->file->workers && error == 0; i++) {
		struct mx_capture_ring *ring = &capture->file->ring[i];

		error = read_number(capture, &ring->head);
		if (error == 0)
			error = read_number(capture, &ring->tail);
		for (uint16_t p = 0; p < MX_PORTS_MAX && error == 0; p++)
			error = read_number(capture, &ring->lost[p]);
		capture->carried[i] = mx_capture_head(ring);
		atomic_store_explicit(&ring->head, capture->carried[i],
				      memory_order_relaxed);
	}
	return error;
}

/* Carry the bytes from `at` up to head over, as far as the ring's end. */
static int
carry_piece(const struct mx_capture *capture, struct mx_capture_ring *ring,
	    uint64_t *at, uint64_t head)
{
	const uint32_t first = (uint32_t)(*at % MX_CAPTURE_RING_BYTES);
	const uint64_t to_end = MX_CAPTURE_RING_BYTES - first;
	const uint64_t bytes = head - *at < to_end ? head - *at : to_end;

	*at += bytes;
	return write_bytes(capture, &ring->bytes[first], bytes,
			   &ring->bytes[first]);
}

static int
carry_ring(struct mx_capture *capture, uint16_t worker)
{
	struct mx_capture_ring *ring = &capture->file->ring[worker];
	uint64_t *at = &capture->carried[worker];
	/* Acquire: with the head the records before it are visible. */
	const uint64_t head =
		atomic_load_explicit(&ring->head, memory_order_acquire);
	uint64_t lost[MX_PORTS_MAX];
	int error = 0;

	for (uint16_t p = 0; p < MX_PORTS_MAX; p++)
		lost[p] = atomic_load_explicit(&ring->lost[p],
					       memory_order_relaxed);
	while (*at != head && error == 0)
		error = carry_piece(capture, ring, at, head);
	if (error == 0)
		error = write_bytes(capture, lost, sizeof(lost), ring->lost);
	/* Last, so that the control plane finds all that is before the head. */
	if (error == 0)
		error = write_bytes(capture, &head, sizeof(head), &ring->head);
	return error == 0 ? read_number(capture, &ring->tail) : error;
}

int
mx_capture_carry(struct mx_capture *capture)
{
	int error = read_lease(capture);

	for (uint16_t i = 0; i < capture->file->workers && error == 0; i++)
		error = carry_ring(capture, i);
	return error;
}

void
mx_capture_take(struct mx_capture *capture)
{
	const int32_t self = getpid();

	write_bytes(capture, &self, sizeof(self), &capture->file->taken);
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
	int error = mx_folder_open_control(&folder, instance, false);
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
		error = map(capture, -1);
	if (error == 0) {
		capture->file->workers = workers;
		error = begin_rings(capture);
	}
	if (error == 0)
		return 0;
	if (capture->file != NULL)
		mx_capture_close(capture);
	else
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
	int error = mx_folder_open_control(&folder, instance, false);

	if (error != 0)
		return error;
	error = mx_folder_remove(&folder, NAME);
	mx_folder_drop(&folder);
	return error;
}
