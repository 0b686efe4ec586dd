/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI socket: what a client may send, and what it cannot do.
 * Method: real sockets in one thread with the event loop; the handler echoes,
 * or keeps the request for later. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "ctl.h"
#include "descriptors.h"
#include "log.h"
#include "runner.h"

static struct event_base *base;
static struct ctl *ctl;
static char path[64];

#define KEPT_MAX (CTL_CLIENTS_MAX + CTL_ROOT_MAX)
static struct ctl_request *kept; /* the last of kept_all */
static struct ctl_request *kept_all[KEPT_MAX];
static uint32_t kept_count;
static uint32_t handled;

static void
on_request(void *arg, struct ctl_request *request, char *line)
{
	(void)arg;
	handled++;
	if (strcmp(line, "later") == 0)
		kept = kept_all[kept_count++ % KEPT_MAX] = request;
	else
		ctl_reply(request, strcmp(line, "bad") != 0, line,
			  strlen(line));
}

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof(path), "/tmp/mxtest-%d.sock", (int)getpid());
	base = event_base_new();
	ctl = ctl_new(base, path, on_request, NULL);
	ck_assert_ptr_nonnull(ctl);
	kept = NULL;
	kept_count = 0;
	handled = 0;
}

static void
teardown(void)
{
	ctl_free(ctl);
	event_base_free(base);
	ck_assert_int_lt(access(path, F_OK), 0);
}

static void
turn(void)
{
	for (int i = 0; i < 50; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int
connected(void)
{
	const int fd = client_connect(path);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Send as much as goes, running the loop; returns how much went. */
static size_t
send_bytes(int fd, const char *bytes, size_t length)
{
	size_t sent = 0;

	while (sent < length) {
		const ssize_t went = send(fd, bytes + sent, length - sent,
					  MSG_DONTWAIT | MSG_NOSIGNAL);
		if (went < 0 && errno != EAGAIN)
			break;
		sent += went > 0 ? (size_t)went : 0;
		turn();
	}
	turn();
	return sent;
}

static void
send_text(int fd, const char *text)
{
	ck_assert_uint_eq(send_bytes(fd, text, strlen(text)), strlen(text));
}

/* What has come; "" if nothing. */
static const char *
received(int fd)
{
	static char buffer[64 * 1024];
	size_t used = 0;

	for (int i = 0; i < 20; i++) {
		turn();
		const ssize_t got =
			recv(fd, buffer + used, sizeof(buffer) - used - 1,
			     MSG_DONTWAIT);
		used += got > 0 ? (size_t)got : 0;
	}
	buffer[used] = '\0';
	return buffer;
}

static bool
closed(int fd)
{
	char byte;

	turn();
	const ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno != EAGAIN);
}

START_TEST(a_line_gets_a_framed_reply)
{
	const int fd = connected();

	send_text(fd, "hello there\n");
	ck_assert_str_eq(received(fd), "ok 11\nhello there");
	send_text(fd, "bad\r\n");
	ck_assert_str_eq(received(fd), "error 3\nbad");
	close(fd);
	turn();
}
END_TEST

START_TEST(the_socket_is_for_owner_and_group)
{
	struct stat status;

	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0660);
}
END_TEST

START_TEST(a_second_server_does_not_take_the_socket)
{
	ck_assert_ptr_null(ctl_new(base, path, on_request, NULL));
	ck_assert_int_eq(errno, EADDRINUSE);
}
END_TEST

START_TEST(a_socket_nobody_answers_on_is_replaced)
{
	char stale[80];
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(stale, sizeof(stale), "%s.stale", path);
	strcpy(address.sun_path, stale);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	close(fd);
	struct ctl *second = ctl_new(base, stale, on_request, NULL);
	ck_assert_ptr_nonnull(second);
	ctl_free(second);
}
END_TEST

START_TEST(lines_sent_ahead_are_answered_in_order)
{
	const int fd = connected();

	send_text(fd, "1\nbad\n3\nunfinished");
	ck_assert_str_eq(received(fd), "ok 1\n1error 3\nbadok 1\n3");
	send_text(fd, " line\n");
	ck_assert_str_eq(received(fd), "ok 15\nunfinished line");
	close(fd);
	turn();
}
END_TEST

START_TEST(a_request_waits_for_the_one_before)
{
	const int fd = connected();

	send_text(fd, "later\nafter\n");
	ck_assert_str_eq(received(fd), "");
	ck_assert_uint_eq(handled, 1);
	ck_assert(!ctl_abandoned(kept));
	ctl_reply(kept, true, "now", 3);
	ck_assert_str_eq(received(fd), "ok 3\nnowok 5\nafter");
	close(fd);
	turn();
}
END_TEST

START_TEST(a_half_closed_client_still_gets_its_reply)
{
	const int fd = connected();

	send_text(fd, "later\n");
	shutdown(fd, SHUT_WR);
	turn();
	ck_assert(!ctl_abandoned(kept));
	ctl_reply(kept, true, "now", 3);
	ck_assert_str_eq(received(fd), "ok 3\nnow");
	ck_assert(closed(fd));
	close(fd);
}
END_TEST

START_TEST(a_client_that_left_is_noticed_and_forgotten)
{
	const int fd = connected();

	send_text(fd, "later\n");
	close(fd);
	turn();
	ck_assert(ctl_abandoned(kept));
	ctl_reply(kept, true, "now", 3);
	turn();
}
END_TEST

START_TEST(a_line_of_4095_bytes_is_served_and_one_more_is_not)
{
	static char line[CTL_LINE_MAX + 2];
	int fd = connected();

	memset(line, 'x', sizeof(line));
	line[CTL_LINE_MAX - 1] = '\n';
	ck_assert_uint_eq(send_bytes(fd, line, CTL_LINE_MAX), CTL_LINE_MAX);
	ck_assert_str_ne(received(fd), "");
	ck_assert_uint_eq(handled, 1);
	close(fd);

	fd = connected();
	line[CTL_LINE_MAX - 1] = 'x';
	line[CTL_LINE_MAX] = '\n';
	send_bytes(fd, line, CTL_LINE_MAX + 1);
	ck_assert(strncmp(received(fd), "error ", 6) == 0);
	ck_assert(closed(fd));
	ck_assert_uint_eq(handled, 1);
	close(fd);
}
END_TEST

START_TEST(a_line_of_a_megabyte_gets_one_error)
{
	const size_t length = 1024 * 1024;
	char *line = malloc(length);
	const int fd = connected();

	memset(line, 'x', length);
	ck_assert_uint_lt(send_bytes(fd, line, length), length);
	ck_assert_str_eq(received(fd),
			 "error 40\na request line is longer than 4096 bytes");
	ck_assert(closed(fd));
	ck_assert_uint_eq(handled, 0);
	close(fd);
	free(line);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
	static const char *const lines[] = {"a\0b\n", "a\033[2J\n", "\177\n"};
	static const size_t length[] = {4, 6, 2};
	const int fd = connected();

	send_bytes(fd, lines[_i], length[_i]);
	ck_assert(strncmp(received(fd), "error ", 6) == 0);
	ck_assert(closed(fd));
	ck_assert_uint_eq(handled, 0);
	close(fd);
}
END_TEST

/* Fill all places with clients that have asked and wait, or have not asked. */
static void
fill(int fd[CTL_CLIENTS_MAX], bool asking)
{
	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		fd[i] = connected();
		if (asking)
			send_text(fd[i], "later\n");
		turn();
	}
}

