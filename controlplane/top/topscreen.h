/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TOPSCREEN_H
#define MX_TOPSCREEN_H

/* The live screen, drawn: a head with the instance and its trouble, the sums, the
 * table of the view, and a line of keys.
 * Threads    one. */
#include "canvas.h"
#include "live.h"

/* Draw all.  wall_s: the time now.  *live changes in one way: it learns how many rows
 * there is room for. */
void topscreen_draw(struct live *live, struct canvas *canvas, int64_t wall_s);

/* How many lines the screen has with all rows of the view. */
size_t topscreen_lines(const struct live *live);

#endif /* MX_TOPSCREEN_H */
