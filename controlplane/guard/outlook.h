/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OUTLOOK_H
#define MX_OUTLOOK_H

/* What would become of a session that begins now: by the functions of the data
 * plane, on the plan last published.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdint.h>

#include "clientcount.h"
#include "plan.h"
#include "reports.h"

/* Pack which backend it would get, and why; the key "reason" is null, or says why
 * no backend gets it.  has: what its client has; its address is not used if the
 * service has no limits. */
json_t *outlook_pack(const struct sources *sources, const struct mx_plan *plan,
		     const struct mx_flow *flow, uint16_t service_id,
		     const struct client_pair *has);

#endif /* MX_OUTLOOK_H */
