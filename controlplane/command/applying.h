/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_APPLYING_H
#define MX_APPLYING_H

/* The command that applies a file.  The reply comes when the file is in force
 * or refused; or after RELOADING_PATIENCE_MS, if its lists take longer.
 * Threads    the event loop. */
#include "request.h"

void command_config_apply(const struct request *request, int argc, char **argv);

#endif /* MX_APPLYING_H */
