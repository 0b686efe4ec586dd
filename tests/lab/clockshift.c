/* SPDX-License-Identifier: BSD-3-Clause */
/* A wall clock of its own for a process that is started with LD_PRELOAD.
 *
 * The file that the environment variable CLOCKSHIFT names holds one number of
 * 64 bits: nanoseconds that are added to CLOCK_REALTIME.  Another process may
 * change it at any time.  The monotonic clocks are as they are. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

static const int64_t none;
static const int64_t *shift = &none;

__attribute__((constructor)) static void
map_shift(void)
{
	const char *path = getenv("CLOCKSHIFT");
	const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	void *map = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		shift = map;
	close(fd);
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	const long error = syscall(SYS_clock_gettime, clock, t);

	if (error != 0 ||
	    (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return (int)error;
	const int64_t ns = t->tv_sec * SECOND_NS + t->tv_nsec + *shift;
	t->tv_sec = ns / SECOND_NS;
	t->tv_nsec = ns % SECOND_NS;
	return 0;
}

int
gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;
	const int error = clock_gettime(CLOCK_REALTIME, &now);

	(void)zone;
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return error;
}

time_t
time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}
