/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SETUP_INSPECTION_H
#define MX_SETUP_INSPECTION_H

/* What an operator asks before a data plane starts.  Starts nothing and changes
 * nothing.
 *
 * Threads    main. */
#include "config.h"

/* --list-ports: print what could be a port.  Returns the exit status. */
int inspection_ports(void);

/* --check: print what hinders a data plane with that configuration on this
 * machine.  path: of its file.  Returns the exit status: 1 if the machine keeps
 * mail from flowing; else 0. */
int inspection_check(const char *path, const struct mx_config *config);

#endif /* MX_SETUP_INSPECTION_H */
