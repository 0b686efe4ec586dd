/* SPDX-License-Identifier: BSD-3-Clause */
#include "descriptors.h"

#include <sys/resource.h>

#include "bounds.h"

/* Descriptors for everything but checks and CLI clients: standard streams, the
 * event loop, netlink, the region, the role's lock, and for a moment each the
 * configuration, the state file and session files. */
#define OWN 32
#define CLIENTS_LEAST (2 + CTL_ROOT_MAX)

/* One of the places of HTTP may have the feed, and another one answers. */
#define WEB_LEAST 2
#define AGENTS_MOST 128
#define WANTED                                                                 \
	(OWN + CTL_CLIENTS_MAX + CTL_ROOT_MAX + MX_BACKENDS_MAX +              \
	 AGENTS_MOST + HTTP_PLACES_MAX)

static uint32_t
read_limit(struct rlimit *limit)
{
	if (getrlimit(RLIMIT_NOFILE, limit) < 0)
		*limit = (struct rlimit){.rlim_cur = 1024, .rlim_max = 1024};
	return limit->rlim_cur < UINT32_MAX ? (uint32_t)limit->rlim_cur
					    : UINT32_MAX;
}

void
descriptors_raise(void)
{
	struct rlimit limit;

	if (read_limit(&limit) >= WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < WANTED ? limit.rlim_max : WANTED;
	setrlimit(RLIMIT_NOFILE, &limit); /* no error: the shares follow the
					   * limit in force */
}

/* CLI clients get a quarter of the rest, agents and connections to the HTTP
 * server an eighth each, but no more than
 * they need. */
struct descriptors
descriptors_share(void)
{
	struct rlimit limit;
	struct descriptors share = {.limit = read_limit(&limit)};
	const uint32_t left = share.limit > OWN ? share.limit - OWN : 0;

	share.clients = left / 4;
	if (share.clients > CTL_CLIENTS_MAX + CTL_ROOT_MAX)
		share.clients = CTL_CLIENTS_MAX + CTL_ROOT_MAX;
	if (share.clients < CLIENTS_LEAST)
		share.clients = CLIENTS_LEAST;
	share.agents = left / 8;
	if (share.agents > AGENTS_MOST)
		share.agents = AGENTS_MOST;
	if (share.agents < 1)
		share.agents = 1;
	share.web = left / 8;
	if (share.web > HTTP_PLACES_MAX)
		share.web = HTTP_PLACES_MAX;
	if (share.web < WEB_LEAST)
		share.web = WEB_LEAST;
	const uint32_t others = share.clients + share.agents + share.web;
	share.probes = left > others + 1 ? left - others : 1;
	if (share.probes > MX_BACKENDS_MAX)
		share.probes = MX_BACKENDS_MAX;
	return share;
}
