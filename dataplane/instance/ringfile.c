/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changed.h"
#include "ended.h"
#include "logged.h"
#include "logsheet.h"

void
mx_ring_name(char name[static MX_RING_NAME_MAX], uint16_t worker)
{
	snprintf(name, MX_RING_NAME_MAX, "ended.%u", worker);
}

static int
open_folder(struct mx_folder *folder, const char *instance, bool control,
	    bool make)
{
	return control ? mx_folder_open_control(folder, instance, make)
		       : mx_folder_open(folder, MX_FOLDER_BASE, instance, make);
}

/* Is it the header of a ring of this version? */
static bool
is_known(const struct mx_ring *header)
{
	return header->magic == MX_RING_MAGIC &&
	       header->layout == MX_RING_LAYOUT;
}

/* Do its sizes fit each other, and a file of this size? */
static bool
fits(const struct mx_ring *header, size_t size_bytes)
{
	return header->words > 0 && header->words <= MX_RING_WORDS_MAX &&
	       header->slots > 0 && header->slots <= MX_RING_SLOTS_MAX &&
	       (header->slots & (header->slots - 1)) == 0 &&
	       mx_ring_size(header->slots, header->words) == size_bytes;
}

/* Can a writer go on with the ring? */
static bool
is_like(const struct mx_ring *ring, const struct mx_ring *like,
	size_t size_bytes)
{
	return is_known(ring) && fits(ring, size_bytes) &&
	       ring->kind == like->kind && ring->words == like->words &&
	       ring->slots == like->slots && ring->tsc_hz == like->tsc_hz;
}

/* Read the header of the file.  Returns false if it is not one. */
static bool
read_header(int fd, struct mx_ring *header, size_t *size_bytes)
{
	struct stat status;

	if (fstat(fd, &status) < 0 ||
	    pread(fd, header, sizeof(*header), 0) != sizeof(*header))
		return false;
	*size_bytes = (size_t)status.st_size;
	return true;
}

/* Lay out an empty file.  The magic comes last: a process killed before it
 * leaves no ring. */
static void
lay_out(struct mx_ring *ring, const struct mx_ring *like)
{
	ring->layout = MX_RING_LAYOUT;
	ring->kind = like->kind;
	ring->words = like->words;
	ring->slots = like->slots;
	ring->tsc_hz = like->tsc_hz;
	if (getrandom(&ring->identity, sizeof(ring->identity), GRND_NONBLOCK) <
	    0)
		ring->identity = (uint32_t)getpid();
	atomic_store_explicit(&ring->magic, MX_RING_MAGIC,
			      memory_order_release);
}

/* Open the file in the folder, with memory for all of it.  A file of another
 * layout is replaced.  Returns the descriptor or -errno. */
static int
open_file(struct mx_ring_file *file, const struct mx_folder *folder,
	  const struct mx_ring *like)
{
	struct mx_ring header;
	size_t size_bytes;

	int fd = mx_folder_file(folder, file->name, O_CREAT);
	if (fd < 0)
		return fd;
	file->kept = read_header(fd, &header, &size_bytes) &&
		     is_like(&header, like, size_bytes);
	if (!file->kept) {
		close(fd);
		mx_folder_remove(folder, file->name);
		fd = mx_folder_file(folder, file->name, O_CREAT | O_EXCL);
		if (fd < 0)
			return fd;
	}
	const int error = mx_file_allocate(fd, file->size_bytes);
	if (error == 0)
		return fd;
	close(fd);
	mx_folder_remove(folder, file->name);
	return error;
}

static int
map_file(struct mx_ring_file *file, int fd, int protection)
{
	void *at = mmap(NULL, file->size_bytes, protection,
			MAP_SHARED | MAP_POPULATE, fd, 0);

	if (at == MAP_FAILED) {
		const int error = -errno;
		close(fd);
		return error;
	}
	file->ring = at;
	file->fd = fd;
	return 0;
}

static int
set_names(struct mx_ring_file *file, const struct mx_folder *folder,
	  const char *name)
{
	snprintf(file->name, sizeof(file->name), "%s", name);
	return snprintf(file->path, sizeof(file->path), "%s/%s", folder->path,
			name) < (int)sizeof(file->path)
		       ? 0
		       : -ENAMETOOLONG;
}

int
mx_ring_file_open(struct mx_ring_file *file, const char *instance,
		  const char *name, const struct mx_ring *like)
{
	struct mx_folder folder;

	*file = (struct mx_ring_file){
		.fd = -1,
		.control = like->kind == MX_RING_CHANGED,
		.size_bytes = mx_ring_size(like->slots, like->words),
	};
	int error = open_folder(&folder, instance, file->control, true);
	if (error != 0)
		return error;
	error = set_names(file, &folder, name);
	if (error == 0) {
		const int fd = open_file(file, &folder, like);

		error = fd < 0 ? fd
			       : map_file(file, fd, PROT_READ | PROT_WRITE);
	}
	if (error == 0 && !file->kept)
		lay_out(file->ring, like);
	mx_folder_drop(&folder);
	return error;
}

