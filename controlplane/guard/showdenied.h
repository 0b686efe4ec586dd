/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWDENIED_H
#define MX_SHOWDENIED_H

/* `show denied`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_denied;

#endif /* MX_SHOWDENIED_H */
