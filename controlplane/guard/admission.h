/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ADMISSION_H
#define MX_ADMISSION_H

/* May a client have a new session?  What deny lists and its limits say, in words.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdint.h>

#include "clientcount.h"
#include "plan.h"
#include "reports.h"

/* Why the client is denied; NULL: it is not.  The caller owns the text. */
json_t *admission_denial(const struct sources *sources,
			 const struct mx_plan *plan, uint16_t service_id,
			 const struct mx_addr *client);

/* Set what a client has of the limits of a service, and return what they say;
 * NULL: it is within them, or there are none.  The caller owns the text. */
json_t *admission_limit(json_t *data, const struct sources *sources,
			const struct mx_plan *plan, uint16_t service_id,
			const struct client_pair *has);

#endif /* MX_ADMISSION_H */
