/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVETTY_H
#define MX_LIVETTY_H

/* The terminal of a live screen: its modes, its size, and what it shows.
 *
 * It has the sequences of ECMA-48 and xterm, which all terminals of today know.  The
 * screen before comes back when it is left.  Lines do not wrap: so a character that is
 * wider than one column moves nothing else.
 *
 * Threads    main. */
#include <stdbool.h>

#include "canvas.h"

/* Can stdin and stdout be used so?  If not, why[] says why and what to do. */
#define LIVETTY_WHY_MAX 200
bool livetty_fits(char why[static LIVETTY_WHY_MAX]);

/* Whether it shows colours, and UTF-8: by NO_COLOR, TERM and the locale. */
struct canvas_reader livetty_reader(void);

/* Take the terminal: keys come one by one, without echo.  Leave it as it was; and
 * also when the program ends.  Both may be called again. */
void livetty_enter(void);
void livetty_leave(void);

/* Write how many columns and lines it has: 80 and 24, if it does not know. */
void livetty_size(unsigned *width, unsigned *height);

/* Show the lines that are not as they were shown before; all: every line. */
void livetty_show(const struct canvas *canvas, bool all);

#endif /* MX_LIVETTY_H */
