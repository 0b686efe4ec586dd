/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "capabilities.h"

/* Neither glibc, DPDK nor the sanitizers use this one. */
#define SIGNAL (SIGRTMAX - 5)

#define LOOK_NS 1000000
#define LOOKS_MAX 30000

/* For the handler; one call of threads_confine() at a time. */
static uint64_t kept;
static atomic_int answers;
static atomic_int failure;

static void
on_signal(int number)
{
	const int saved = errno;
	const int bound = capabilities_bound(kept);
	const int error = bound != 0 ? bound : capabilities_keep(kept);

	(void)number;
	if (error != 0)
		atomic_store_explicit(&failure, error, memory_order_relaxed);
	/* Release: with the count the failure is visible. */
	atomic_fetch_add_explicit(&answers, 1, memory_order_release);
	errno = saved;
}

/* Send the signal to all threads but this one.  Returns how many, or -errno. */
static int
ask_others(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const pid_t self = (pid_t)syscall(SYS_gettid);
	const struct dirent *entry;
	int count = 0;

	if (tasks == NULL)
		return -errno;
	while ((entry = readdir(tasks)) != NULL) {
		const pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
		if (thread > 0 && thread != self &&
		    syscall(SYS_tgkill, getpid(), thread, SIGNAL) == 0)
			count++;
	}
	closedir(tasks);
	return count;
}

static int
wait_for(int count)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};

	for (int i = 0; i < LOOKS_MAX; i++) {
		/* Acquire: see on_signal(). */
		if (atomic_load_explicit(&answers, memory_order_acquire) >=
		    count)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

int
threads_confine(uint64_t keep)
{
	const struct sigaction action = {.sa_handler = on_signal,
					 .sa_flags = SA_RESTART};
	struct sigaction before;

	kept = keep;
	atomic_store(&answers, 0);
	atomic_store(&failure, 0);
	if (sigaction(SIGNAL, &action, &before) < 0)
		return -errno;
	const int count = ask_others();
	int error = count < 0 ? count : wait_for(count);
	if (error == 0)
		sigaction(SIGNAL, &before, NULL);
	on_signal(SIGNAL);
	const int failed = atomic_load_explicit(&failure, memory_order_relaxed);
	return error != 0 ? error : failed;
}
