/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages reach the socket that the environment names, whatever its kind, and
 * never wait.
 * Method: this process has both ends of the socket. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"
#include "runner.h"
#include "tempfolder.h"

static int manager = -1;

static void
setup(void)
{
	tempfolder_make();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void
teardown(void)
{
	if (manager >= 0)
		close(manager);
	manager = -1;
	setup();
}

/* A manager with a socket of that name, "@..." for an abstract one. */
static void
listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t length = strlen(name);

	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(manager, 0);
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	ck_assert_int_eq(
		bind(manager, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 length)),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static const char *
received(void)
{
	static char text[NOTIFY_MESSAGE_MAX];
	const ssize_t length = recv(manager, text, sizeof(text) - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return text;
}

static const char *
path_name(void)
{
	static char name[100];

	snprintf(name, sizeof(name), "%s/notify", tempfolder_make());
	return name;
}

static const char *
abstract_name(void)
{
	static char name[100];

	snprintf(name, sizeof(name), "@mxsteer.test.%d", (int)getpid());
	return name;
}

START_TEST(a_message_reaches_a_path_and_an_abstract_socket)
{
	listen_at(_i == 0 ? path_name() : abstract_name());
	ck_assert_int_eq(notify_send("READY=1\nSTATUS=%u of %u", 12, 14), 1);
	ck_assert_str_eq(received(), "READY=1\nSTATUS=12 of 14");
	ck_assert_str_eq(received(), "");
}
END_TEST

START_TEST(without_a_manager_nothing_is_sent)
{
	ck_assert_int_eq(notify_send("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	ck_assert_int_eq(notify_send("READY=1"), 0);
}
END_TEST

START_TEST(what_names_no_local_socket_is_refused)
{
	char longer[200];

	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	ck_assert_int_eq(notify_send("READY=1"), -EPROTONOSUPPORT);
	setenv("NOTIFY_SOCKET", "notify", 1);
	ck_assert_int_eq(notify_send("READY=1"), -EPROTONOSUPPORT);
	setenv("NOTIFY_SOCKET", "@", 1);
	ck_assert_int_eq(notify_send("READY=1"), -EINVAL);
	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	ck_assert_int_eq(notify_send("READY=1"), -EINVAL);
	setenv("NOTIFY_SOCKET", path_name(), 1);
	ck_assert_int_eq(notify_send("READY=1"), -ENOENT);
}
END_TEST

START_TEST(a_message_that_does_not_fit_is_not_cut)
{
	char longer[NOTIFY_MESSAGE_MAX + 1];

	listen_at(path_name());
	memset(longer, 'x', sizeof(longer));
	longer[NOTIFY_MESSAGE_MAX] = '\0';
	ck_assert_int_eq(notify_send("%s", longer), -EMSGSIZE);
	longer[NOTIFY_MESSAGE_MAX - 1] = '\0';
	ck_assert_int_eq(notify_send("%s", longer), 1);
	ck_assert_uint_eq(strlen(received()), NOTIFY_MESSAGE_MAX - 1);
}
END_TEST

/* net.unix.max_dgram_qlen is 10 to 512. */
START_TEST(a_manager_that_does_not_read_delays_nobody)
{
	int result = 1;

	listen_at(path_name());
	for (int sent = 0; sent < 100000 && result == 1; sent++)
		result = notify_send("WATCHDOG=1");
	ck_assert_int_eq(result, -EAGAIN);
	received();
	ck_assert_int_eq(notify_send("WATCHDOG=1"), 1);
}
END_TEST

START_TEST(keep_alives_are_wanted_of_this_process_alone)
{
	char self[16];

	ck_assert_uint_eq(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "60000000", 1);
	ck_assert_uint_eq(notify_watchdog_ms(), 60000);
	setenv("WATCHDOG_PID", "1", 1);
	ck_assert_uint_eq(notify_watchdog_ms(), 0);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	setenv("WATCHDOG_PID", self, 1);
	ck_assert_uint_eq(notify_watchdog_ms(), 60000);
}
END_TEST

START_TEST(a_limit_that_is_no_number_is_none)
{
	static const char *const wrong[] = {"", "-1", " 5000000", "5000000x",
					    "99999999999999999999999"};

	setenv("WATCHDOG_USEC", wrong[_i], 1);
	ck_assert_uint_eq(notify_watchdog_ms(), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("notify");
	TCase *t = tcase_create("notify");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_message_reaches_a_path_and_an_abstract_socket,
			    0, 2);
	tcase_add_test(t, without_a_manager_nothing_is_sent);
	tcase_add_test(t, what_names_no_local_socket_is_refused);
	tcase_add_test(t, a_message_that_does_not_fit_is_not_cut);
	tcase_add_test(t, a_manager_that_does_not_read_delays_nobody);
	tcase_add_test(t, keep_alives_are_wanted_of_this_process_alone);
	tcase_add_loop_test(t, a_limit_that_is_no_number_is_none, 0, 5);
	suite_add_tcase(s, t);
	return s;
}
