/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TRAILING_H
#define MX_TRAILING_H

/* Options behind a command: `show backends -j`.  Only behind one that changes nothing:
 * in the reason of another one they may be words.
 * Threads    main. */
#include "asking.h"

/* Take -j, -a and -o KEY,KEY off the end of the line, and set them in *asking.
 * asking->columns may point into the line then. */
void trailing_take(char *line, struct asking *asking);

#endif /* MX_TRAILING_H */
