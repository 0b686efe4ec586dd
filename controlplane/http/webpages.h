/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEBPAGES_H
#define MX_WEBPAGES_H

/* The pages of the HTTP server, one row each.  They tell and change nothing, and
 * have no client's address: anyone who may connect may read them.
 * Threads    the event loop. */
#include <stddef.h>
#include <stdio.h>

struct sources;

struct web_page {
	const char *path;
	const char *type; /* Content-Type */
	const char *help; /* what is there */
	/* Write it.  Returns the status of HTTP.  NULL: the page is the feed. */
	int (*write)(FILE *out, const struct sources *sources);
	const char *policy; /* what its scripts may do; NULL: it has none */
};

#define FEED_TYPE "text/event-stream; charset=utf-8"

#define WEB_PAGES 5
extern const struct web_page web_pages[WEB_PAGES];

/* The row of a path, or NULL. */
const struct web_page *web_page_find(const char *path);

#endif /* MX_WEBPAGES_H */
