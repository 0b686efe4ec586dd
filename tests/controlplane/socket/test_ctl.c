/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI socket: what a client may send, and what it cannot do.
 * Method: a socket and its clients in one thread (ctlrig.c). test_places.c has
 * many clients and few files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "ctlrig.h"
#include "runner.h"

START_TEST(a_line_gets_a_framed_reply)
{
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "hello there\n");
	ck_assert_str_eq(ctlrig_received(fd), "ok 11\nhello there");
	ctlrig_send(fd, "bad\r\n");
	ck_assert_str_eq(ctlrig_received(fd), "error 3\nbad");
	close(fd);
	ctlrig_turn();
}
END_TEST

START_TEST(the_socket_is_for_owner_and_group)
{
	struct stat status;

	ck_assert_int_eq(stat(ctlrig_path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0660);
}
END_TEST

START_TEST(a_second_server_does_not_take_the_socket)
{
	ck_assert_ptr_null(
		ctl_new(ctlrig_base, ctlrig_path, ctlrig_handle, NULL));
	ck_assert_int_eq(errno, EADDRINUSE);
}
END_TEST

START_TEST(a_socket_nobody_answers_on_is_replaced)
{
	char stale[80];
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(stale, sizeof(stale), "%s.stale", ctlrig_path);
	strcpy(address.sun_path, stale);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	close(fd);
	struct ctl *second = ctl_new(ctlrig_base, stale, ctlrig_handle, NULL);
	ck_assert_ptr_nonnull(second);
	ctl_free(second);
}
END_TEST

START_TEST(lines_sent_ahead_are_answered_in_order)
{
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "1\nbad\n3\nunfinished");
	ck_assert_str_eq(ctlrig_received(fd), "ok 1\n1error 3\nbadok 1\n3");
	ctlrig_send(fd, " line\n");
	ck_assert_str_eq(ctlrig_received(fd), "ok 15\nunfinished line");
	close(fd);
	ctlrig_turn();
}
END_TEST

START_TEST(a_request_waits_for_the_one_before)
{
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "later\nafter\n");
	ck_assert_str_eq(ctlrig_received(fd), "");
	ck_assert_uint_eq(handled, 1);
	ck_assert(!ctl_abandoned(kept));
	ctl_reply(kept, true, "now", 3);
	ck_assert_str_eq(ctlrig_received(fd), "ok 3\nnowok 5\nafter");
	close(fd);
	ctlrig_turn();
}
END_TEST

START_TEST(a_half_closed_client_still_gets_its_reply)
{
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "later\n");
	shutdown(fd, SHUT_WR);
	ctlrig_turn();
	ck_assert(!ctl_abandoned(kept));
	ctl_reply(kept, true, "now", 3);
	ck_assert_str_eq(ctlrig_received(fd), "ok 3\nnow");
	ck_assert(ctlrig_closed(fd));
	close(fd);
}
END_TEST

START_TEST(a_client_that_left_is_noticed_and_forgotten)
{
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "later\n");
	close(fd);
	ctlrig_turn();
	ck_assert(ctl_abandoned(kept));
	ctl_reply(kept, true, "now", 3);
	ctlrig_turn();
}
END_TEST

START_TEST(a_line_of_4095_bytes_is_served_and_one_more_is_not)
{
	static char line[CTL_LINE_MAX + 2];
	int fd = ctlrig_connect();

	memset(line, 'x', sizeof(line));
	line[CTL_LINE_MAX - 1] = '\n';
	ck_assert_uint_eq(ctlrig_send_bytes(fd, line, CTL_LINE_MAX),
			  CTL_LINE_MAX);
	ck_assert_str_ne(ctlrig_received(fd), "");
	ck_assert_uint_eq(handled, 1);
	close(fd);

	fd = ctlrig_connect();
	line[CTL_LINE_MAX - 1] = 'x';
	line[CTL_LINE_MAX] = '\n';
	ctlrig_send_bytes(fd, line, CTL_LINE_MAX + 1);
	ck_assert(strncmp(ctlrig_received(fd), "error ", 6) == 0);
	ck_assert(ctlrig_closed(fd));
	ck_assert_uint_eq(handled, 1);
	close(fd);
}
END_TEST

START_TEST(a_line_of_a_megabyte_gets_one_error)
{
	const size_t length = 1024 * 1024;
	char *line = malloc(length);
	const int fd = ctlrig_connect();

	memset(line, 'x', length);
	ck_assert_uint_lt(ctlrig_send_bytes(fd, line, length), length);
	ck_assert_str_eq(ctlrig_received(fd),
			 "error 40\na request line is longer than 4096 bytes");
	ck_assert(ctlrig_closed(fd));
	ck_assert_uint_eq(handled, 0);
	close(fd);
	free(line);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
	static const char *const lines[] = {"a\0b\n", "a\033[2J\n", "\177\n"};
	static const size_t length[] = {4, 6, 2};
	const int fd = ctlrig_connect();

	ctlrig_send_bytes(fd, lines[_i], length[_i]);
	ck_assert(strncmp(ctlrig_received(fd), "error ", 6) == 0);
	ck_assert(ctlrig_closed(fd));
	ck_assert_uint_eq(handled, 0);
	close(fd);
}
END_TEST

