/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ALARM_H
#define MX_ALARM_H

/* Log lines that warn before a table of the data plane is full: one when its
 * use passes ALARM_HIGH_PERCENT, and one when it is below ALARM_LOW_PERCENT
 * again.
 * Threads    the event loop. */
#include "region.h"

#define ALARM_HIGH_PERCENT 80
#define ALARM_LOW_PERCENT 70

enum alarm_news { ALARM_NO_NEWS, ALARM_FILLS, ALARM_EASES };

/* Judge one more look; *high: the high use was logged. */
enum alarm_news alarm_step(bool *high, uint32_t percent);

struct alarms {
	struct mx_addr snat[MX_SNATS_MAX]; /* the address that each row of
					    * snat_high[] belongs to */
	bool snat_high[MX_SNATS_MAX];
	bool slots_high[MX_WORKERS_MAX];
};

/* Look at the region and log changes. */
void alarms_look(struct alarms *alarms, const struct mx_region *region);

#endif /* MX_ALARM_H */
