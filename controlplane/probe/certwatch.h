/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CERTWATCH_H
#define MX_CERTWATCH_H

/* Certificates that end soon: an event 30, 14, 7 days and 1 day before the end,
 * once each.  The end itself is a fault, which degrades the MTA.
 *
 * A backend may show two certificates in turns, as behind an address of two
 * hosts.  So a mark counts as told until none as urgent was seen for a day.
 * Threads    the event loop. */
#include <stdint.h>

#include "state.h"

/* Tell of the backend's certificate if it has come to a more urgent mark. */
void certwatch_look(struct backend *backend, int64_t now_s);

#endif /* MX_CERTWATCH_H */
