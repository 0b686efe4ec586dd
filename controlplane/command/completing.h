/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMPLETING_H
#define MX_COMPLETING_H

/* `complete KIND [BEGINNING]`: the values of a kind (grammar/kind.h) that begin
 * so, one a line, in the order of the configuration.  The program mxsteer asks
 * for them when TAB is pressed.  A kind without a list has no values.
 *
 * The answer is bounded as the configuration is: at most all backends, pools and
 * services.
 * Threads    the event loop. */
#include "request.h"

void command_complete(const struct request *request,
		      const struct arguments *arguments);

#endif /* MX_COMPLETING_H */
