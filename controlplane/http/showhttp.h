/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWHTTP_H
#define MX_SHOWHTTP_H

/* `show http`: the HTTP server, and what became of its connections.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_http;

#endif /* MX_SHOWHTTP_H */
