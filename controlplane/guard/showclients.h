/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWCLIENTS_H
#define MX_SHOWCLIENTS_H

/* `show clients`.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_clients;

#endif /* MX_SHOWCLIENTS_H */
