/* SPDX-License-Identifier: BSD-3-Clause */
/* A process gives up privileges in each of its threads, and gets none back.
 * Method: a real process with threads that sleep; /proc says what each thread
 * has.  What only root can give up needs root. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capabilities.h"
#include "hostuser.h"
#include "runner.h"
#include "syscalls.h"
#include "threads.h"

#define THREADS 4

/* What a process gives up is gone, so each test has a process of its own.  It
 * ends with the line of the claim that does not hold. */
#define EQUAL(found, wanted)                                                   \
	do {                                                                   \
		if ((uint64_t)(found) != (uint64_t)(wanted))                   \
			_exit(__LINE__ & 0xff);                                \
	} while (0)

static int
line_of(void (*body)(void))
{
	int ended;
	const pid_t child = fork();

	if (child == 0) {
		body();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &ended, 0), child);
	return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
}

static pthread_t thread[THREADS];
static int task[THREADS];
static pthread_barrier_t begun;

static void *
sleep_in(void *arg)
{
	const int i = (int)(intptr_t)arg;

	task[i] = gettid();
	pthread_barrier_wait(&begun);
	pause();
	/* pause() returns when the signal has come. */
	for (;;)
		pause();
	return NULL;
}

static void
start_threads(void)
{
	pthread_barrier_init(&begun, NULL, THREADS + 1);
	for (intptr_t i = 0; i < THREADS; i++)
		EQUAL(pthread_create(&thread[i], NULL, sleep_in, (void *)i), 0);
	pthread_barrier_wait(&begun);
}

/* A line of the thread's /proc status, as a number. */
static uint64_t
status(int tid, const char *field)
{
	char path[64], line[256];
	uint64_t value = UINT64_MAX;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	FILE *file = fopen(path, "r");
	EQUAL(file != NULL, true);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			value = strtoull(line + strlen(field), NULL, 16);
	fclose(file);
	return value;
}

static void
expect_confined(int tid, uint64_t keep)
{
	EQUAL(status(tid, "NoNewPrivs:"), 1);
	EQUAL(status(tid, "CapEff:"), keep);
	EQUAL(status(tid, "CapPrm:"), keep);
	EQUAL(status(tid, "CapInh:"), 0);
	EQUAL(status(tid, "CapAmb:"), 0);
	if (geteuid() == 0)
		EQUAL(status(tid, "CapBnd:"), keep);
}

static void
give_up(void)
{
	const uint64_t keep =
		geteuid() == 0 ? CAPABILITY(CAP_NET_RAW) | CAPABILITY(CAP_BPF)
			       : 0;

	start_threads();
	EQUAL(threads_confine(keep), 0);
	expect_confined(gettid(), keep);
	for (int i = 0; i < THREADS; i++)
		expect_confined(task[i], keep);
}

START_TEST(each_thread_gives_up_all_but_what_is_kept)
{
	ck_assert_int_eq(line_of(give_up), 0);
}
END_TEST

static void
refuse(void)
{
	char *const argv[] = {(char *)"true", NULL};

	start_threads();
	const int error = syscalls_refuse(false);
	if (error == -ENOSYS)
		return;
	EQUAL(error, 0);
	EQUAL(execv("/bin/true", argv), -1);
	EQUAL(errno, EPERM);
	for (int i = 0; i < THREADS; i++)
		EQUAL(status(task[i], "Seccomp:"), 2);
	/* All others work, a new thread among them. */
	const int fd = open("/proc/self/status", O_RDONLY);
	EQUAL(fd >= 0, true);
	close(fd);
	start_threads();
}

START_TEST(refused_calls_are_refused_in_each_thread)
{
	ck_assert_int_eq(line_of(refuse), 0);
}
END_TEST

static void
become(void)
{
	struct hostuser user;

	EQUAL(hostuser_find(&user, "nobody"), true);
	EQUAL(hostuser_become(&user, user.gid, CAPABILITY(CAP_NET_ADMIN)), 0);
	EQUAL(getuid(), user.uid);
	EQUAL(getgid(), user.gid);
	EQUAL(getgroups(0, NULL), 1);
	EQUAL(status(gettid(), "CapEff:"), CAPABILITY(CAP_NET_ADMIN));
	EQUAL(setuid(0), -1);
	EQUAL(open("/etc/shadow", O_RDONLY), -1);
}

START_TEST(root_becomes_a_user_for_good)
{
	ck_assert_int_eq(line_of(become), 0);
}
END_TEST

START_TEST(users_have_names)
{
	char name[HOSTUSER_NAME_MAX];
	struct hostuser user;
	gid_t gid;

	hostuser_name(0, name);
	ck_assert_str_eq(name, "root");
	hostuser_name(3999999999u, name);
	ck_assert_str_eq(name, "3999999999");
	EQUAL(!hostuser_find(&user, "nosuchuser"), true);
	EQUAL(!hostuser_group("nosuchgroup", &gid), true);
	EQUAL(hostuser_group("root", &gid), true);
	EQUAL(gid, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("confine");
	TCase *t = tcase_create("confine");

	tcase_add_test(t, each_thread_gives_up_all_but_what_is_kept);
	tcase_add_test(t, refused_calls_are_refused_in_each_thread);
	tcase_add_test(t, users_have_names);
	if (geteuid() == 0)
		tcase_add_test(t, root_becomes_a_user_for_good);
	suite_add_tcase(s, t);
	return s;
}
