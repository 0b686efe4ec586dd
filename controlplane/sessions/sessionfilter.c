/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessionfilter.h"

/* A file may be half-written: an id out of range is of no backend or service. */
static bool
takes_owner(const struct session_filter *filter, const struct mx_session *s)
{
	if (filter->by_backend &&
	    (s->backend > MX_BACKENDS_MAX || !filter->backend[s->backend]))
		return false;
	return !filter->by_service ||
	       (s->service < MX_SERVICES_MAX && filter->service[s->service]);
}

/* A session that began after now_s has no age. */
static bool
takes_age(const struct session_filter *filter, const struct mx_session *s,
	  uint32_t now_s)
{
	return filter->older_s == 0 ||
	       (s->opened_s < now_s && now_s - s->opened_s > filter->older_s);
}

bool
session_filter_takes(const struct session_filter *filter,
		     const struct session_reader *file, uint32_t i,
		     uint32_t now_s)
{
	const struct mx_session *s = &file->session[i];
	const uint32_t state = 1u << session_reader_state(file, i);

	if ((filter->states != 0 && (filter->states & state) == 0) ||
	    !takes_owner(filter, s) || !takes_age(filter, s, now_s))
		return false;
	if (filter->port_be != 0 && filter->port_be != s->client_port_be)
		return false;
	if (!filter->by_client)
		return true;
	const struct mx_addr client = session_reader_ends(file, i).client;
	return mx_prefix_contains(&filter->from, &client);
}
