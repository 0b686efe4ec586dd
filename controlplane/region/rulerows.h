/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RULEROWS_H
#define MX_RULEROWS_H

/* The rows of a plan about clients that the operator denies or allows, or whose
 * sessions he ends.
 * Threads    the event loop. */
#include "plan.h"
#include "state.h"

void rulerows_build(struct mx_plan *plan, const struct state *state);

#endif /* MX_RULEROWS_H */
