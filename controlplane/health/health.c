/* SPDX-License-Identifier: BSD-3-Clause */
/* This file has no sockets, clocks or logs: probe.c makes the results, and
 * other files act on the state.  Draining is the operator's override, not a
 * health state; weight.c combines the two. */
#include "health.h"

#include <assert.h>

enum health_event { PASS, PASS_LAST, FAIL, FAIL_LAST, HEALTH_EVENTS };

/* *_LAST: this result completes the run that policy asks for.  Four cells
 * cannot be reached, as no run opposes a state it agrees with: FAIL_LAST of
 * the two rows that do not serve, PASS_LAST of the two that do. */
/* clang-format off */
static const struct {
	const char *name;
	bool serves;
	bool in_doubt;
	enum health_state next[HEALTH_EVENTS];
} machine[] = {
	/*                 name       serves doubt   PASS           PASS_LAST  FAIL            FAIL_LAST */
	[HEALTH_DOWN]    = {"down",    false, false, {HEALTH_RISING, HEALTH_UP, HEALTH_DOWN,    HEALTH_DOWN}},
	[HEALTH_RISING]  = {"rising",  false, true,  {HEALTH_RISING, HEALTH_UP, HEALTH_DOWN,    HEALTH_DOWN}},
	[HEALTH_UP]      = {"up",      true,  false, {HEALTH_UP,     HEALTH_UP, HEALTH_FALLING, HEALTH_DOWN}},
	[HEALTH_FALLING] = {"falling", true,  true,  {HEALTH_UP,     HEALTH_UP, HEALTH_FALLING, HEALTH_DOWN}},
};
/* clang-format on */
static_assert(sizeof(machine) / sizeof(machine[0]) == HEALTH_STATES,
	      "one row per state");

bool
health_serves(const struct health *health)
{
	return machine[health->state].serves;
}

bool
health_in_doubt(const struct health *health)
{
	return machine[health->state].in_doubt;
}

const char *
health_name(enum health_state state)
{
	assert(state < HEALTH_STATES);
	return machine[state].name;
}

bool
health_step(struct health *health, const struct health_policy *policy,
	    enum verdict verdict)
{
	assert(health->state < HEALTH_STATES);
	if (verdict == VERDICT_SOFT)
		return false;
	const bool passed = verdict_passes(verdict);
	const bool served = health_serves(health);
	const uint8_t wanted =
		passed ? policy->passes_to_rise : policy->fails_to_fall;
	enum health_event event = passed ? PASS : FAIL;

	assert(wanted > 0);
	/* The streak cannot wrap: it ends when it reaches wanted. */
	health->streak = passed == served ? 0 : (uint8_t)(health->streak + 1);
	if (health->streak >= wanted)
		event++; /* PASS -> PASS_LAST, FAIL -> FAIL_LAST */

	health->state = machine[health->state].next[event];
	if (health_serves(health) != served)
		health->streak = 0;
	return health_serves(health) != served;
}
