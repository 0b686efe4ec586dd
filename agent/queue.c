/* SPDX-License-Identifier: BSD-3-Clause */
#include "queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A walk through folders in folders, without recursion. */
struct walk {
	DIR *folder[QUEUE_DEPTH_MAX];
	int depth;
	uint32_t left; /* entries that it may look at */
	bool headers;  /* count the files that end in -H, and no others */
	uint64_t files;
};

/* Enter a folder; `in`: a descriptor of the one that has it, or AT_FDCWD. */
static int
enter(struct walk *walk, int in, const char *name)
{
	/* A link in a spool leads elsewhere. */
	const int fd = openat(in, name,
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC |
				      (in == AT_FDCWD ? 0 : O_NOFOLLOW));

	if (fd < 0)
		return -errno;
	DIR *folder = fdopendir(fd);
	if (folder == NULL) {
		const int error = -errno;
		close(fd);
		return error;
	}
	walk->folder[walk->depth++] = folder;
	return 0;
}

/* Some file systems do not say what an entry is. */
static bool
is_folder(int in, const struct dirent *entry)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(in, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

static bool
is_message(const struct walk *walk, const char *name)
{
	const size_t length = strlen(name);

	return !walk->headers ||
	       (length > 2 && strcmp(name + length - 2, "-H") == 0);
}

/* Look at the next entry of the innermost folder. */
static void
look(struct walk *walk)
{
	DIR *folder = walk->folder[walk->depth - 1];
	const struct dirent *entry = readdir(folder);

	if (entry == NULL) {
		closedir(folder);
		walk->depth--;
		return;
	}
	walk->left--;
	if (entry->d_name[0] == '.')
		return;
	if (!is_folder(dirfd(folder), entry))
		walk->files += is_message(walk, entry->d_name);
	else if (walk->depth < QUEUE_DEPTH_MAX)
		/* One that has gone, or may not be read, has no message that
		 * counts. */
		(void)enter(walk, dirfd(folder), entry->d_name);
}

static int
count_folder(struct walk *walk, const char *spool, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", spool, name);
	const int error = enter(walk, AT_FDCWD, path);
	while (walk->depth > 0 && walk->left > 0)
		look(walk);
	while (walk->depth > 0)
		closedir(walk->folder[--walk->depth]);
	return error;
}

int
queue_count(const struct queue *queue, uint32_t look_max, uint64_t *messages)
{
	struct walk walk = {.left = look_max,
			    .headers = queue->kind == QUEUE_OF_EXIM};
	int error;

	if (queue->kind == QUEUE_OF_EXIM) {
		error = count_folder(&walk, queue->path, "input");
	} else {
		error = count_folder(&walk, queue->path, "incoming");
		if (error == 0)
			error = count_folder(&walk, queue->path, "active");
	}
	*messages = walk.left == 0 ? look_max : walk.files;
	return error;
}
