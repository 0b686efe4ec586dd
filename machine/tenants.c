/* SPDX-License-Identifier: BSD-3-Clause */
#include "tenants.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfile.h"

/* The kernel's flag of its own threads, in field 9 of stat (proc(5)). */
#define PF_KTHREAD 0x00200000u

/* Further threads are not looked at. */
#define THREADS_MAX 100000u

/* The programs that are named for one core. */
#define NAMED_MAX 3u

/* comm of a data plane: the kernel keeps 15 bytes of a name. */
#define DATAPLANE "mxsteer-datapla"

struct thread {
	char name[32];
	char state;
	unsigned flags;
	unsigned core;     /* where it ran last */
	char allowed[256]; /* a list of cores */
};

struct search {
	const char *root;
	const struct mx_config *config;
	struct hazards *found;
	unsigned threads;
	unsigned process; /* the process whose threads are looked at */
	bool is_own;
	uint64_t seen; /* workers for whose cores it was named */
	unsigned named[MX_WORKERS_MAX];
};

/* The name stands in brackets and may contain any byte. */
static bool
read_stat(const char *root, const char *folder, struct thread *thread)
{
	char line[512];

	if (!sysfile_line(root, (struct sysfile_text){line, sizeof(line)},
			  "%s/stat", folder))
		return false;
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	if (open == NULL || close == NULL || close < open)
		return false;
	snprintf(thread->name, sizeof(thread->name), "%.*s",
		 (int)(close - open - 1), open + 1);
	/* Fields 3, 9 and 39. */
	return sscanf(close + 1,
		      " %c %*s %*s %*s %*s %*s %u %*s %*s %*s %*s %*s %*s %*s "
		      "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		      "%*s %*s %*s %*s %*s %*s %*s %*s %*s %u",
		      &thread->state, &thread->flags, &thread->core) == 3;
}

static bool
read_allowed(const char *root, const char *folder, struct thread *thread)
{
	char path[SYSFILE_PATH_MAX], line[512];
	FILE *file = fopen(sysfile_path(root, path, "%s/status", folder), "re");
	bool read = false;

	if (file == NULL)
		return false;
	while (!read && fgets(line, sizeof(line), file) != NULL)
		read = sscanf(line, "Cpus_allowed_list: %255[0-9,-]",
			      thread->allowed) == 1;
	fclose(file);
	return read;
}

/* May the thread run on cores of workers alone? */
static bool
is_pinned(const struct search *search, const struct thread *thread)
{
	const struct mx_config_dataplane *dataplane =
		&search->config->dataplane;
	unsigned inside = 0;

	for (uint16_t i = 0; i < dataplane->worker_count; i++)
		inside += sysfile_list_has(thread->allowed,
					   dataplane->worker_core[i]);
	return inside == sysfile_list_count(thread->allowed);
}

/* Name the program as a user of a worker's core, once. */
static void
name_user(struct search *search, uint16_t worker, const struct thread *thread,
	  const char *how)
{
	if (search->seen & 1ull << worker || search->named[worker] == NAMED_MAX)
		return;
	search->seen |= 1ull << worker;
	search->named[worker]++;
	hazard_mend(hazards_add(search->found, false,
				"%s (process %u) %s worker core %u",
				thread->name, search->process, how,
				search->config->dataplane.worker_core[worker]),
		    "`taskset -acp CORES %u` gives it other cores",
		    search->process);
}

static void
look_at_thread(struct search *search, const char *folder)
{
	const struct mx_config_dataplane *dataplane =
		&search->config->dataplane;
	struct thread thread;

	if (!read_stat(search->root, folder, &thread) ||
	    thread.flags & PF_KTHREAD ||
	    !read_allowed(search->root, folder, &thread))
		return;
	const bool pinned = is_pinned(search, &thread);
	for (uint16_t i = 0; i < dataplane->worker_count; i++) {
		const unsigned core = dataplane->worker_core[i];

		if (!sysfile_list_has(thread.allowed, core))
			continue;
		if (pinned)
			name_user(search, i, &thread, "is pinned to");
		else if (thread.state == 'R' && thread.core == core)
			name_user(search, i, &thread, "runs now on");
	}
}

/* Call `each` for the folders in a folder whose names are numbers. */
static void
for_numbers(struct search *search, const char *folder,
	    void (*each)(struct search *search, const char *folder))
{
	char path[SYSFILE_PATH_MAX], inner[SYSFILE_PATH_MAX / 2];
	const struct dirent *entry;
	DIR *dir = opendir(sysfile_path(search->root, path, "%s", folder));

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		char *end;

		strtoul(entry->d_name, &end, 10);
		if (end == entry->d_name || *end != '\0' ||
		    search->threads++ == THREADS_MAX)
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", folder,
			     entry->d_name) < (int)sizeof(inner))
			each(search, inner);
	}
	closedir(dir);
}

/* Does the process hold the lock of the instance's data plane?  Without the
 * right to look, each data plane is treated as that of the instance. */
static bool
holds_lock(const char *root, const char *process, const char *instance)
{
	char path[SYSFILE_PATH_MAX], target[SYSFILE_PATH_MAX], wanted[128];
	const struct dirent *entry;
	DIR *dir = opendir(sysfile_path(root, path, "%s/fd", process));
	bool found = false;

	if (dir == NULL)
		return true;
	snprintf(wanted, sizeof(wanted), "/mxsteer.%s/dataplane.lock",
		 instance);
	while (!found && (entry = readdir(dir)) != NULL) {
		const ssize_t bytes = readlinkat(dirfd(dir), entry->d_name,
						 target, sizeof(target) - 1);

		if (bytes < (ssize_t)strlen(wanted))
			continue;
		target[bytes] = '\0';
		found = strcmp(target + bytes - strlen(wanted), wanted) == 0;
	}
	closedir(dir);
	return found;
}

static void
look_at_process(struct search *search, const char *folder)
{
	char name[32], tasks[SYSFILE_PATH_MAX / 2];

	sysfile_line(search->root, (struct sysfile_text){name, sizeof(name)},
		     "%s/comm", folder);
	if (strcmp(name, DATAPLANE) == 0 &&
	    holds_lock(search->root, folder, search->config->instance)) {
		search->is_own = true;
		return;
	}
	search->process = (unsigned)strtoul(strrchr(folder, '/') + 1, NULL, 10);
	search->seen = 0;
	if (snprintf(tasks, sizeof(tasks), "%s/task", folder) <
	    (int)sizeof(tasks))
		for_numbers(search, tasks, look_at_thread);
}

bool
tenants_check(const char *root, const struct mx_config *config,
	      struct hazards *found)
{
	struct search search = {.root = root, .config = config, .found = found};

	for_numbers(&search, "/proc", look_at_process);
	return search.is_own;
}
