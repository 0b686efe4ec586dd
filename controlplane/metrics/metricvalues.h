/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_METRICVALUES_H
#define MX_METRICVALUES_H

/* The value of each metric.
 * Threads    the event loop. */
#include "metriclabels.h"
#include "metriclist.h"

struct metric_histogram {
	double sum;
	double first; /* the upper bound of the first bucket; each is twice the
			* one before, and the last one has none */
	uint16_t buckets;
	uint64_t bucket[MX_TIME_BUCKETS];
};

union metric_value {
	double number; /* NAN: it is not known */
	struct metric_histogram histogram;
};

/* The value of row i, column j, which has its labels. */
typedef void (*metric_read)(const struct metric_view *view, uint16_t i,
			    uint16_t j, union metric_value *value);

#define X(id, type, of, name, unit, help)                                      \
	void value_##id(const struct metric_view *view, uint16_t i,            \
			uint16_t j, union metric_value *value);
METRICS(X)
#undef X

#endif /* MX_METRICVALUES_H */
