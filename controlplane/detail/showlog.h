/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWLOG_H
#define MX_SHOWLOG_H

/* `show log`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_log;

#endif /* MX_SHOWLOG_H */