/* Open a ring of that kind for its reader, and read its header.  Returns the
 * descriptor or -errno. */
static int
open_to_read(struct mx_ring_file *file, struct mx_ring *header,
	     const char *instance, const char *name, enum mx_ring_kind kind)
{
	static const uint16_t words[MX_RING_KINDS] = {
		[MX_RING_ENDED] = MX_ENDED_WORDS,
		[MX_RING_CHANGED] = MX_CHANGED_WORDS,
	};
	struct mx_folder folder;

	*file = (struct mx_ring_file){.fd = -1,
				      .control = kind == MX_RING_CHANGED};
	int error = open_folder(&folder, instance, file->control, false);
	if (error != 0)
		return error;
	error = set_names(file, &folder, name);
	const int fd = error == 0 ? mx_folder_read(&folder, name) : error;
	mx_folder_close(&folder);
	if (fd < 0)
		return fd;
	if (!read_header(fd, header, &file->size_bytes) || header->magic == 0)
		error = -EAGAIN; /* its writer is making it, or it was cut */
	else if (!is_known(header) || header->kind != kind)
		error = -EPROTO;
	else if (header->words != words[kind] ||
		 !fits(header, file->size_bytes))
		error = -EBADMSG;
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

int
mx_ring_file_attach(struct mx_ring_file *file, const char *instance,
		    const char *name, enum mx_ring_kind kind)
{
	struct mx_ring header;
	const int fd = open_to_read(file, &header, instance, name, kind);
	const int error = fd < 0 ? fd : map_file(file, fd, PROT_READ);

	if (error == 0)
		file->view = mx_ring_view(file->ring, &header);
	return error;
}

/* It maps nothing, so a file that is cut meanwhile does no harm. */
int
mx_ring_file_peek(struct mx_ring *header, const char *instance,
		  const char *name, enum mx_ring_kind kind)
{
	struct mx_ring_file file;
	uint64_t last;

	const int fd = open_to_read(&file, header, instance, name, kind);
	if (fd < 0)
		return fd;
	const uint32_t at = (uint32_t)header->head & (header->slots - 1);
	const ssize_t got = pread(fd, &last, sizeof(last),
				  (off_t)mx_ring_size(at, header->words));
	close(fd);
	return got == sizeof(last) &&
			       (last >= header->head || header->head == 0) &&
			       header->head <= MX_RING_NUMBER_MAX
		       ? 0
		       : -EBADMSG;
}

bool
mx_ring_file_is_cut(const struct mx_ring_file *file)
{
	struct stat status;

	return fstat(file->fd, &status) < 0 ||
	       (size_t)status.st_size != file->size_bytes;
}

bool
mx_ring_file_is_lost(const struct mx_ring_file *file)
{
	return file->ring != NULL && !mx_file_is_at(file->fd, file->path);
}

int
mx_ring_file_rewrite(struct mx_ring_file *file, const char *instance)
{
	struct mx_folder folder;

	int error = open_folder(&folder, instance, file->control, true);
	if (error != 0)
		return error;
	const int fd = mx_folder_draft(&folder, file->name, file->ring,
				       file->size_bytes);
	error = fd < 0 ? fd
		       : mx_folder_replace(&folder, file->name, fd, file->ring,
					   file->size_bytes);
	mx_folder_drop(&folder);
	if (error != 0)
		return error;
	close(file->fd);
	file->fd = fd;
	return 0;
}

void
mx_ring_file_close(struct mx_ring_file *file)
{
	if (file->ring == NULL)
		return;
	munmap(file->ring, file->size_bytes);
	close(file->fd);
	file->ring = NULL;
}

void
mx_ring_file_abandon(struct mx_ring_file *file, const char *instance)
{
	struct mx_folder folder;

	if (file->ring == NULL)
		return;
	if (!file->kept &&
	    open_folder(&folder, instance, file->control, false) == 0) {
		mx_folder_remove(&folder, file->name);
		mx_folder_drop(&folder);
	}
	mx_ring_file_close(file);
}

unsigned
mx_ring_files_remove(const char *instance)
{
	char name[MX_RING_NAME_MAX];
	struct mx_folder folder;
	unsigned removed = 0;

	if (open_folder(&folder, instance, false, false) == 0) {
		for (uint16_t i = 0; i < MX_WORKERS_MAX; i++) {
			mx_ring_name(name, i);
			removed += mx_folder_remove(&folder, name) == 0;
		}
		mx_folder_drop(&folder);
	}
	if (open_folder(&folder, instance, true, false) == 0) {
		removed += mx_folder_remove(&folder, MX_CHANGED_NAME) == 0;
		removed += mx_folder_remove(&folder, LOGSHEET_NAME) == 0;
		removed += mx_folder_remove(&folder, LOGGED_NAME) == 0;
		mx_folder_drop(&folder);
	}
	return removed;
}
