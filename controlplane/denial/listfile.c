/* SPDX-License-Identifier: BSD-3-Clause */
#include "listfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "duration.h"

static void
fill_mark(struct list_mark *mark, const struct stat *status)
{
	*mark = (struct list_mark){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = status->st_size,
		.changed_s = status->st_mtim.tv_sec,
		.changed_ns = status->st_mtim.tv_nsec,
	};
}

/* Read up to `most` bytes.  Returns how many there are, or -errno. */
static ssize_t
read_up_to(int fd, char *to, size_t most)
{
	size_t have = 0;

	while (have < most) {
		const ssize_t got = read(fd, to + have, most - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static int
read_open(int fd, struct list_text *out)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if ((size_t)status.st_size > LIST_FILE_BYTES_MAX)
		return -EFBIG;
	fill_mark(&out->mark, &status);
	/* A file that grows meanwhile is read as far as it was, and its mark
	 * differs then. */
	out->text = malloc((size_t)status.st_size + 1);
	if (out->text == NULL)
		return -ENOMEM;
	const ssize_t got = read_up_to(fd, out->text, (size_t)status.st_size);
	if (got < 0) {
		free(out->text);
		out->text = NULL;
		return (int)got;
	}
	out->size_bytes = (size_t)got;
	return 0;
}

int
list_file_read(const char *path, struct list_text *out)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its other end. */
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	*out = (struct list_text){0};
	if (fd < 0)
		return -errno;
	const int error = read_open(fd, out);
	close(fd);
	return error;
}

int64_t
list_text_fresh_s(const struct list_text *text)
{
	char line[64], time[24];
	const size_t length = text->size_bytes < sizeof(line) - 1
				      ? text->size_bytes
				      : sizeof(line) - 1;

	memcpy(line, text->text, length);
	line[length] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return sscanf(line, "# fresh for %23s", time) == 1
		       ? duration_parse(time)
		       : 0;
}

void
list_file_look(const char *path, struct list_mark *out)
{
	struct stat status;

	if (stat(path, &status) == 0)
		fill_mark(out, &status);
	else
		*out = (struct list_mark){0};
}

bool
list_mark_equal(const struct list_mark *a, const struct list_mark *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed_s == b->changed_s &&
	       a->changed_ns == b->changed_ns;
}

const char *
list_file_error(int error)
{
	switch (-error) {
	case EINVAL:
		return "it is not a regular file";
	case EFBIG:
		return "it is longer than 128 MiB";
	default:
		return strerror(-error);
	}
}
