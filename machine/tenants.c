/* SPDX-License-Identifier: BSD-3-Clause */
#include "tenants.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "sysfile.h"

/* The kernel's flag of its own threads, in field 9 of stat (proc(5)). */
#define PF_KTHREAD 0x00200000u

/* The programs that are named for one core. */
#define NAMED_MAX 3u

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
	unsigned process; /* the process whose threads are looked at */
	unsigned own_mib; /* huge pages of the own data plane */
	uint64_t seen;    /* workers for whose cores it was named */
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

/* Read the row of a key in the file "status" of a folder, into line[size]. */
static bool
read_row(const char *root, const char *folder, const char *key,
	 struct sysfile_text line)
{
	char path[SYSFILE_PATH_MAX];
	FILE *file = fopen(sysfile_path(root, path, "%s/status", folder), "re");
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line.text, (int)line.size, file) != NULL)
		found = strncmp(line.text, key, strlen(key)) == 0;
	fclose(file);
	return found;
}

static bool
read_allowed(const char *root, const char *folder, struct thread *thread)
{
	char line[512];

	return read_row(root, folder, "Cpus_allowed_list:",
			(struct sysfile_text){line, sizeof(line)}) &&
	       sscanf(line, "%*s %255[0-9,-]", thread->allowed) == 1;
}

static unsigned
read_huge_mib(const char *root, const struct process *process)
{
	char line[64];
	unsigned kib;

	return read_row(root, process->folder, "HugetlbPages:",
			(struct sysfile_text){line, sizeof(line)}) &&
			       sscanf(line, "%*s %u", &kib) == 1
		       ? kib / 1024
		       : 0;
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
look_at_thread(const char *folder, void *arg)
{
	struct search *search = arg;
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

static void
look_at_process(const struct process *process, void *arg)
{
	struct search *search = arg;

	if (process->number == (unsigned)getpid())
		return;
	if (process_is_dataplane(search->root, process,
				 search->config->instance)) {
		search->own_mib = read_huge_mib(search->root, process);
		return;
	}
	search->process = process->number;
	search->seen = 0;
	process_each_thread(search->root, process, look_at_thread, search);
}

unsigned
tenants_check(const char *root, const struct mx_config *config,
	      struct hazards *found)
{
	struct search search = {.root = root, .config = config, .found = found};

	process_each(root, look_at_process, &search);
	return search.own_mib;
}
