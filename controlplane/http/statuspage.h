/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STATUSPAGE_H
#define MX_STATUSPAGE_H

/* The status page: one page without requests but to this server, made of the files
 * in page/ when mxsteer is built.  The data comes by the feed.
 * Threads    any. */
#include <stdio.h>

struct sources;

/* What a browser may do with the page: run its own script, and ask this server.
 * Texts of MTAs get into it as text alone. */
extern const char statuspage_policy[];

/* A hash of the page.  A page of another build sees by it that it is old. */
extern const char statuspage_name[];

/* Write it.  Returns the status of HTTP. */
int statuspage_write(FILE *out, const struct sources *sources);

#endif /* MX_STATUSPAGE_H */
