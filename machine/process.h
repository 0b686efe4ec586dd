/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_PROCESS_H
#define MX_MACHINE_PROCESS_H

/* Processes of this machine, and the files that they have open, in /proc.
 * Other users' processes show their files to root alone.
 *
 * Threads    any. */
#include <stdbool.h>

#define PROCESS_FOLDER_MAX 64
#define PROCESS_NAME_MAX 32

struct process {
	unsigned number;
	char name[PROCESS_NAME_MAX];
	char folder[PROCESS_FOLDER_MAX]; /* "/proc/12" */
};

/* Call visit() for each process. */
void process_each(const char *root,
		  void (*visit)(const struct process *process, void *arg),
		  void *arg);

/* Call visit() for each thread of a process, with its folder. */
void process_each_thread(const char *root, const struct process *process,
			 void (*visit)(const char *folder, void *arg),
			 void *arg);

enum process_open {
	PROCESS_HAS_OPEN,
	PROCESS_HAS_NOT_OPEN,
	PROCESS_HIDES, /* this user may not look */
};

/* Has the process that file of this machine open?  Its name in /proc proves
 * nothing: any user can have a file of such a name, in another folder or in a
 * mount namespace.  So the files themselves are compared. */
enum process_open process_has_open(const char *root,
				   const struct process *process,
				   const char *path);

/* Is it the data plane of that instance?  A data plane whose files this user may
 * not see is treated as if it were. */
bool process_is_dataplane(const char *root, const struct process *process,
			  const char *instance);

#endif /* MX_MACHINE_PROCESS_H */
