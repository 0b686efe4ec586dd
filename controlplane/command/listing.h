/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTING_H
#define MX_LISTING_H

/* Requests for reports.  Most are answered at once.  A report that reads all
 * sessions is made in slices of some ms, and its answer comes later.
 *
 * Other clients do not wait for such reports: a round of the loop makes one
 * slice, and then the loop looks at everything else.  LISTINGS_AT_ONCE reports
 * take turns.  Further ones wait, and each holds the memory of its request alone.
 * A report ends when its client leaves.
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
