/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEBCOUNT_H
#define MX_WEBCOUNT_H

/* What became of the connections to the HTTP server.
 * Threads    the event loop. */
#include <stdint.h>

/* Why a connection got no page.  One reason, one counter, one name. */
/* clang-format off */
#define WEB_REFUSALS(X) \
	X(METHOD,    "method",    "neither GET nor HEAD") \
	X(HOST,      "host",      "the Host names another server: http.hosts has the names of this one") \
	X(PATH,      "path",      "there is no such page") \
	X(MALFORMED, "malformed", "not HTTP, longer than 8 KiB, or with a body") \
	X(SILENT,    "silent",    "no whole request came in 5 seconds") \
	X(SLOW,      "slow",      "the reply was not read in 10 seconds") \
	X(CROWDED,   "crowded",   "closed for a newer connection, as all places were taken") \
	X(FEEDS,     "feeds",     "all places of the feed were taken") \
	X(MEMORY,    "memory",    "there was no memory")
/* clang-format on */

enum web_refusal {
#define X(id, name, text) WEB_##id,
	WEB_REFUSALS(X)
#undef X
		WEB_REFUSAL_REASONS,
};

struct web_count {
	uint64_t accepted; /* connections */
	uint64_t pages;    /* requests that got their page */
	uint64_t left;     /* connections whose client closed them without a
			    * whole request */
	uint64_t refused[WEB_REFUSAL_REASONS];
};

#endif /* MX_WEBCOUNT_H */
