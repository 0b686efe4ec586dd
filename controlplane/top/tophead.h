/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TOPHEAD_H
#define MX_TOPHEAD_H

/* The head of the live screen: who answers and how it is, what the trouble is, the
 * sums of all services, and the names of the views.
 * Threads    one. */
#include "canvas.h"
#include "live.h"

/* Draw it from line 0 on.  Returns how many lines it has. */
unsigned tophead_draw(const struct live *live, struct canvas *canvas,
		      int64_t wall_s);

#endif /* MX_TOPHEAD_H */
