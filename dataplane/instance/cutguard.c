/* SPDX-License-Identifier: BSD-3-Clause */
#include "cutguard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes;

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

/* Without zeros the access fails again when this returns, and ends the process. */
static void
on_bus_error(int number, siginfo_t *info, void *context)
{
	const int before = errno;

	(void)context;
	if (info->si_code != BUS_ADRERR || !put_zeros(info->si_addr))
		signal(number, SIG_DFL);
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
