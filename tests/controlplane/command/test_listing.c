/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports that read all sessions stop nothing else.
 * Method: requests over the real socket to a whole control plane (serving.c).
 * All workers have one file of sessions, so that it is read in many slices.
 * Open files tell how many of them are being read. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "faketime.h"
#include "listing.h"
#include "regionfile.h"
#include "runner.h"
#include "serving.h"
#include "sessions.h"

#define SESSIONS 40000u /* of a worker */
#define WORKERS 8u

/* More rounds of the loop than all requests of a test take. */
#define ROUNDS 2000

static char path[MX_PATH_MAX];

static void
setup(void)
{
	const size_t size = MX_SESSIONS_SIZE(SESSIONS, 0);
	struct mx_sessions_file *file = calloc(1, size);

	serving_setup();
	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = SESSIONS;
	for (uint32_t i = 0; i < SESSIONS; i++)
		atomic_store(&file->session[i].state, MX_SESSION_ESTABLISHED);
	snprintf(path, sizeof(path), "%s/sessions", plane.folder);
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, size), (int)size);
	close(fd);
	free(file);
	plane.region->header.workers = WORKERS;
	for (uint32_t w = 0; w < WORKERS; w++)
		memcpy(plane.region->header.sessions_path[w], path,
		       sizeof(path));
}

/* How many listings are being made. */
static int
files_open(void)
{
	char link[280], target[MX_PATH_MAX];
	struct dirent *entry;
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while ((entry = readdir(folder)) != NULL) {
		snprintf(link, sizeof(link), "/proc/self/fd/%s", entry->d_name);
		const ssize_t length =
			readlink(link, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		count += strcmp(target, path) == 0;
	}
	closedir(folder);
	return count;
}

static int
ask(const char *line)
{
	const int fd = client_connect(plane.socket);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(send(fd, line, strlen(line), 0), (int)strlen(line));
	return fd;
}

/* One round of the loop, and of the timers that are due next. */
static void
step(void)
{
	faketime_step(plane.base, clock_ms() + 1000);
}

static bool
has_answer(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void
run_until_listing(void)
{
	for (int i = 0; i < ROUNDS && files_open() == 0; i++)
		step();
	ck_assert_int_gt(files_open(), 0);
}

/* Wait for an answer, which must contain the part. */
static void
expect_answer(int fd, const char *part)
{
	char text[4096];

	for (int i = 0; i < ROUNDS && !has_answer(fd); i++)
		step();
	const ssize_t length = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	ck_assert_int_gt(length, 0);
	text[length] = '\0';
	ck_assert_msg(strstr(text, part) != NULL, "%s", text);
	close(fd);
}

static const char *const lines[] = {
	"show sessions\n",
	"show clients\n",
};

START_TEST(others_are_answered_while_sessions_are_read)
{
	const int listing = ask(lines[_i]);

	run_until_listing();
	const int other = ask("show pools\n");
	for (int i = 0; i < ROUNDS && !has_answer(other); i++)
		step();
	ck_assert(!has_answer(listing));
	expect_answer(other, "SERVING");
	expect_answer(listing, "ok ");
	ck_assert_int_eq(files_open(), 0);
}
END_TEST

START_TEST(a_listing_ends_if_its_client_leaves)
{
	close(ask(lines[_i]));
	for (int i = 0; i < 20; i++)
		step();
	const int listing = ask(lines[_i]);
	run_until_listing();
	close(listing);
	step();
	step();
	ck_assert_int_eq(files_open(), 0);
}
END_TEST

START_TEST(so_many_listings_take_turns_and_others_wait)
{
	int listing[3 * LISTINGS_AT_ONCE];
	int most = 0;

	for (int i = 0; i < 3 * LISTINGS_AT_ONCE; i++)
		listing[i] = ask("show sessions\n");
	for (int i = 0; i < ROUNDS; i++) {
		const int now = files_open();

		most = now > most ? now : most;
		step();
	}
	ck_assert_int_eq(most, LISTINGS_AT_ONCE);
	for (int i = 0; i < 3 * LISTINGS_AT_ONCE; i++)
		expect_answer(listing[i],
			      "320000 sessions, 320000 established");
}
END_TEST

START_TEST(a_listing_is_refused_if_the_data_plane_goes_away)
{
	const int listing = ask(lines[_i]);

	run_until_listing();
	/* One that has not begun. */
	const int later = ask(lines[_i]);
	plane_stop_data(&plane);
	mx_region_unlink(plane.instance);
	/* The control plane looks after its region before each answer. */
	const int other = ask("show pools\n");
	expect_answer(listing, "ask again");
	expect_answer(later, "is gone");
	expect_answer(other, "SERVING");
	ck_assert_int_eq(files_open(), 0);
}
END_TEST

START_TEST(a_control_plane_that_stops_answers_first)
{
	const int listing = ask(lines[_i]);

	run_until_listing();
	plane_stop_control(&plane);
	ck_assert_int_eq(files_open(), 0);
	close(listing);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("listing");
	TCase *t = tcase_create("listing");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_loop_test(t, others_are_answered_while_sessions_are_read, 0,
			    2);
	tcase_add_loop_test(t, a_listing_ends_if_its_client_leaves, 0, 2);
	tcase_add_test(t, so_many_listings_take_turns_and_others_wait);
	tcase_add_loop_test(t, a_listing_is_refused_if_the_data_plane_goes_away,
			    0, 2);
	tcase_add_loop_test(t, a_control_plane_that_stops_answers_first, 0, 2);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
