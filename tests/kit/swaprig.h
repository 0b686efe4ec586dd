/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_SWAPRIG_H
#define MX_TESTS_SWAPRIG_H

/* A plan swap on a real region, with one worker that does not run.  The test
 * changes the plan, publishes it, and looks at what is in force. */
#include "planswap.h"
#include "rig.h"

extern struct swaprig {
	struct rig *rig;
	struct plan_swap swap;
	struct mx_region *region;
	struct mx_plan *plan; /* of RIG_POOLS pools; it starts as the rig's */
	char instance[MX_NAME_MAX];
} swaprig;

/* Make it before each test, and free it after. */
void swaprig_setup(void);
void swaprig_teardown(void);

/* The plan in force. */
const struct active_plan *swaprig_current(void);

#endif /* MX_TESTS_SWAPRIG_H */
