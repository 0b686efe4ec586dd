/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SYSCALLS_H
#define MX_SYSCALLS_H

/* System calls that neither plane needs once it runs, and that would help
 * somebody who has taken a plane over: to start programs, to change mounts and
 * namespaces, to load kernel code.
 *
 * Each call that is allowed costs 10 to 40 ns more, by machine.  Drivers without
 * system calls pay nothing for a packet, and those with them one such call for a
 * burst.
 *
 * Threads    main, for all threads of the process. */
#include <stdbool.h>

/* Refuse these calls with EPERM from now on.  bpf: allow bpf(), for a driver
 * that keeps a map.
 * Returns 0 or -errno: -ENOSYS if the kernel or the machine has no filters. */
int syscalls_refuse(bool bpf);

#endif /* MX_SYSCALLS_H */
