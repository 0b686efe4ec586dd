/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MATCH_H
#define MX_MATCH_H

/* Does a capture want a frame?
 *
 * A frame of a session is judged by the session: by its client and its backend,
 * on whichever side of the rewrite the frame is.  Any other frame is judged by
 * its own addresses.
 *
 * Threads    the worker's own. */
#include <stdbool.h>
#include <stdint.h>

#include "capturering.h"
#include "worker.h"

/* data: the first bytes of a frame, of which `bytes` are there. */
bool match_frame(const struct mx_capture_filter *filter, const struct worker *w,
		 const struct active_plan *active, const uint8_t *data,
		 uint32_t bytes);

#endif /* MX_MATCH_H */
