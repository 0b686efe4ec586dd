/* SPDX-License-Identifier: BSD-3-Clause */
#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sysfile.h"

/* comm of a data plane: the kernel keeps 15 bytes of a name. */
#define DATAPLANE "mxsteer-datapla"

/* Read on to the next name that is a number.  Returns false at the end. */
static bool
next_number(DIR *dir, unsigned *number)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		char *end;

		*number = (unsigned)strtoul(entry->d_name, &end, 10);
		if (end != entry->d_name && *end == '\0')
			return true;
	}
	return false;
}

void
process_each(const char *root,
	     void (*visit)(const struct process *process, void *arg), void *arg)
{
	char path[SYSFILE_PATH_MAX];
	struct process process;
	DIR *dir = opendir(sysfile_path(root, path, "/proc"));

	if (dir == NULL)
		return;
	while (next_number(dir, &process.number)) {
		snprintf(process.folder, sizeof(process.folder), "/proc/%u",
			 process.number);
		/* A process that has ended meanwhile has no name. */
		if (sysfile_line(root,
				 (struct sysfile_text){process.name,
						       sizeof(process.name)},
				 "%s/comm", process.folder))
			visit(&process, arg);
	}
	closedir(dir);
}

void
process_each_thread(const char *root, const struct process *process,
		    void (*visit)(const char *folder, void *arg), void *arg)
{
	char path[SYSFILE_PATH_MAX], folder[PROCESS_FOLDER_MAX + 24];
	unsigned number;
	DIR *dir =
		opendir(sysfile_path(root, path, "%s/task", process->folder));

	if (dir == NULL)
		return;
	while (next_number(dir, &number)) {
		snprintf(folder, sizeof(folder), "%s/task/%u", process->folder,
			 number);
		visit(folder, arg);
	}
	closedir(dir);
}

static bool
ends_in(const char *text, const char *end)
{
	const size_t bytes = strlen(text), wanted = strlen(end);

	return bytes >= wanted && strcmp(text + bytes - wanted, end) == 0;
}

/* A container has a node of its own for a device, with the same number. */
static bool
is_same(const struct stat *one, const struct stat *other)
{
	if (S_ISCHR(one->st_mode) && S_ISCHR(other->st_mode))
		return one->st_rdev == other->st_rdev;
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* The name is looked at first: a file system that does not answer could hold up
 * whoever asks for more. */
static bool
leads_to(int folder, const char *name, const char *path,
	 const struct stat *wanted)
{
	char target[SYSFILE_PATH_MAX];
	struct stat status;
	const ssize_t bytes =
		readlinkat(folder, name, target, sizeof(target) - 1);

	if (bytes < 0)
		return false;
	target[bytes] = '\0';
	return ends_in(target, path) &&
	       fstatat(folder, name, &status, 0) == 0 &&
	       is_same(&status, wanted);
}

enum process_open
process_has_open(const char *root, const struct process *process,
		 const char *path)
{
	char text[SYSFILE_PATH_MAX];
	const struct dirent *entry;
	struct stat wanted;
	bool found = false;
	DIR *dir = opendir(sysfile_path(root, text, "%s/fd", process->folder));

	if (dir == NULL)
		return PROCESS_HIDES;
	if (stat(sysfile_path(root, text, "%s", path), &wanted) == 0)
		while (!found && (entry = readdir(dir)) != NULL)
			found = leads_to(dirfd(dir), entry->d_name, path,
					 &wanted);
	closedir(dir);
	return found ? PROCESS_HAS_OPEN : PROCESS_HAS_NOT_OPEN;
}

bool
process_is_dataplane(const char *root, const struct process *process,
		     const char *instance)
{
	char lock[128];

	/* dataplane/instance/folder.h */
	snprintf(lock, sizeof(lock), "/dev/shm/mxsteer.%s/dataplane.lock",
		 instance);
	return strcmp(process->name, DATAPLANE) == 0 &&
	       process_has_open(root, process, lock) != PROCESS_HAS_NOT_OPEN;
}
