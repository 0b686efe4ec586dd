/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HEALTH_H
#define MX_HEALTH_H

/* The health of one backend, stepped by the results of its probes:
 *
 *            pass            last pass
 *     DOWN --------> RISING ----------> UP
 *      ^ <----------            pass    | ^
 *      |     fail           .-----------' | pass
 *      |     last fail      v     fail    |
 *      '----------------- FALLING --------'
 *
 * A state stands until rise (or fall) results in a row oppose it.  A result
 * that agrees sets the count to 0.  A degraded result is a pass.  A soft one is
 * neither a pass nor a failure: it changes nothing here.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "reason.h"

enum health_state {
	HEALTH_DOWN,   /* zero, so nothing serves before its first passes */
	HEALTH_RISING, /* does not serve yet */
	HEALTH_UP,
	HEALTH_FALLING, /* serves still */
	HEALTH_STATES,
};

struct health_policy {
	uint8_t passes_to_rise; /* >= 1 */
	uint8_t fails_to_fall;  /* >= 1 */
};

struct health {
	enum health_state state;
	uint8_t streak; /* results in a row that oppose the state */
};

/* Feed one probe result.  Returns true if the backend began or stopped
 * serving, that is, if the caller must publish a new plan. */
bool health_step(struct health *health, const struct health_policy *policy,
		 enum verdict verdict);

/* May new sessions go to the backend? */
bool health_serves(const struct health *health);

/* Could the next results overturn the state?  Then probes come faster. */
bool health_in_doubt(const struct health *health);

const char *health_name(enum health_state state);

#endif /* MX_HEALTH_H */
