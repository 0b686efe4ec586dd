/* SPDX-License-Identifier: BSD-3-Clause */
#include "reshape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sessionfile.h"

static void
count_chunk(struct reshape *reshape, const struct sessionfile *file,
	    const struct mx_config_dataplane *after, bool other_workers)
{
	for (uint32_t i = 0; i < file->count; i++) {
		const struct mx_session *s = &file->session[i];

		if (sessionfile_state(file, i) == MX_SESSION_FREE)
			continue;
		reshape->sessions++;
		if (s->client_port >= after->port_count)
			reshape->without_port++;
		else if (other_workers &&
			 (s->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT)
			reshape->of_two_workers++;
	}
}

int
reshape_count(struct reshape *reshape, const struct mx_region *region,
	      const struct mx_config_dataplane *after)
{
	const bool other_workers =
		after->worker_count > 1 &&
		after->worker_count != region->header.workers;
	struct sessionfile *file = sessionfile_open(region);

	*reshape = (struct reshape){0};
	if (file == NULL)
		return -ENOMEM;
	while (sessionfile_next(file))
		count_chunk(reshape, file, after, other_workers);
	sessionfile_close(file);
	const uint64_t left = reshape->sessions - reshape->without_port;
	if (left > after->sessions_max)
		reshape->without_room = left - after->sessions_max;
	return 0;
}

void
reshape_text(char text[static RESHAPE_TEXT_MAX], const struct reshape *reshape)
{
	const struct {
		uint64_t sessions;
		const char *format;
	} losses[] = {
		{reshape->without_room,
		 "%s %" PRIu64 " for want of room in sessions-max"},
		{reshape->of_two_workers,
		 "%s up to %" PRIu64 " of fullnat, by the number of workers"},
		{reshape->without_port,
		 "%s %" PRIu64 " of clients by a port that is gone"},
	};
	size_t at = 0;

	if (reshape->without_room + reshape->of_two_workers +
		    reshape->without_port ==
	    0) {
		snprintf(text, RESHAPE_TEXT_MAX,
			 "all of its %" PRIu64 " sessions go on",
			 reshape->sessions);
		return;
	}
	at = (size_t)snprintf(text, RESHAPE_TEXT_MAX,
			      "of its %" PRIu64 " sessions these are lost:",
			      reshape->sessions);
	const char *comma = "";
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		if (losses[i].sessions == 0)
			continue;
		at += (size_t)snprintf(text + at, RESHAPE_TEXT_MAX - at,
				       losses[i].format, comma,
				       losses[i].sessions);
		comma = ",";
	}
}
