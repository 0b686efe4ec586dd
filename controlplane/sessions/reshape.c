/* SPDX-License-Identifier: BSD-3-Clause */
#include "reshape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plural.h"
#include "sessionreader.h"

/* The values of a configuration that decide which sessions a restart keeps. */
struct shape {
	const struct mx_config_dataplane *dataplane;
	bool other_workers; /* several, and another number than now */
	bool ipv6;
};

static void
count_session(struct reshape *reshape, const struct mx_session *s,
	      const struct shape *after)
{
	reshape->sessions++;
	if (s->client_port >= after->dataplane->port_count)
		reshape->without_port++;
	else if (!after->ipv6 &&
		 (s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6)) != 0)
		reshape->without_ipv6++;
	else if (after->other_workers &&
		 (s->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT)
		reshape->of_two_workers++;
}

int
reshape_count(struct reshape *reshape, const struct mx_region *region,
	      const struct mx_config *after)
{
	const struct mx_config_dataplane *dataplane = &after->dataplane;
	const struct shape shape = {
		.dataplane = dataplane,
		.other_workers =
			dataplane->worker_count > 1 &&
			dataplane->worker_count != region->header.workers,
		.ipv6 = mx_config_has_ipv6(after),
	};
	struct session_reader *file = session_reader_open(region);

	*reshape = (struct reshape){0};
	if (file == NULL)
		return -ENOMEM;
	while (session_reader_next(file))
		for (uint32_t i = 0; i < file->count; i++)
			if (session_reader_state(file, i) != MX_SESSION_FREE)
				count_session(reshape, &file->session[i],
					      &shape);
	session_reader_close(file);
	const uint64_t left = reshape->sessions - reshape->without_port -
			      reshape->without_ipv6;
	if (left > dataplane->sessions_max)
		reshape->without_room = left - dataplane->sessions_max;
	return 0;
}

bool
reshape_loses(const struct reshape *reshape)
{
	return reshape->without_room + reshape->of_two_workers +
		       reshape->without_port + reshape->without_ipv6 >
	       0;
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
		{reshape->without_ipv6,
		 "%s %" PRIu64 " for want of an IPv6 address in the file"},
	};
	size_t at = 0;

	if (!reshape_loses(reshape)) {
		snprintf(text, RESHAPE_TEXT_MAX, "%s%" PRIu64 " %s",
			 plural(reshape->sessions, "its ", "all of its "),
			 reshape->sessions,
			 plural(reshape->sessions, "session goes on",
				"sessions go on"));
		return;
	}
	at = (size_t)snprintf(
		text, RESHAPE_TEXT_MAX,
		"of its %" PRIu64 " %s these are lost:", reshape->sessions,
		plural(reshape->sessions, "session", "sessions"));
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