static void
empty(int fd[CTL_CLIENTS_MAX])
{
	for (uint32_t i = 0; i < kept_count; i++)
		ctl_reply(kept_all[i], ANSWER_OK, "now", 3);
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		close(fd[i]);
	turn();
}

/* A connection of somebody who is not root, whoever runs the tests. */
static int
connected_as_nobody(void)
{
	const uid_t self = geteuid();

	ck_assert_int_eq(chmod(path, 0666), 0);
	if (self == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	const int fd = connected();
	ck_assert_int_eq(seteuid(self), 0);
	return fd;
}

START_TEST(clients_that_wait_keep_others_out_and_those_are_told)
{
	int fd[CTL_CLIENTS_MAX];
	enum answer answer;
	char *text;

	fill(fd, true);
	const int late = connected_as_nobody();
	turn();
	/* It was answered and closed before it asks. */
	ck_assert_int_eq(client_ask(late, "hello", 5, &answer, &text), 0);
	ck_assert_int_eq(answer, ANSWER_REFUSED);
	ck_assert_msg(strstr(text, "all 64 places of the CLI socket are taken "
				   "by clients that wait") == text,
		      "%s", text);
	free(text);
	close(late);
	empty(fd);
}
END_TEST

START_TEST(root_has_a_place_when_all_others_wait)
{
	int fd[CTL_CLIENTS_MAX];
	int root[CTL_ROOT_MAX];

	if (geteuid() != 0)
		return;
	fill(fd, true);
	for (int i = 0; i < CTL_ROOT_MAX; i++) {
		root[i] = connected();
		send_text(root[i], "hello\n");
		ck_assert_str_eq(received(root[i]), "ok 5\nhello");
		send_text(root[i], "later\n");
	}
	const int late = connected();
	ck_assert(strstr(received(late), "all 64 places") != NULL);
	close(late);
	for (int i = 0; i < CTL_ROOT_MAX; i++)
		close(root[i]);
	empty(fd);
}
END_TEST

START_TEST(the_client_that_is_idle_for_longest_makes_room)
{
	int fd[CTL_CLIENTS_MAX];

	fill(fd, false);
	usleep((CTL_SPARE_MS + 100) * 1000);
	send_text(fd[0], "hello\n"); /* so it is no longer the first */
	ck_assert_str_eq(received(fd[0]), "ok 5\nhello");
	ck_assert(!client_is_stale(fd[1]));
	const int late = connected_as_nobody();
	send_text(late, "hello\n");
	ck_assert_str_eq(received(late), "ok 5\nhello");
	ck_assert(client_is_stale(fd[1]));
	for (int i = 2; i < CTL_CLIENTS_MAX; i++)
		ck_assert(!client_is_stale(fd[i]));
	ck_assert(!client_is_stale(fd[0]));
	close(late);
	empty(fd);
}
END_TEST

static uint32_t complaints;
static char logged[1024];

static void
on_complaint(int severity, const char *text)
{
	(void)severity, (void)text;
	complaints++;
}

static void
keep_line(const char *line)
{
	if (strlen(logged) + strlen(line) + 2 < sizeof(logged))
		strcat(strcat(logged, line), "\n");
}

START_TEST(without_descriptors_accepting_pauses_and_goes_on)
{
	struct rlimit before, none;
	const struct timeval second = {.tv_sec = 1};

	event_set_log_callback(on_complaint);
	log_divert(keep_line);
	const int fd = connected();
	send_text(fd, "");
	const int late = connected(); /* in the queue: nobody has turned yet */
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	for (int i = 0; i < 100; i++)
		turn();
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert_str_eq(logged, "error no CLI client can be accepted: Too "
				 "many open files\n");
	ck_assert_uint_eq(complaints, 0);
	send(late, "hello\n", 6, MSG_NOSIGNAL);
	for (int i = 0; i < 20 && received(late)[0] == '\0'; i++) {
		event_base_loopexit(base, &second);
		event_base_dispatch(base);
	}
	ck_assert(strstr(logged, "info CLI clients are accepted again"));
	log_divert(NULL);
	event_set_log_callback(NULL);
	close(late);
	close(fd);
	turn();
}
END_TEST

START_TEST(files_are_shared_out_under_any_limit)
{
	static const struct {
		rlim_t limit;
		uint32_t clients, probes;
	} cases[] = {
		{0, 6, 1},      {40, 6, 2},      {64, 8, 24},
		{256, 56, 168}, {1024, 68, 924}, {4096, 68, 1023},
	};
	struct rlimit before, now;

	getrlimit(RLIMIT_NOFILE, &before);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		now = (struct rlimit){.rlim_cur = cases[i].limit,
				      .rlim_max = before.rlim_max};
		if (setrlimit(RLIMIT_NOFILE, &now) < 0)
			continue; /* the hard limit is lower */
		const struct descriptors share = descriptors_share();
		ck_assert_uint_eq(share.clients, cases[i].clients);
		ck_assert_uint_eq(share.probes, cases[i].probes);
	}
	now.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &now);
	descriptors_raise();
	getrlimit(RLIMIT_NOFILE, &now);
	ck_assert_uint_ge(now.rlim_cur,
			  before.rlim_max < 1123 ? before.rlim_max : 1123);
	setrlimit(RLIMIT_NOFILE, &before);
}
END_TEST