START_TEST(a_client_that_does_not_read_is_served_no_further)
{
	static char lines[400 * 1000];
	const int fd = ctlrig_connect();

	for (size_t i = 0; i < sizeof(lines); i += 1000) {
		memset(lines + i, 'x', 999);
		lines[i + 999] = '\n';
	}
	/* More than the socket holds in both directions: at some point nothing
	 * moves.  Then the server keeps one reply and one buffer for this
	 * client. */
	for (int i = 0; i < 5; i++) {
		send(fd, lines, sizeof(lines), MSG_DONTWAIT | MSG_NOSIGNAL);
		ctlrig_turn();
	}
	const uint32_t before = handled;
	ctlrig_turn();
	ck_assert_uint_eq(handled, before);
	ck_assert_uint_lt(handled, 1000);
	const int other = ctlrig_connect();
	ctlrig_send(other, "hello\n");
	ck_assert_str_eq(ctlrig_received(other), "ok 5\nhello");
	close(other);
	close(fd);
	ctlrig_turn();
}
END_TEST

/* The loop must come to rest while the client waits, with its buffer full. */
START_TEST(what_is_asked_ahead_of_an_answer_waits_for_it)
{
	char line[1000];
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "later\n");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 10; i++)
		ctlrig_send_bytes(fd, line, sizeof(line));
	ck_assert_uint_eq(handled, 1);
	ctl_reply(kept, ANSWER_OK, "now", 3);
	const char *received = ctlrig_received(fd);
	ck_assert(strncmp(received, "ok 3\nnowok 999\n", 15) == 0);
	ck_assert_uint_eq(strlen(received), 8 + 10 * (7 + 999));
	ck_assert_uint_eq(handled, 11);
	ctlrig_send(fd, "hello\n");
	ck_assert_str_eq(ctlrig_received(fd), "ok 5\nhello");
	close(fd);
}
END_TEST

START_TEST(garbage_never_ends_the_server)
{
	char garbage[512];

	srand(1);
	for (int round = 0; round < 500; round++) {
		const int fd = ctlrig_connect();
		for (size_t i = 0; i < sizeof(garbage); i++)
			garbage[i] = (char)(rand() % 256);
		send(fd, garbage, (size_t)(rand() % 512),
		     MSG_DONTWAIT | MSG_NOSIGNAL);
		ctlrig_turn();
		close(fd);
	}
	const int fd = ctlrig_connect();
	ctlrig_send(fd, "hello\n");
	ck_assert_str_eq(ctlrig_received(fd), "ok 5\nhello");
	close(fd);
	ctlrig_turn();
}
END_TEST

START_TEST(long_listings_have_time_however_they_are_typed)
{
	static const char *const listings[] = {
		"show sessions 9", "show  sessions", "sh sess 9", "sh cl",
		"look 192.0.2.7:40000 198.51.100.25:25"};

	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++)
		ck_assert_msg(client_silence_s(listings[i]) == 60, "%s",
			      listings[i]);
	ck_assert_uint_eq(client_silence_s("show pools"), CLIENT_SILENCE_S);
	ck_assert_uint_eq(client_silence_s("nonsense"), CLIENT_SILENCE_S);
	ck_assert_uint_eq(client_silence_s("wait 100 drained mx/a"), 105);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ctl");
	TCase *t = tcase_create("ctl");

	tcase_add_checked_fixture(t, ctlrig_setup, ctlrig_teardown);
	tcase_add_test(t, a_line_gets_a_framed_reply);
	tcase_add_test(t, the_socket_is_for_owner_and_group);
	tcase_add_test(t, a_second_server_does_not_take_the_socket);
	tcase_add_test(t, a_socket_nobody_answers_on_is_replaced);
	tcase_add_test(t, lines_sent_ahead_are_answered_in_order);
	tcase_add_test(t, a_request_waits_for_the_one_before);
	tcase_add_test(t, a_half_closed_client_still_gets_its_reply);
	tcase_add_test(t, a_client_that_left_is_noticed_and_forgotten);
	tcase_add_test(t, a_line_of_4095_bytes_is_served_and_one_more_is_not);
	tcase_add_test(t, a_line_of_a_megabyte_gets_one_error);
	tcase_add_loop_test(t, bytes_that_are_no_text_are_refused, 0, 3);
	tcase_add_test(t, a_client_that_does_not_read_is_served_no_further);
	tcase_add_test(t, what_is_asked_ahead_of_an_answer_waits_for_it);
	tcase_add_test(t, garbage_never_ends_the_server);
	tcase_add_test(t, long_listings_have_time_however_they_are_typed);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
