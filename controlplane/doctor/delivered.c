/* SPDX-License-Identifier: BSD-3-Clause */
#include "delivered.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "X-mxsteer-doctor: "
#define RECEIVED "\nReceived:"

/* Another host may have written the file, by its own clock. */
#define CLOCK_SLACK_S 300

struct search {
	const char *id;
	int64_t oldest_s;
	char *received;
	char text[DELIVERED_TAIL + 2]; /* a line feed, the file, a terminator */
};

/* Copy a header without its folds. */
static void
unfold(const char *from, char out[static DELIVERED_HEADER_MAX])
{
	size_t used = 0;

	for (; *from != '\0' && used < DELIVERED_HEADER_MAX - 1; from++) {
		if (*from == '\n' && from[1] != ' ' && from[1] != '\t')
			break;
		const char c = *from < ' ' || *from > '~' ? ' ' : *from;
		if (c != ' ' || (used > 0 && out[used - 1] != ' '))
			out[used++] = c;
	}
	out[used] = '\0';
}

/* Where the message with this line begins: behind the last empty line before
 * it. */
static char *
begin_of(const char *text, char *line)
{
	while (line > text && !(line[0] == '\n' && line[-1] == '\n'))
		line--;
	return line;
}

/* Look in a text without CRs.  Each MTA puts its header above those of before. */
static int
look_in_text(struct search *s)
{
	char wanted[128];
	char *last = NULL;

	snprintf(wanted, sizeof(wanted), "\n" NAME "%.64s", s->id);
	char *line = strcasestr(s->text, wanted);
	if (line == NULL)
		return -ENOENT;
	char *end = strstr(line, "\n\n");
	if (end != NULL)
		end[1] = '\0';
	for (char *at = begin_of(s->text, line);
	     (at = strcasestr(at, RECEIVED)) != NULL; at++)
		last = at;
	if (last == NULL)
		return -ENODATA;
	unfold(last + strlen(RECEIVED), s->received);
	return 0;
}

/* Read the end of a file into the text, without CRs and NULs. */
static int
read_end(struct search *s, int fd, off_t size)
{
	const off_t at = size > DELIVERED_TAIL ? size - DELIVERED_TAIL : 0;
	char *in = s->text + 1, *out = in;
	size_t left = DELIVERED_TAIL;
	ssize_t got;

	while (left > 0 &&
	       (got = pread(fd, in, left, at + (in - s->text - 1))) > 0) {
		in += got;
		left -= (size_t)got;
	}
	for (const char *c = s->text + 1; c < in; c++)
		if (*c != '\r' && *c != '\0')
			*out++ = *c;
	*out = '\0';
	s->text[0] = '\n';
	return 0;
}

static int
look_in_file(struct search *s, int folder, const char *name)
{
	struct stat file;
	/* No pipe may stop this program. */
	const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = -ENOENT;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &file) != 0)
		error = -errno;
	else if (S_ISREG(file.st_mode) && file.st_mtim.tv_sec >= s->oldest_s)
		error = read_end(s, fd, file.st_size);
	close(fd);
	return error == 0 ? look_in_text(s) : error;
}

/* A file may vanish in between: somebody reads his mail. */
static int
look_in_folder(struct search *s, const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int error = -ENOENT;

	if (folder == NULL)
		return -errno;
	while (error == -ENOENT && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' &&
		    (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN))
			error = look_in_file(s, dirfd(folder), entry->d_name);
	closedir(folder);
	return error;
}

static int
look(struct search *s, const char *path)
{
	char inner[PATH_MAX];
	struct stat file;

	if (stat(path, &file) != 0)
		return -errno;
	if (!S_ISDIR(file.st_mode))
		return look_in_file(s, AT_FDCWD, path);
	snprintf(inner, sizeof(inner), "%s/new", path);
	if (stat(inner, &file) != 0)
		return look_in_folder(s, path);
	const int error = look_in_folder(s, inner);
	if (error != -ENOENT)
		return error;
	snprintf(inner, sizeof(inner), "%s/cur", path);
	return look_in_folder(s, inner);
}

int
delivered_find(const char *path, const char *id, int64_t since_s,
	       char received[static DELIVERED_HEADER_MAX])
{
	struct search *search = malloc(sizeof(*search));

	if (search == NULL)
		return -ENOMEM;
	search->id = id;
	search->oldest_s = since_s - CLOCK_SLACK_S;
	search->received = received;
	const int error = look(search, path);
	free(search);
	return error;
}
