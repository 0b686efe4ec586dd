/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWGROUP_H
#define MX_SHOWGROUP_H

/* `show group`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_group;

#endif /* MX_SHOWGROUP_H */
