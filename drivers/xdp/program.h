/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PROGRAM_H
#define MX_DRIVERS_PROGRAM_H

/* The program of steer.bpf.c as this process has it: built in, and handed to
 * DPDK's driver, which loads it for an interface and attaches it there.
 *
 * Threads    main. */
#include "driver.h"

/* The program as a file in memory, the same for all ports, once the kernel has
 * been tried with it.  Returns its descriptor, which stays open; or -errno with
 * the reason in text. */
int program_file(char text[static DRIVER_TEXT_MAX]);

/* A process that was killed has left its program behind, and DPDK's driver
 * replaces none: take it off.  One that is not ours stays.
 * Returns 0, also if there was none; or -errno with the reason in text. */
int program_detach_leftover(const char *interface,
			    char text[static DRIVER_TEXT_MAX]);

/* The map of owned addresses of the program that is attached to an interface;
 * a descriptor, or -errno. */
int program_open_owned(const char *interface);

#endif /* MX_DRIVERS_PROGRAM_H */
