/* SPDX-License-Identifier: BSD-3-Clause */
/* Stops a program at a chosen moment, so that a test can kill it there.
 *
 * It is loaded into the program by LD_PRELOAD.  When the file that MX_LATCH
 * names has the name of a moment, the program stops (SIGSTOP) the next time that
 * moment comes, and the file is removed:
 *
 *   save    a file that was written gets its name: the state, or the plan
 *   read    the data plane has read a generation, and not its plan
 *   swap    the data plane has given a plan to the workers, and waits for them
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* The pause of plan_swap_poll() while it waits. */
#define SWAP_PAUSE_NS 20000
/* A generation is shorter, a plan is longer. */
#define PLAN_BYTES 4096

int rename(const char *from, const char *to);
int renameat(int from_fd, const char *from, int to_fd, const char *to);
ssize_t pread64(int fd, void *to, size_t bytes, off_t at);
int nanosleep(const struct timespec *pause, struct timespec *rest);

static void
latch(const char *moment)
{
	const char *path = getenv("MX_LATCH");
	char wanted[16] = "";

	if (path == NULL)
		return;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	const ssize_t got = read(fd, wanted, sizeof(wanted) - 1);
	close(fd);
	if (got > 0 && strcmp(wanted, moment) == 0 && unlink(path) == 0)
		raise(SIGSTOP);
}

static void *
next_of(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int
rename(const char *from, const char *to)
{
	int (*next)(const char *, const char *);

	*(void **)&next = next_of("rename");
	latch("save");
	return next(from, to);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	int (*next)(int, const char *, int, const char *);

	*(void **)&next = next_of("renameat");
	latch("save");
	return next(from_fd, from, to_fd, to);
}

ssize_t
pread64(int fd, void *to, size_t bytes, off_t at)
{
	ssize_t (*next)(int, void *, size_t, off_t);

	*(void **)&next = next_of("pread64");
	if (bytes >= PLAN_BYTES)
		latch("read");
	return next(fd, to, bytes, at);
}

int
nanosleep(const struct timespec *pause, struct timespec *rest)
{
	int (*next)(const struct timespec *, struct timespec *);

	*(void **)&next = next_of("nanosleep");
	if (pause->tv_sec == 0 && pause->tv_nsec == SWAP_PAUSE_NS)
		latch("swap");
	return next(pause, rest);
}
