/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_FOLDER_H
#define MX_TABLES_FOLDER_H

/* The folders that hold an instance's files.  Each plane has one, and writes to
 * no other:
 *
 *   BASE/mxsteer.INSTANCE           of the data plane
 *     region                        what it shows (region.h)
 *     sessions.N                    the sessions of worker N (sessions.h)
 *     ended.N                       those of it that are over (ringfile.h)
 *     dataplane.lock                held while it runs (role.h)
 *   BASE/mxsteer-control.INSTANCE   of the control plane
 *     plan                          the plans that it publishes (planfile.h)
 *     deny.SERIAL                   deny lists (denyfile.h)
 *     capture                       frames that are wanted (capturefile.h)
 *     changed                       changes of state (ringfile.h)
 *     group, replicated, shadow.N   of a group of boxes (dataplane/group)
 *     controlplane.lock             held while it runs
 *
 * BASE is /dev/shm: it may use half of the memory, where /run may use a tenth.
 * Session files on huge pages are in a folder of the same name on hugetlbfs.
 *
 * Other users can write in /dev/shm, so a folder is used only if it belongs to
 * a user that is believed (owner.h) and nobody else can write in it.  Its files
 * are opened relative to it, never through a symbolic link, and checked in the
 * same way.
 *
 * Threads    main, before the workers start or while they are stopped. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define MX_FOLDER_BASE "/dev/shm"

#define MX_REGION_NAME "region"
#define MX_SESSIONS_NAME_MAX 16

/* Who may hold a lock of the folder; see role.h */
enum mx_role_kind { MX_ROLE_DATAPLANE, MX_ROLE_CONTROLPLANE, MX_ROLES };

/* Members of the control plane's group may read the data plane's files. */
#define MX_FOLDER_MODE 02750
#define MX_FOLDER_CONTROL_MODE 02770

struct mx_folder {
	int fd;
	bool control; /* it is the control plane's */
	bool own;     /* this process made it or may have: it is its writer */
	char path[MX_PATH_MAX];
};

/* Open the data plane's folder of an instance, and make it first if `make` is set.
 * Only the program that writes the folder's files sets it: it gives the folder
 * and the files that it opens there the control plane's group.
 * Returns 0 or -errno:
 *   -ENOENT        there is none, and `make` is not set
 *   -ENOTDIR       the name is not a folder's
 *   -EPERM         another user owns the folder, or can write in it or move it
 *   -ENAMETOOLONG  the path does not fit */
int mx_folder_open(struct mx_folder *folder, const char *base,
		   const char *instance, bool make);

/* The same for the control plane's folder in MX_FOLDER_BASE. */
int mx_folder_open_control(struct mx_folder *folder, const char *instance,
			   bool make);

void mx_folder_close(struct mx_folder *folder);

/* Close it, and remove it if it is empty. */
void mx_folder_drop(struct mx_folder *folder);

/* Open a file of the folder for reading and writing.  flags: O_CREAT, O_EXCL.
 * A file that is there keeps its group and its mode, unless the folder was
 * opened with `make` or the flags have O_CREAT.
 * Returns the descriptor or -errno: -EPERM if the file is not a regular file
 * that believed users alone can write to, or has a second name. */
int mx_folder_file(const struct mx_folder *folder, const char *name, int flags);

/* The same for reading, also as another user than the file's.  The file keeps
 * its group and its mode. */
int mx_folder_read(const struct mx_folder *folder, const char *name);

/* Remove a file of the folder.  Returns 0 or -errno. */
int mx_folder_remove(const struct mx_folder *folder, const char *name);

/* The name of the file of a worker's sessions. */
void mx_sessions_name(char name[static MX_SESSIONS_NAME_MAX], uint16_t worker);

/* Does the path still lead to the open file? */
bool mx_file_is_at(int fd, const char *path);

/* Give the file its size, and memory for all of it now: a file system that is
 * full later would end whoever touches the file with SIGBUS.
 * Returns 0 or -errno: -ENOSPC if the file system has not enough room. */
int mx_file_allocate(int fd, size_t size_bytes);

/* Write a file anew that has lost its name, in two steps, so that the caller
 * can lock it between them.  at: where the lost file is mapped.  No other
 * thread may write to that memory meanwhile.
 *
 * mx_folder_draft() makes a file without that name and copies the memory to it.
 * Returns its descriptor or -errno.
 * mx_folder_replace() gives the file its name, and maps it at `at` in place of
 * the lost one.  Returns 0, or -errno with nothing changed and fd closed. */
int mx_folder_draft(const struct mx_folder *folder, const char *name,
		    const void *at, size_t size_bytes);
int mx_folder_replace(const struct mx_folder *folder, const char *name, int fd,
		      void *at, size_t size_bytes);

/* The text of an error of mx_folder_open() or mx_folder_file(), for a person.
 */
const char *mx_folder_error(int error);

#endif /* MX_TABLES_FOLDER_H */
