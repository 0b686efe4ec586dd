/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_METRICS_H
#define MX_METRICS_H

/* The metrics of this control plane and its data plane, for Prometheus.  A metric
 * whose value is not known is not there: without a data plane that has ever run
 * there are no counters of it.  The counters of one that has stopped stay.
 * Threads    the event loop. */
#include <stdio.h>

struct sources;

/* Write all in the format of exposition.h.  Returns 0 or -ENOMEM. */
int metrics_write(FILE *out, const struct sources *sources);

/* Write the table of all metrics, as Markdown: METRICS.md. */
void metrics_write_table(FILE *out);

#endif /* MX_METRICS_H */
