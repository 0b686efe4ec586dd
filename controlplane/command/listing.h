/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTING_H
#define MX_LISTING_H

/* Requests for reports.  Most are answered at once.  A report that reads all
 * sessions is made in slices of some ms, and its answer comes later.
 *
 * Nobody else waits for such reports: one slice is done in a round of the loop,
 * and then the loop looks at everything else.  LISTINGS_AT_ONCE of them take
 * turns; others wait, and hold no memory but their request.  A report whose
 * client has left is given up.
 *
 * Threads    the event loop. */
#include "request.h"

/* Each has up to 6 MiB. */
#define LISTINGS_AT_ONCE 4

/* Answer with a report, now or later. */
void listing_answer(const struct request *request, const struct report *report,
		    const struct arguments *arguments);

/* Answer all requests that still wait: the process is about to end. */
void listings_end(struct desk *desk);

#endif /* MX_LISTING_H */