START_TEST(a_client_that_does_not_read_is_served_no_further)
{
	static char lines[400 * 1000];
	const int fd = connected();

	for (size_t i = 0; i < sizeof(lines); i += 1000) {
		memset(lines + i, 'x', 999);
		lines[i + 999] = '\n';
	}
	/* More than the socket holds both ways: at some point nothing moves,
	 * and what is kept for this client is one reply and one buffer. */
	for (int i = 0; i < 5; i++) {
		send(fd, lines, sizeof(lines), MSG_DONTWAIT | MSG_NOSIGNAL);
		turn();
	}
	const uint32_t before = handled;
	turn();
	ck_assert_uint_eq(handled, before);
	ck_assert_uint_lt(handled, 1000);
	const int other = connected();
	send_text(other, "hello\n");
	ck_assert_str_eq(received(other), "ok 5\nhello");
	close(other);
	close(fd);
	turn();
}
END_TEST

START_TEST(garbage_never_ends_the_server)
{
	char garbage[512];

	srand(1);
	for (int round = 0; round < 500; round++) {
		const int fd = connected();
		for (size_t i = 0; i < sizeof(garbage); i++)
			garbage[i] = (char)(rand() % 256);
		send(fd, garbage, (size_t)(rand() % 512),
		     MSG_DONTWAIT | MSG_NOSIGNAL);
		turn();
		close(fd);
	}
	const int fd = connected();
	send_text(fd, "hello\n");
	ck_assert_str_eq(received(fd), "ok 5\nhello");
	close(fd);
	turn();
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ctl");
	TCase *t = tcase_create("ctl");

	tcase_add_checked_fixture(t, setup, teardown);
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
	tcase_add_test(t, clients_that_wait_keep_others_out_and_those_are_told);
	tcase_add_test(t, root_has_a_place_when_all_others_wait);
	tcase_add_test(t, the_client_that_is_idle_for_longest_makes_room);
	tcase_add_test(t, without_descriptors_accepting_pauses_and_goes_on);
	tcase_add_test(t, files_are_shared_out_under_any_limit);
	tcase_add_test(t, a_client_that_does_not_read_is_served_no_further);
	tcase_add_test(t, garbage_never_ends_the_server);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
