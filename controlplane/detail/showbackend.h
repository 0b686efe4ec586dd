/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHOWBACKEND_H
#define MX_SHOWBACKEND_H

/* `show backend POOL/BACKEND`: what the checks of one MTA found.
 * Threads    the event loop. */
#include "reports.h"

extern const struct report report_backend;

#endif /* MX_SHOWBACKEND_H */
