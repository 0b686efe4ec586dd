/* SPDX-License-Identifier: BSD-3-Clause */
#include "filewatch.h"

#include <errno.h>

#include "folder.h"
#include "log.h"
#include "regionfile.h"

/* The number of looks without a new attempt after a failed one: 5 s. */
#define WAIT_LOOKS 25

/* Report an error once, and wait before the next attempt. */
static void
note_error(struct filewatch *watch, const char *what, int error)
{
	watch->wait = WAIT_LOOKS;
	if (error == watch->error)
		return;
	watch->error = error;
	log_line(LOG_LEVEL_ERROR,
		 "%s was removed and cannot be written anew: %s; until it "
		 "can, a restart loses sessions",
		 what, mx_folder_error(error));
}

static int
keep_role(struct filewatch *watch)
{
	char holder[MX_ROLE_HOLDER_MAX];
	const int error = mx_role_keep(watch->role);

	if (error == -EBUSY)
		log_line(LOG_LEVEL_ERROR,
			 "the files of instance %s were removed, and another "
			 "data plane (%s) has made its own: ending",
			 watch->role->instance,
			 mx_role_holder(watch->role, holder));
	if (error == 1)
		log_line(LOG_LEVEL_WARN,
			 "the lock of the data plane of instance %s was "
			 "removed: made anew; find out who removes files in %s",
			 watch->role->instance, MX_FOLDER_BASE);
	return error;
}

static int
rewrite_region(struct filewatch *watch)
{
	const char *instance = watch->role->instance;
	struct mx_region *region = watch->runtime->region;

	if (!mx_region_replaced(instance, watch->region_fd))
		return 0;
	const int error =
		mx_region_rewrite(instance, region, &watch->region_fd);
	if (error != 0)
		note_error(watch, "the region", error);
	else
		log_line(LOG_LEVEL_WARN,
			 "the region of instance %s was removed: written "
			 "anew; find out who removes files in %s",
			 instance, MX_FOLDER_BASE);
	return error;
}

/* Tell that a file was written anew, or why it could not be. */
static int
note_rewrite(struct filewatch *watch, const char *path, int error)
{
	if (error != 0)
		note_error(watch, path, error);
	else
		log_line(LOG_LEVEL_WARN,
			 "%s was removed: written anew; find out who removes "
			 "files there",
			 path);
	return error;
}

static int
rewrite_file(struct filewatch *watch, struct session_file *file)
{
	if (!session_file_is_lost(file))
		return 0;
	return note_rewrite(watch, file->path,
			    session_file_rewrite(file, watch->role->instance));
}

static int
rewrite_ended(struct filewatch *watch, struct mx_ring_file *file)
{
	if (!mx_ring_file_is_lost(file))
		return 0;
	return note_rewrite(watch, file->path,
			    mx_ring_file_rewrite(file, watch->role->instance));
}

static bool
is_any_lost(const struct filewatch *watch)
{
	const struct runtime *runtime = watch->runtime;
	bool lost = mx_region_replaced(watch->role->instance, watch->region_fd);

	for (uint16_t i = 0; i < runtime->watchdog.workers; i++)
		lost = lost ||
		       session_file_is_lost(&runtime->session_file[i]) ||
		       mx_ring_file_is_lost(&runtime->ended_file[i]);
	return lost;
}

int
filewatch_poll(struct filewatch *watch)
{
	struct runtime *runtime = watch->runtime;

	if (watch->wait > 0) {
		watch->wait--;
		return 0;
	}
	int error = keep_role(watch);
	if (error == -EBUSY)
		return error;
	if (error < 0)
		note_error(watch, "the data plane's lock", error);
	if (!is_any_lost(watch)) {
		watch->error = error < 0 ? error : 0;
		return 0;
	}
	runtime_stop(runtime);
	error = rewrite_region(watch);
	for (uint16_t i = 0; i < runtime->watchdog.workers && error == 0; i++)
		error = rewrite_file(watch, &runtime->session_file[i]);
	for (uint16_t i = 0; i < runtime->watchdog.workers && error == 0; i++)
		error = rewrite_ended(watch, &runtime->ended_file[i]);
	if (error == 0)
		watch->error = 0;
	return runtime_resume(runtime);
}
