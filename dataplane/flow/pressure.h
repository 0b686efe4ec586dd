/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PRESSURE_H
#define MX_PRESSURE_H

/* Whether a worker answers the SYNs of a service with `syn-cookies: auto` by
 * cookies (greet.h).
 *
 *   off  -> on    more than half_max handshakes of the service are half-open; or
 *                 less than an eighth of the worker's slots, or of its local
 *                 ports for the service, is free
 *   on   -> off   PRESSURE_CALM_S have passed without any of this, and without
 *                 a flood
 *
 * While cookies are on, a flood leaves nothing half-open.  It shows by cookies
 * that no client brings back: it is still there if they would make half as many
 * handshakes half-open as turned cookies on.  So a flood of about the rate that
 * turns cookies on does not turn them on and off.
 *
 * half_max is PRESSURE_HALF_MAX, or a sixteenth of the slots or ports if that is
 * less.
 *
 * Each worker decides for itself: RSS spreads a flood over all of them.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "worker.h"

#define PRESSURE_HALF_MAX 1024
#define PRESSURE_CALM_S 30

/* Cookies that do not come back are counted over so long at least. */
#define PRESSURE_WINDOW_S 5

/* A SYN of a service has come: note what it finds.  Returns whether cookies are
 * on. */
bool pressure_feel(struct worker *w, const struct active_plan *active,
		   uint16_t service);

/* While cookies are on: do so few handshakes of a service wait that known clients
 * may go to a backend?  They may hold half as many half-open as turn cookies on:
 * a flood may have their addresses. */
bool pressure_has_room(const struct worker *w, uint16_t service);

/* A SYN was answered by a cookie, for a session; and a client has brought one
 * back, and got the session. */
static inline void
pressure_give(struct worker *w, uint16_t service)
{
	w->pressure[service].missing++;
}

static inline void
pressure_take(struct worker *w, uint16_t service)
{
	w->pressure[service].missing--;
}

/* Are the SYNs of a service answered by cookies now? */
static inline bool
pressure_is_on(const struct worker *w, const struct active_plan *active,
	       uint16_t service)
{
	switch ((enum mx_cookies)active->plan.service[service].cookies) {
	case MX_COOKIES_ALWAYS:
		return true;
	case MX_COOKIES_AUTO:
		return w->now_s < w->count->cookies_until_s[service];
	case MX_COOKIES_NEVER:
	case MX_COOKIES_WORDS:
		break;
	}
	return false;
}

#endif /* MX_PRESSURE_H */
