/* SPDX-License-Identifier: BSD-3-Clause */
#include "filesink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each line of ours begins so. */
static const char *const begins[] = {"time=", "{\"time\":"};

/* May this be the first part of a line of ours? */
static bool
is_ours(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		const size_t whole = strlen(begins[i]);

		if (memcmp(text, begins[i], length < whole ? length : whole) ==
		    0)
			return true;
	}
	return false;
}

/* Cut off half a line at the end of the file.  Returns 0 or -errno: -EMEDIUMTYPE
 * if that is no half of a line of ours. */
static int
cut_end(int fd, off_t size)
{
	char text[LINE_MAX_BYTES];
	const off_t from =
		size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0;
	const ssize_t got = pread(fd, text, (size_t)(size - from), from);

	if (got != size - from)
		return got < 0 ? -errno : -EIO;
	const char *last = memrchr(text, '\n', (size_t)got);
	const char *half = last == NULL ? text : last + 1;
	const size_t length = (size_t)(text + got - half);

	if (length == 0)
		return 0;
	/* No line of ours is as long as text[]. */
	if ((last == NULL && from > 0) || !is_ours(half, length))
		return -EMEDIUMTYPE;
	return ftruncate(fd, size - (off_t)length) < 0 ? -errno : 0;
}

/* Let nobody else write to the file.  Some file systems have no locks. */
static int
lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &whole) < 0 &&
			       (errno == EAGAIN || errno == EACCES)
		       ? -EBUSY
		       : 0;
}

static int
prepare(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	int error = lock(fd);
	/* The process that held the lock may have written since. */
	if (error == 0 && fstat(fd, &status) < 0)
		error = -errno;
	return error != 0 ? error : cut_end(fd, status.st_size);
}

int
filesink_open(struct filesink *sink, const char *path)
{
	snprintf(sink->path, sizeof(sink->path), "%s", path);
	/* O_NONBLOCK: opening a FIFO must not wait for its other end. */
	sink->fd = open(path,
			O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
				O_NONBLOCK | O_NOFOLLOW,
			0640);
	if (sink->fd < 0)
		return -errno;
	const int error = prepare(sink->fd);
	if (error != 0)
		filesink_close(sink);
	return error;
}

void
filesink_close(struct filesink *sink)
{
	if (sink->fd >= 0)
		close(sink->fd);
	sink->fd = -1;
}

bool
filesink_is_named(const struct filesink *sink)
{
	struct stat mine, there;

	return fstat(sink->fd, &mine) == 0 && stat(sink->path, &there) == 0 &&
	       mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

static enum logged_loss
cause_of(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG
		       ? LOGGED_LOSS_SPACE
		       : LOGGED_LOSS_FILE;
}

/* Cut off what is there of a line that was not written whole. */
static int
cut_half(int fd, size_t half_bytes)
{
	struct stat status;

	if (half_bytes == 0)
		return 0;
	if (fstat(fd, &status) < 0)
		return errno;
	return ftruncate(fd, status.st_size - (off_t)half_bytes) < 0 ? errno
								     : 0;
}

struct batch_done
filesink_write(struct filesink *sink, const struct batch *batch)
{
	struct batch_done done = {.stuck = LOGGED_LOSS_SLOW};
	const uint32_t whole = batch_start(batch, batch->count);
	uint32_t written = 0;

	while (written < whole) {
		const ssize_t more = write(sink->fd, batch->bytes + written,
					   whole - written);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0) {
			done.error = more < 0 ? errno : ENOSPC;
			done.stuck = cause_of(done.error);
			break;
		}
		written += (uint32_t)more;
	}
	while (done.lines < batch->count && batch->end[done.lines] <= written)
		done.lines++;
	const int error =
		cut_half(sink->fd, written - batch_start(batch, done.lines));
	if (error != 0) {
		done.error = error;
		done.stuck = LOGGED_LOSS_FILE;
	}
	return done;
}

size_t
filesink_tail(const struct filesink *sink, char *text, size_t size)
{
	struct stat status;

	if (fstat(sink->fd, &status) < 0)
		return 0;
	const off_t from =
		status.st_size > (off_t)size ? status.st_size - (off_t)size : 0;
	const ssize_t got = pread(sink->fd, text, size, from);
	return got < 0 ? 0 : (size_t)got;
}
