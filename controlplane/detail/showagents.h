/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWAGENTS_H
#define MX_SHOWAGENTS_H

/* `show agents`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_agents;

#endif /* MX_SHOWAGENTS_H */
