/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_KERNEL_H
#define MX_MACHINE_KERNEL_H

/* The clock of the processor, and settings of the kernel that slow workers.
 * Threads    any. */
#include "hazard.h"

void kernel_check(const char *root, struct hazards *found);

#endif /* MX_MACHINE_KERNEL_H */
