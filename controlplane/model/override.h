/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OVERRIDE_H
#define MX_OVERRIDE_H

/* The one door for what the operator wants of a backend beside the file: its
 * admin state, its weight, and the end of the sessions that it has.
 *
 *   command      -> override_put(), override_end(): written and logged, with
 *                   who said so
 *   the clock    -> override_expire()
 *   state file   -> override_restore()
 *   a new name   -> override_restore() for the new id, override_forget() for
 *                   the old one; see inheritance.h
 *   the region   -> override_recall_end()
 *
 * The caller of override_put() and override_end() then lets the plan and the
 * state file follow the state.
 *
 * Threads    the event loop. */
#include "state.h"

/* Has the operator said anything of this backend that counts? */
static inline bool
override_is_set(const struct override *override)
{
	return override->admin != ADMIN_READY || override->weight_set ||
	       override->agent_ignored;
}

/* Put an override in the place of the one before, and log what changes, with the
 * reasons of its notes.  The note of what is not wished is dropped.
 * who: the words after "by" in the log.
 * Returns the override before: to put that one undoes this one. */
struct override override_put(struct state *state, uint16_t id,
			     const struct override *override, const char *who);

/* End the wishes whose time is over; each is an event.  Call this every second.
 * Returns true if there were any: the caller then lets checks, agents, the plan
 * and the state file follow. */
bool override_expire(struct state *state, const struct moment *now);

/* End the sessions that were opened until now by the backend called
 * "pool/name", and by all that are retired and whose sessions are its own: see
 * state_ids().  This cannot be undone.
 * sessions: how many there are, for the log.  why: NULL or "": none. */
void override_end(struct state *state, const char *label, uint64_t sessions,
		  const char *why, const char *who);

/* Give a backend an override that was put before, or take it away. */
void override_restore(struct backend *backend, const struct override *override);
void override_forget(struct backend *backend);

/* The plan in the region says that sessions opened until ended_s were ended.  A
 * time in the future is of another clock, and is ignored. */
void override_recall_end(struct backend *backend, uint32_t ended_s);

#endif /* MX_OVERRIDE_H */
