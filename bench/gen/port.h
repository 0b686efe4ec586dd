/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_PORT_H
#define MX_GEN_PORT_H

/* EAL and the two ports, as the command line wants them. */
#include "command.h"

/* Start EAL and both ports; fills the ports, their MAC addresses and the pool
 * of command->gen.  Returns 0 or -errno, with the reason on stderr. */
int ports_start(struct command *command);
void ports_stop(const struct command *command);

#endif /* MX_GEN_PORT_H */
