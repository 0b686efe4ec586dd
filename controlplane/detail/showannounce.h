/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWANNOUNCE_H
#define MX_SHOWANNOUNCE_H

/* `show announce`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_announce;

#endif /* MX_SHOWANNOUNCE_H */
