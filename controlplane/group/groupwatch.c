/* SPDX-License-Identifier: BSD-3-Clause */
#include "groupwatch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"
#include "secret.h"

static bool
stream_is_in_range(const struct replicated_stream *stream)
{
	return stream->state < REPLICATED_STATES &&
	       stream->refusal < REPLICATED_REFUSALS;
}

/* Another version may have written it, or half of it is new. */
static bool
is_in_range(const struct replicated *replicated)
{
	if (replicated->magic != REPLICATED_MAGIC ||
	    replicated->layout != REPLICATED_LAYOUT ||
	    replicated->box > MX_BOXES_MAX)
		return false;
	for (unsigned i = 0; i < MX_BOXES_MAX; i++) {
		const struct replicated_peer *peer = &replicated->peer[i];

		if (peer->box > MX_BOXES_MAX ||
		    !stream_is_in_range(&peer->from) ||
		    !stream_is_in_range(&peer->to))
			return false;
	}
	return true;
}

bool
groupwatch_replicated(const char *instance, struct replicated *replicated)
{
	struct mx_folder folder;

	if (mx_folder_open_control(&folder, instance, false) != 0)
		return false;
	const int fd = mx_folder_read(&folder, REPLICATED_NAME);
	mx_folder_close(&folder);
	if (fd < 0)
		return false;
	const ssize_t got = pread(fd, replicated, sizeof(*replicated), 0);
	close(fd);
	return got == (ssize_t)sizeof(*replicated) && is_in_range(replicated);
}

bool
groupwatch_runs(const struct replicated *replicated)
{
	const int64_t ago_s = clock_wall_s() - replicated->at_ms / 1000;

	return replicated->pid != 0 && ago_s <= GROUPWATCH_SILENT_S &&
	       ago_s >= -GROUPWATCH_SILENT_S;
}

const char *
groupwatch_error_text(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another process listens at the address that "
		       "group.boxes gives this box";
	case EADDRNOTAVAIL:
		return "this host does not have the address that group.boxes "
		       "gives this box";
	case EACCES:
		return "it may not read the file of group.secret, or not use "
		       "its port";
	case ENOENT:
		return "there is no file of group.secret";
	default:
		return mx_secret_error(-error);
	}
}

const struct replicated_peer *
groupwatch_peer(const struct replicated *replicated, uint16_t box)
{
	for (unsigned i = 0; i < MX_BOXES_MAX; i++)
		if (replicated->peer[i].box == box && box != 0)
			return &replicated->peer[i];
	return NULL;
}
