/* SPDX-License-Identifier: BSD-3-Clause */
#include "cutguard.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes;
static volatile sig_atomic_t hits;

/* POSIX does not list mmap() among what a signal handler may call.  On Linux it is
 * one system call. */
static bool
put_zeros(void *at)
{
	char *page = (char *)at - (uintptr_t)at % page_bytes;

	return mmap(page, page_bytes, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

/* Without zeros the access fails again when this returns, and ends the process.  A
 * signal that a process sent comes from no access: it is raised again, and ends
 * this one when this returns. */
static void
on_bus_error(int number, siginfo_t *info, void *context)
{
	const int before = errno;

	(void)context;
	if (info->si_code == BUS_ADRERR && put_zeros(info->si_addr)) {
		hits = hits < INT_MAX ? hits + 1 : 0;
	} else {
		signal(number, SIG_DFL);
		if (info->si_code <= 0)
			raise(number);
	}
	errno = before;
}

void
mx_cutguard_begin(void)
{
	const struct sigaction act = {
		.sa_sigaction = on_bus_error,
		.sa_flags = SA_SIGINFO,
	};

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	sigaction(SIGBUS, &act, NULL);
}

int
mx_cutguard_hits(void)
{
	return hits;
}
