/* SPDX-License-Identifier: BSD-3-Clause */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "replacefile.h"

/* Is it a folder of this user? */
static bool
is_own_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
	       status.st_uid == geteuid();
}

/* Make the folder unless it is there.  Returns false if it is not this
 * user's. */
static bool
make_folder(const char *path)
{
	return (mkdir(path, 0700) == 0 || errno == EEXIST) &&
	       is_own_folder(path);
}

/* Append a part to the path, and make that folder. */
static bool
enter(char path[static PATH_MAX], const char *part)
{
	const size_t used = strlen(path);

	return snprintf(path + used, PATH_MAX - used, "/%s", part) <
		       (int)(PATH_MAX - used) &&
	       make_folder(path);
}

/* Find the folder of the file, and make it.  Returns false if there is none for
 * this user. */
static bool
find_folder(char path[static PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state != NULL && state[0] == '/')
		return snprintf(path, PATH_MAX, "%s", state) < PATH_MAX &&
		       is_own_folder(path) && enter(path, "mxsteer");
	return home != NULL && home[0] == '/' &&
	       snprintf(path, PATH_MAX, "%s", home) < PATH_MAX &&
	       is_own_folder(path) && enter(path, ".local") &&
	       enter(path, "state") && enter(path, "mxsteer");
}

/* Open the file if it is this user's alone.  Returns its descriptor or -1. */
static int
open_file(const char *path, int flags)
{
	struct stat status;
	const int fd = open(
		path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		0600);

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_uid == geteuid() &&
	    (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Read the end of the file: up to HISTORY_BYTES_MAX bytes.  Returns the text, to
 * be freed, or NULL.  *whole: that is all of the file. */
static char *
read_end(const char *path, bool *whole)
{
	const int fd = open_file(path, O_RDONLY);
	char *text = fd < 0 ? NULL : malloc(HISTORY_BYTES_MAX + 1);

	if (text == NULL) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	const off_t size = lseek(fd, 0, SEEK_END);
	const off_t from =
		size > HISTORY_BYTES_MAX ? size - HISTORY_BYTES_MAX : 0;
	const ssize_t length = pread(fd, text, HISTORY_BYTES_MAX, from);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	*whole = from == 0;
	return text;
}

/* The beginning of the last `lines` lines of a text. */
static char *
last_lines(char *text, unsigned lines)
{
	char *at = text + strlen(text);

	for (; at > text; at--)
		if (at[-1] == '\n' && at[0] != '\0' && --lines == 0)
			break;
	return at;
}

void
history_open(struct history *history, void (*add)(const char *line))
{
	char folder[PATH_MAX];
	bool whole;
	char *next = NULL;

	*history = (struct history){.path = ""};
	if (!find_folder(folder) ||
	    snprintf(history->path, sizeof(history->path), "%s/history",
		     folder) >= (int)sizeof(history->path)) {
		history->path[0] = '\0';
		return;
	}
	char *text = read_end(history->path, &whole);
	if (text == NULL)
		return;
	char *last = last_lines(text, HISTORY_LINES_MAX);
	if (!whole && last == text) /* a part of a line */
		last = text + strcspn(text, "\n") +
		       (strchr(text, '\n') != NULL);
	if (!whole)
		replacefile(history->path, last, 0600);
	for (char *line = strtok_r(last, "\n", &next); line != NULL;
	     line = strtok_r(NULL, "\n", &next))
		if (ctl_is_line(line, strlen(line)) &&
		    strlen(line) < CTL_LINE_MAX)
			add(line);
	free(text);
}

void
history_add(struct history *history, const char *line)
{
	char text[CTL_LINE_MAX + 1];
	const int length = snprintf(text, sizeof(text), "%s\n", line);

	if (history->path[0] == '\0' || length >= (int)sizeof(text) ||
	    !ctl_is_line(line, (size_t)length - 1) ||
	    strncmp(history->last, line, sizeof(history->last)) == 0)
		return;
	snprintf(history->last, sizeof(history->last), "%s", line);
	const int fd = open_file(history->path, O_WRONLY | O_APPEND | O_CREAT);
	if (fd < 0)
		return;
	/* One write: the lines of two prompts are not mixed. */
	if (write(fd, text, (size_t)length) < 0)
		history->path[0] = '\0';
	close(fd);
}
