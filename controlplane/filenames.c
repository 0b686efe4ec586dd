/* SPDX-License-Identifier: BSD-3-Clause */
#include "filenames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "identity.h"
#include "log.h"

static int
make_folder(const char *path, mode_t mode)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	const int error = -errno;
	log_line(LOG_LEVEL_ERROR, "cannot make %s: %s", path, strerror(-error));
	return error;
}

static bool
fits(int length)
{
	return length < PATH_MAX;
}

int
filenames_make(struct filenames *names, const char *instance,
	       const char *state_dir, const char *socket_path)
{
	int error = make_folder(state_dir, 0750);
	if (error == 0 && socket_path == NULL)
		error = make_folder(IDENTITY_SOCKET_FOLDER, 0755);
	if (error != 0)
		return error;
	const bool fit =
		fits(snprintf(names->state, PATH_MAX, "%s/%s.json", state_dir,
			      instance)) &&
		fits(snprintf(names->answers, PATH_MAX, "%s/%s.dns.json",
			      state_dir, instance)) &&
		fits(snprintf(names->history, PATH_MAX, "%s/%s.history.json",
			      state_dir, instance)) &&
		fits(socket_path != NULL
			     ? snprintf(names->socket, PATH_MAX, "%s",
					socket_path)
			     : snprintf(names->socket, PATH_MAX,
					IDENTITY_SOCKET_FOLDER "/%s.sock",
					instance));
	return fit ? 0 : -ENAMETOOLONG;
}
