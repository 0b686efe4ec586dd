/* SPDX-License-Identifier: BSD-3-Clause */
#include "proc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
proc_cpu(const char *text, struct cpu_times *times)
{
	uint64_t user, nice, system, idle, iowait = 0, irq = 0, softirq = 0,
					   steal = 0;

	/* The line of one processor is "cpu0 ...".  Kernels before 2.6.11 have
	 * fewer numbers. */
	if (strncmp(text, "cpu ", 4) != 0 ||
	    sscanf(text + 4,
		   "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &user, &nice, &system, &idle, &iowait, &irq, &softirq,
		   &steal) < 4)
		return false;
	times->busy = user + nice + system + irq + softirq + steal;
	times->idle = idle + iowait;
	return true;
}

double
proc_busy(const struct cpu_times *from, const struct cpu_times *to,
	  double before)
{
	/* A processor that leaves takes its idle time away. */
	const uint64_t busy = to->busy > from->busy ? to->busy - from->busy : 0;
	const uint64_t idle = to->idle > from->idle ? to->idle - from->idle : 0;

	if (busy + idle == 0)
		return before;
	return (double)busy / (double)(busy + idle);
}

double
proc_average(double average, double value)
{
	return average + (value - average) / CPU_AVERAGE_S;
}

/* The number behind a name, in kB. */
static bool
find_kb(const char *text, const char *name, uint64_t *kb)
{
	const char *line = strstr(text, name);

	return line != NULL &&
	       sscanf(line + strlen(name), " %" SCNu64 " kB", kb) == 1;
}

bool
proc_memory(const char *text, double *used)
{
	uint64_t total, available;

	if (!find_kb(text, "MemTotal:", &total) ||
	    !find_kb(text, "MemAvailable:", &available) || total == 0 ||
	    available > total)
		return false;
	*used = 1.0 - (double)available / (double)total;
	return true;
}

bool
proc_read(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	const ssize_t length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}
