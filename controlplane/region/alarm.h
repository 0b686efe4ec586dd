/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ALARM_H
#define MX_ALARM_H

/* Events that warn before a table of the data plane is full: one when its use
 * passes ALARM_HIGH_PERCENT, and one when it has been below ALARM_LOW_PERCENT for
 * ALARM_CALM_S.  So clients whose sessions come and go cause two events in that
 * time at most.
 * Threads    the event loop. */
#include "region.h"

#define ALARM_HIGH_PERCENT 80
#define ALARM_LOW_PERCENT 70
#define ALARM_CALM_S 60

enum alarm_news { ALARM_NO_NEWS, ALARM_FILLS, ALARM_EASES };

struct alarm {
	bool high;      /* the high use was told */
	int64_t full_s; /* the last time that it was not below the low line */
};

/* Judge one more look. */
enum alarm_news alarm_step(struct alarm *alarm, uint32_t percent,
			   int64_t now_s);

struct alarms {
	struct mx_addr address[MX_SNATS_MAX]; /* that the alarm in the same row
					       * of snat[] belongs to */
	struct alarm snat[MX_SNATS_MAX];
	struct alarm slots[MX_WORKERS_MAX];
};

/* Look at the region and tell changes.  now_s: CLOCK_MONOTONIC. */
void alarms_look(struct alarms *alarms, const struct mx_region *region,
		 int64_t now_s);

#endif /* MX_ALARM_H */
