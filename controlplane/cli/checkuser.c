/* SPDX-License-Identifier: BSD-3-Clause */
#include "checkuser.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "owner.h"

/* By the file's mode alone: the folders above it, and lists of access beside
 * the mode, may say something else. */
static bool
can_read(const struct hostuser *user, const struct stat *status)
{
	if (user->uid == 0)
		return true;
	if (status->st_uid == user->uid)
		return (status->st_mode & S_IRUSR) != 0;
	if (status->st_gid == user->gid)
		return (status->st_mode & S_IRGRP) != 0;
	return (status->st_mode & S_IROTH) != 0;
}

/* A folder of another user ends the start of the control plane. */
static void
check_folder(const char *instance, struct hazards *found)
{
	char path[2 * MX_PATH_MAX], name[HOSTUSER_NAME_MAX];
	struct stat status;

	snprintf(path, sizeof(path), MX_FOLDER_BASE "/mxsteer-control.%s",
		 instance);
	if (lstat(path, &status) < 0 ||
	    mx_owner_is_trusted(status.st_uid, true))
		return;
	hostuser_name(status.st_uid, name);
	hazard_mend(hazards_add(found, true,
				"%s belongs to user %s, and the control plane "
				"runs as %s",
				path, name, mx_owner()->name),
		    "rm -r %s", path);
}

/* A file that the configuration names and that cannot be read is no reason not to
 * start: mail comes before lists. */
static void
check_named(const char *path, const char *key, const char *harm,
	    struct hazards *found)
{
	struct stat status;

	if (path[0] == '\0')
		return;
	if (stat(path, &status) < 0) {
		hazards_add(found, false, "%s: %s: %s: %s", key, path,
			    strerror(errno), harm);
	} else if (!S_ISREG(status.st_mode)) {
		hazards_add(found, false, "%s: %s is no regular file: %s", key,
			    path, harm);
	} else if (!can_read(mx_owner(), &status)) {
		hazard_mend(hazards_add(found, false,
					"%s: user %s, which the control "
					"plane runs as, may not read %s: %s",
					key, mx_owner()->name, path, harm),
			    "chmod a+r %s", path);
	}
}

/* The data plane needs the secret of the group.  Not everybody may read it. */
static void
check_secret(const char *path, struct hazards *found)
{
	struct stat status;

	if (path[0] == '\0')
		return;
	if (stat(path, &status) < 0)
		hazard_mend(hazards_add(found, true,
					"secret: %s: %s: mxsteer-dataplane "
					"does not start without the group's "
					"secret",
					path, strerror(errno)),
			    "copy it from another box; on the first one: "
			    "openssl rand -hex 32");
	else if (!S_ISREG(status.st_mode))
		hazards_add(found, true, "secret: %s is no regular file", path);
}

static void
check_files(const struct mx_config *config, struct hazards *found)
{
	static const char *const denied = "no client is denied";

	for (uint16_t i = 0; i < config->service_count; i++) {
		const struct mx_config_service *service = &config->service[i];

		check_named(service->deny.file, "deny", denied, found);
		check_named(service->deny.allow_file, "deny", denied, found);
		check_named(service->clients.allow_file, "clients",
			    "none of its clients is allowed", found);
	}
	for (uint16_t p = 0; p < config->pool_count; p++)
		check_named(config->pool[p].check.ca, "ca",
			    "checks know no certificate authority", found);
	check_secret(config->group.secret, found);
}

void
checkuser(const char *path, const struct mx_config *config,
	  struct hazards *found)
{
	const enum mx_owner_found owner = mx_owner_set(config->user);
	struct stat status;

	if (owner == MX_OWNER_MISSING)
		hazard_mend(hazards_add(found, true,
					"there is no user %s on this host, "
					"which the control plane is to run as",
					config->user),
			    "useradd --system %s", config->user);
	if (owner == MX_OWNER_SELF)
		hazard_mend(hazards_add(found, false,
					"there is no user " MX_OWNER_DEFAULT
					" on this host: the control plane runs "
					"as root"),
			    "systemd-sysusers");
	if (owner == MX_OWNER_NAMED && stat(path, &status) == 0 &&
	    !can_read(mx_owner(), &status))
		hazard_mend(hazards_add(found, true,
					"user %s, which the control plane runs "
					"as, may not read %s",
					mx_owner()->name, path),
			    "chmod a+r %s", path);
	check_folder(config->instance, found);
	check_files(config, found);
}
