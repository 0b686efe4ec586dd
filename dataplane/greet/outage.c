/* SPDX-License-Identifier: BSD-3-Clause */
#include "outage.h"

bool
outage_has_lasted(struct outage *outage, uint32_t now_s, enum mx_drop why)
{
	if (outage->last_s == 0 || now_s - outage->last_s > OUTAGE_LULL_S)
		outage->since_s = now_s;
	outage->last_s = now_s;
	outage->why = (uint8_t)why;
	return now_s - outage->since_s >= OUTAGE_PATIENCE_S;
}
