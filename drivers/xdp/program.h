/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_PROGRAM_H
#define MX_DRIVERS_PROGRAM_H

/* The built-in program of redirect.bpf.c.  DPDK's driver gets it as a file,
 * loads it for an interface and attaches it there.
 *
 * Threads    main. */
#include "driver.h"

/* Make a file in memory with the program, the same for all ports, after a trial
 * whether the kernel supports it.  Returns its descriptor, which stays open; or
 * -errno with the reason in text. */
int program_file(char text[static DRIVER_TEXT_MAX]);

/* Detach a program that a killed process has left behind, since DPDK's driver
 * replaces none.  A program of other software stays.  Returns 0, also if there
 * was none; or -errno with the reason in text. */
int program_detach_leftover(const char *interface,
			    char text[static DRIVER_TEXT_MAX]);

/* Open the map of owned addresses of the program on an interface.  Returns a
 * descriptor, or -errno. */
int program_open_owned(const char *interface);

#endif /* MX_DRIVERS_PROGRAM_H */
