/* SPDX-License-Identifier: BSD-3-Clause */
#include "identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capabilities.h"
#include "folder.h"
#include "log.h"
#include "owner.h"
#include "socketgroup.h"
#include "syscalls.h"

/* Next hops, and packets of checks that take another gateway. */
#define KEPT CAPABILITY(CAP_NET_ADMIN)
/* Of root, without a user of its own: its files may belong to that user. */
#define KEPT_BY_ROOT                                                           \
	(KEPT | CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_DAC_OVERRIDE))

int
identity_find(const struct mx_config *config)
{
	const enum mx_owner_found found = mx_owner_set(config->user);
	const struct hostuser *owner = mx_owner();
	char self[HOSTUSER_NAME_MAX];

	hostuser_name(geteuid(), self);
	if (found == MX_OWNER_MISSING) {
		log_line(LOG_LEVEL_ERROR,
			 "user: this host has no user %s: make it with "
			 "`systemd-sysusers` or `useradd --system %s`, or take "
			 "the line out of the file",
			 config->user, config->user);
		return -ENOENT;
	}
	if (found == MX_OWNER_SELF && geteuid() == 0)
		log_line(LOG_LEVEL_WARN,
			 "this host has no user " MX_OWNER_DEFAULT
			 ": the control plane runs as root; `systemd-sysusers` "
			 "makes the user");
	if (geteuid() != 0 && geteuid() != owner->uid)
		log_line(LOG_LEVEL_WARN,
			 "the control plane runs as %s, but its user is %s: a "
			 "data plane of root does not believe its plans",
			 self, owner->name);
	return 0;
}

/* Give what is in a folder of root's to the user, and the folder last: nobody
 * else can have put a file of root's into it. */
static int
give_folder(int fd, const struct hostuser *owner)
{
	const int copy = dup(fd);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	struct stat status;

	if (entries == NULL)
		return -errno;
	while ((entry = readdir(entries)) != NULL) {
		if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) ==
			    0 &&
		    S_ISREG(status.st_mode) && status.st_nlink == 1 &&
		    fchownat(fd, entry->d_name, owner->uid, owner->gid,
			     AT_SYMLINK_NOFOLLOW) < 0)
			break;
	}
	closedir(entries);
	return fchown(fd, owner->uid, owner->gid) < 0 ? -errno : 0;
}

/* Make a folder for the user.  One that is there becomes the user's if it is
 * mxsteer's own and root's. */
static int
make_folder(const char *path, mode_t mode, bool own)
{
	struct stat status;

	const bool made = mkdir(path, mode) == 0;
	if (!made && errno != EEXIST)
		return -errno;
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = fstat(fd, &status) < 0 ? -errno : 0;
	if (error == 0 && (made || own) && status.st_uid == 0)
		error = give_folder(fd, mx_owner());
	close(fd);
	return error;
}

/* The control plane's folder, which claiming the role has made. */
static int
give_files(const char *instance)
{
	struct mx_folder folder;
	struct stat status;

	int error = mx_folder_open_control(&folder, instance, true);
	if (error != 0)
		return error;
	if (fstat(folder.fd, &status) == 0 && status.st_uid == 0)
		error = give_folder(folder.fd, mx_owner());
	if (error == 0 && fchmod(folder.fd, MX_FOLDER_CONTROL_MODE) < 0)
		error = -errno;
	mx_folder_close(&folder);
	return error;
}

static int
say(const char *path, int error)
{
	if (error != 0)
		log_line(LOG_LEVEL_ERROR, "cannot give %s to user %s: %s", path,
			 mx_owner()->name, strerror(-error));
	return error;
}

/* Can the user make a file in the folder?  A state file that cannot be written
 * is reported when it is, a socket at once. */
static int
check_socket(const char *socket_path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", socket_path);
	if (access(dirname(folder), W_OK | X_OK) == 0)
		return 0;
	log_line(LOG_LEVEL_ERROR,
		 "user %s may not make %s: give the folder to that user "
		 "(chown), or name another one with -s",
		 mx_owner()->name, socket_path);
	return -EACCES;
}

static int
become(void)
{
	const struct hostuser *owner = mx_owner();
	gid_t operators = owner->gid;

	/* Of that group, so that the socket can be given to it. */
	hostuser_group(SOCKETGROUP, &operators);
	const int error = hostuser_become(owner, operators, KEPT);
	if (error != 0)
		log_line(LOG_LEVEL_ERROR, "cannot become user %s: %s",
			 owner->name, strerror(-error));
	return error;
}

int
identity_take(const char *instance, const char *state_dir,
	      const char *socket_path)
{
	const bool own_state = strcmp(state_dir, IDENTITY_STATE_FOLDER) == 0;
	char path[PATH_MAX];
	int error = 0;

	snprintf(path, sizeof(path), "%s",
		 socket_path != NULL ? socket_path
				     : IDENTITY_SOCKET_FOLDER "/x.sock");
	if (geteuid() == 0 && mx_owner()->uid != 0) {
		error = say(MX_FOLDER_BASE, give_files(instance));
		if (error == 0)
			error = say(state_dir,
				    make_folder(state_dir, 0750, own_state));
		if (error == 0 && socket_path == NULL)
			error = say(IDENTITY_SOCKET_FOLDER,
				    make_folder(IDENTITY_SOCKET_FOLDER, 0755,
						true));
		if (error == 0)
			error = become();
		if (error == 0)
			error = check_socket(path);
	} else {
		capabilities_bound(KEPT_BY_ROOT);
		capabilities_keep(geteuid() == 0 ? KEPT_BY_ROOT : KEPT);
	}
	if (error == 0)
		syscalls_refuse(false);
	return error;
}
