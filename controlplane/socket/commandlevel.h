/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDLEVEL_H
#define MX_COMMANDLEVEL_H

/* The level that a command needs.
 *
 * A report needs the level read, unless it shows clients of the site or texts of
 * the configuration.  A command that does something needs the level admin, unless
 * the table says that operators may do it: so a command that somebody adds is not
 * everybody's by mistake.
 * Threads    pure functions: any. */
#include "commandrows.h"
#include "level.h"

enum level command_level(const struct command_row *row);

#endif /* MX_COMMANDLEVEL_H */
