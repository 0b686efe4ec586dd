/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOOKUP_H
#define MX_LOOKUP_H

/* `lookup`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_lookup;

#endif /* MX_LOOKUP_H */
