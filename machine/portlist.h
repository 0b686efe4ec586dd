/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_PORTLIST_H
#define MX_MACHINE_PORTLIST_H

/* What could be a port on this machine: network cards on the PCI bus, and
 * interfaces of the kernel.
 * Threads    any. */
#include <stdio.h>

/* Print a table of each, and the lines that put them to use. */
void portlist_print(const char *root, FILE *out);

#endif /* MX_MACHINE_PORTLIST_H */
