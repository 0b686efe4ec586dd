/* SPDX-License-Identifier: BSD-3-Clause */
#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfile.h"

/* Further processes, and further threads of a process, are not looked at. */
#define ENTRIES_MAX 100000u

/* comm of a data plane: the kernel keeps 15 bytes of a name. */
#define DATAPLANE "mxsteer-datapla"

/* Read on to the next name that is a number.  Returns false at the end. */
static bool
next_number(DIR *dir, unsigned *number)
{
	const struct dirent *entry;

	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		char *end;

		entry = readdir(dir);
		if (entry == NULL)
			return false;
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

enum process_open
process_has_open(const char *root, const struct process *process,
		 const char *end)
{
	char path[SYSFILE_PATH_MAX], target[SYSFILE_PATH_MAX];
	const struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(sysfile_path(root, path, "%s/fd", process->folder));

	if (dir == NULL)
		return PROCESS_HIDES;
	while (!found && (entry = readdir(dir)) != NULL) {
		const ssize_t bytes = readlinkat(dirfd(dir), entry->d_name,
						 target, sizeof(target) - 1);

		if (bytes < 0)
			continue;
		target[bytes] = '\0';
		found = ends_in(target, end);
	}
	closedir(dir);
	return found ? PROCESS_HAS_OPEN : PROCESS_HAS_NOT_OPEN;
}

bool
process_is_dataplane(const char *root, const struct process *process,
		     const char *instance)
{
	char lock[128];

	snprintf(lock, sizeof(lock), "/mxsteer.%s/dataplane.lock", instance);
	return strcmp(process->name, DATAPLANE) == 0 &&
	       process_has_open(root, process, lock) != PROCESS_HAS_NOT_OPEN;
}
