/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWEVENTS_H
#define MX_SHOWEVENTS_H

/* `show events [N] [of SUBJECT]`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_events;

#endif /* MX_SHOWEVENTS_H */
