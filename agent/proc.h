/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROC_H
#define MX_PROC_H

/* The use of CPU and memory, from the texts of /proc/stat and /proc/meminfo
 * (proc(5)).
 *
 * In a container these files are those of the whole host.
 *
 * Threads    pure functions: any; proc_read() reads a file. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Time that all processors have spent, in ticks since the boot. */
struct cpu_times {
	uint64_t busy;
	uint64_t idle; /* waiting for disks counts as idle */
};

/* The seconds over which the use of the CPU is averaged. */
#define CPU_AVERAGE_S 10

/* Returns false if the text is not that of /proc/stat. */
bool proc_cpu(const char *text, struct cpu_times *times);

/* The part of the time between two readings that was busy, 0 to 1; or `before` if
 * no time has passed. */
double proc_busy(const struct cpu_times *from, const struct cpu_times *to,
		 double before);

/* Average a value with those before: a moving average, one value a second. */
double proc_average(double average, double value);

/* The part of the memory that is in use and cannot be given away, 0 to 1.
 * Returns false if the text is not that of /proc/meminfo. */
bool proc_memory(const char *text, double *used);

/* Read a file of /proc into text[size]; what does not fit is left out.  Returns
 * false if it cannot be read. */
bool proc_read(const char *path, char *text, size_t size);

#endif /* MX_PROC_H */
