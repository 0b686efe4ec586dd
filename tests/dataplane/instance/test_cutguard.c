/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that is cut while it is read: zeros, where the process would end.
 * Method: real files in /dev/shm, mapped as the planes map theirs. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cutguard.h"
#include "runner.h"

#define PAGES 4

static size_t page;
static int fd;
static volatile uint8_t *at;

static void
setup(void)
{
	char path[] = "/dev/shm/cutguard-XXXXXX";

	signal(SIGBUS, SIG_DFL);
	page = (size_t)sysconf(_SC_PAGESIZE);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)(PAGES * page)), 0);
	at = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  0);
	ck_assert_ptr_ne((const void *)at, MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		at[i * page + 7] = (uint8_t)(i + 1);
}

static void
teardown(void)
{
	munmap((void *)(uintptr_t)at, PAGES * page);
	close(fd);
}

START_TEST(pages_that_were_cut_off_are_zeros)
{
	mx_cutguard_begin();
	const int before = mx_cutguard_hits();
	ck_assert_int_eq(ftruncate(fd, (off_t)(2 * page)), 0);
	ck_assert_int_eq(mx_cutguard_hits(), before);
	ck_assert_uint_eq(at[2 * page + 7], 0);
	ck_assert_int_ne(mx_cutguard_hits(), before);
	ck_assert_uint_eq(at[3 * page + 7], 0);
	ck_assert_uint_eq(at[7], 1);
	ck_assert_uint_eq(at[page + 7], 2);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_uint_eq(at[7], 0);
}
END_TEST

static void
read_behind_the_end(void)
{
	(void)at[7];
}

/* A page of zeros would take what was meant for others. */
static void
write_behind_the_end(void)
{
	mx_cutguard_begin();
	at[7] = 1;
}

static void
raise_another(void)
{
	mx_cutguard_begin();
	raise(SIGBUS);
}

/* What still ends the process. */
static void (*const ends[])(void) = {read_behind_the_end, write_behind_the_end,
				     raise_another};

START_TEST(all_else_ends_as_before)
{
	int status;

	ck_assert_int_eq(ftruncate(fd, 0), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		ends[_i]();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	/* A sanitizer reports the signal, and exits. */
	ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("cutguard");
	TCase *t = tcase_create("cutguard");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pages_that_were_cut_off_are_zeros);
	tcase_add_loop_test(t, all_else_ends_as_before, 0,
			    sizeof(ends) / sizeof(ends[0]));
	suite_add_tcase(s, t);
	return s;
}
