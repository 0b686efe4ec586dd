/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_METRICLABELS_H
#define MX_METRICLABELS_H

/* What has a metric, and the labels that tell one from another.  No label is the
 * address of a client, and each has few values: the names of the configuration,
 * or words.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "metricview.h"
#include "refusal.h"

#define METRIC_LABELS_MAX 2
#define METRIC_LABEL_MAX 64 /* bytes of a value */

/* The order is that of metric_labels[]. */
enum metric_of {
	OF_ONE,
	OF_VERSION,
	OF_WHICH,
	OF_SERVICE,
	OF_SERVICE_WAY,
	OF_SERVICE_REASON,
	OF_RULE,
	OF_POOL,
	OF_POOL_STATE,
	OF_POOL_PHASE,
	OF_BACKEND,
	OF_WORKER,
	OF_DROP,
	OF_SNAT,
	OF_PORT,
	OF_WEB,
	OF_LOSS,
	OF_GROUP,
	OF_BOX,
	OF_BOX_WAY,
	OF_REFUSAL,
	METRIC_OFS,
};

/* How a backend is, for the label `state`. */
enum metric_state {
	STATE_SERVING,
	STATE_STANDBY,
	STATE_SOFT,
	STATE_DOWN,
	STATE_DRAIN,
	STATE_MAINT,
	METRIC_STATES,
};

/* The reasons of refused sessions: those of refusal.h, and that the client is
 * denied. */
#define METRIC_REFUSALS (REFUSAL_REASONS + 1)
enum mx_drop metric_refusal(uint16_t j);

struct metric_labels {
	const char *name[METRIC_LABELS_MAX]; /* NULL: fewer labels */
	uint16_t rows; /* each row has `columns` values: of i and of j */
	uint16_t columns;
	/* Write the values of row i, column j.  Returns false if there is none. */
	bool (*write)(const struct metric_view *view, uint16_t i, uint16_t j,
		      char text[METRIC_LABELS_MAX][METRIC_LABEL_MAX]);
};

extern const struct metric_labels metric_labels[METRIC_OFS];

#endif /* MX_METRICLABELS_H */
