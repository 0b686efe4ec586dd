/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHOOSE_H
#define MX_CHOOSE_H

/* Which backend a new session of a worker gets (choice.h), by the sessions that
 * the worker has.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Returns a backend id, or MX_BACKEND_NONE with the reason in *why. */
uint16_t choose_backend(struct worker *w, const struct active_plan *active,
			const struct mx_service *service,
			const struct mx_flow *flow, enum mx_drop *why);

/* The backend of a session that `last` does not answer: the candidate after it,
 * in a circle.  Returns a backend id, or MX_BACKEND_NONE. */
uint16_t choose_after(struct worker *w, const struct active_plan *active,
		      const struct mx_service *service,
		      const struct mx_flow *flow, uint16_t last);

/* Move the counts of the next few backends to their pools of a new plan, in
 * which backends may be of other pools.  A few at a time: no packet waits for
 * all of them. */
void choose_recount(struct worker *w, const struct active_plan *active);

#endif /* MX_CHOOSE_H */
