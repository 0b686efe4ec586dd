/* SPDX-License-Identifier: BSD-3-Clause */
#include "removal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capturefile.h"
#include "denyfile.h"
#include "folder.h"
#include "groupfiles.h"
#include "log.h"
#include "owner.h"
#include "planfile.h"
#include "regionfile.h"
#include "ringfile.h"
#include "role.h"
#include "scalar.h"
#include "sessionfile.h"
#include "tap.h"

static bool
is_name(const char *text)
{
	const struct scalar name = {.kind = SCALAR_NAME};
	char parsed[MX_NAME_MAX];

	return scalar_parse(&name, text, parsed) == 0;
}

/* Root may remove the control plane's folder of any user: the configuration
 * that names the user may be gone. */
static void
believe_owner(const char *instance)
{
	char path[2 * MX_PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), MX_FOLDER_BASE "/mxsteer-control.%s",
		 instance);
	if (geteuid() == 0 && lstat(path, &status) == 0)
		mx_owner_believe(status.st_uid, status.st_gid);
}

/* Refuse to remove files of a running process. */
static int
claim(struct mx_role *role, enum mx_role_kind kind, const char *instance)
{
	char holder[MX_ROLE_HOLDER_MAX];
	const int error = mx_role_claim(role, kind, instance);

	if (error == -EBUSY)
		log_line(LOG_LEVEL_ERROR,
			 "%s of instance %s is running (%s): "
			 "stop it first",
			 mx_role_program(kind), instance,
			 mx_role_holder(role, holder));
	else if (error != 0)
		log_line(LOG_LEVEL_ERROR, MX_FOLDER_BASE "/mxsteer%s.%s: %s",
			 kind == MX_ROLE_DATAPLANE ? "" : "-control", instance,
			 mx_folder_error(error));
	return error;
}

/* Remove the session files.  Returns how many there were. */
static unsigned
remove_files(const char *instance)
{
	char eal[MX_PATH_MAX];

	/* Remove EAL's empty folder, which a killed data plane without huge
	 * pages leaves. */
	snprintf(eal, sizeof(eal), "/run/dpdk/mxsteer-%s", instance);
	rmdir(eal);
	/* First move files of older versions into the folder. */
	session_file_upgrade(instance);
	unsigned removed = session_file_prune(instance, 0);
	removed += mx_ring_files_remove(instance);
	removed += mx_group_files_remove(instance);
	removed += mx_capture_unlink(instance) == 0;
	removed += mx_plan_unlink(instance) == 0;
	removed += mx_deny_files_prune(instance, NULL, 0);
	removed += mx_region_unlink(instance) == 0;
	return removed;
}

int
removal_run(const char *instance)
{
	struct mx_role dataplane, controlplane;

	if (!is_name(instance)) {
		log_line(LOG_LEVEL_ERROR, "%s is not the name of an instance",
			 instance);
		return 2;
	}
	believe_owner(instance);
	if (claim(&dataplane, MX_ROLE_DATAPLANE, instance) != 0)
		return EXIT_FAILURE;
	if (claim(&controlplane, MX_ROLE_CONTROLPLANE, instance) != 0) {
		mx_role_release(&dataplane);
		return EXIT_FAILURE;
	}
	const unsigned removed = remove_files(instance);
	tap_remove_all(instance);
	mx_role_release(&controlplane);
	mx_role_release(&dataplane);
	log_line(LOG_LEVEL_INFO, "instance %s: %u files removed", instance,
		 removed);
	return EXIT_SUCCESS;
}
