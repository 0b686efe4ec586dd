/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWDISCOVERY_H
#define MX_SHOWDISCOVERY_H

/* `show discovery`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_discovery;

#endif /* MX_SHOWDISCOVERY_H */
