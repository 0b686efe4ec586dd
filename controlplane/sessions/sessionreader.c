/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessionreader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traffic.h"

struct session_reader *
session_reader_open(const struct mx_region *region)
{
	struct session_reader *file = aligned_alloc(64, sizeof(*file));

	if (file == NULL)
		return NULL;
	file->region = region;
	file->worker = 0;
	file->fd = -1;
	file->unread = false;
	return file;
}

void
session_reader_close(struct session_reader *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

/* Is it a session file? */
static bool
read_header(int fd, struct mx_sessions_file *header)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       pread(fd, header, sizeof(*header), 0) == sizeof(*header) &&
	       header->magic == MX_SESSIONS_MAGIC &&
	       mx_sessions_is_known(header->layout) &&
	       header->count <= MX_SESSIONS_MAX &&
	       MX_SESSIONS_SIZE(header->count, header->wide) <=
		       (size_t)status.st_size;
}

static void
end_file(struct session_reader *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	file->worker++;
}

/* Open the file of a worker.  Returns -1 if it cannot be opened. */
static int
open_of(const struct mx_region *region, uint16_t worker)
{
	char path[MX_PATH_MAX];

	memcpy(path, region->header.sessions_path[worker], sizeof(path));
	path[sizeof(path) - 1] = '\0';
	if (path[0] != '/')
		return -1;
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

/* Open the file of the worker whose turn it is, and note how many sessions
 * there are. */
static bool
begin_file(struct session_reader *file)
{
	struct mx_sessions_file header;

	file->fd = open_of(file->region, file->worker);
	if (file->fd < 0 || !read_header(file->fd, &header))
		return false;
	file->sessions = header.count;
	file->wide = header.wide != 0;
	file->older = header.layout < MX_SESSIONS_LAYOUT;
	file->first = 0;
	return true;
}

static bool
read_wide(struct session_reader *file)
{
	const size_t bytes = file->count * sizeof(file->wide_of[0]);
	const size_t at = MX_SESSIONS_SIZE(file->sessions, 0) +
			  file->first * sizeof(file->wide_of[0]);

	return file->wide && pread(file->fd, file->wide_of, bytes, (off_t)at) ==
				     (ssize_t)bytes;
}

/* Read the next chunk of the open file.  Returns false at its end. */
static bool
read_chunk(struct session_reader *file)
{
	const uint32_t left = file->sessions - file->first;
	const uint32_t wanted =
		left < SESSION_READER_CHUNK ? left : SESSION_READER_CHUNK;

	if (wanted == 0)
		return false;
	const ssize_t got = pread(file->fd, file->session,
				  wanted * sizeof(file->session[0]),
				  (off_t)MX_SESSIONS_SIZE(file->first, 0));
	file->count =
		got > 0 ? (uint32_t)((size_t)got / sizeof(file->session[0]))
			: 0;
	if (file->older)
		for (uint32_t i = 0; i < file->count; i++)
			mx_session_lift(&file->session[i]);
	file->has_wide = read_wide(file);
	file->unread |= file->count < wanted || file->has_wide != file->wide;
	file->first += file->count;
	return file->count > 0;
}

bool
session_reader_next(struct session_reader *file)
{
	while (file->worker < traffic_workers(file->region)) {
		if (file->fd < 0 && !begin_file(file))
			file->unread = true;
		else if (read_chunk(file))
			return true;
		end_file(file);
	}
	return false;
}

uint8_t
session_reader_state(const struct session_reader *file, uint32_t i)
{
	const uint8_t state = atomic_load_explicit(&file->session[i].state,
						   memory_order_relaxed);

	/* A state out of range is from a half-written session or a broken file:
	 * it counts as no session. */
	return state < MX_SESSION_STATES ? state : MX_SESSION_FREE;
}

struct mx_session_wide
session_reader_ends(const struct session_reader *file, uint32_t i)
{
	return mx_session_ends(&file->session[i],
			       file->has_wide ? &file->wide_of[i] : NULL);
}

bool
session_reader_key(const struct mx_region *region, struct mx_hash_key *key)
{
	struct mx_sessions_file header;
	const int fd = open_of(region, 0);

	if (fd < 0)
		return false;
	const bool known = read_header(fd, &header);
	if (known)
		*key = header.key;
	close(fd);
	return known;
}
