/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OWNCOMMAND_H
#define MX_OWNCOMMAND_H

/* Commands that the program mxsteer runs itself, or sends in another form than
 * they were typed.
 * Threads    main. */
#include <stdbool.h>

#include "asking.h"
#include "commandrows.h"

/* Run a command if it is one of these.  text: what follows its words.
 * Returns false if it is none of them; or true, with *status. */
bool owncommand_run(struct asking *asking, const struct command_row *row,
		    const char *text, enum status *status);

#endif /* MX_OWNCOMMAND_H */
