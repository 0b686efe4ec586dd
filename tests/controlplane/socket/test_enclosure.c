/* SPDX-License-Identifier: BSD-3-Clause */
/* The text before a request: what arrives, what is refused, and that no client holds
 * memory by it.
 * Method: a socket and its clients in one thread (ctlrig.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "ctlrig.h"
#include "places.h"
#include "runner.h"

static char *full; /* ENCLOSURE_MAX bytes */

static void
setup(void)
{
	ctlrig_setup();
	full = malloc(ENCLOSURE_MAX + 1);
	memset(full, 'x', ENCLOSURE_MAX);
	full[ENCLOSURE_MAX] = '\0';
}

static void
teardown(void)
{
	ctlrig_turn();
	ctlrig_teardown();
	free(full);
}

static int
send_head(size_t size)
{
	char line[32];
	const int fd = ctlrig_connect();

	snprintf(line, sizeof(line), "text %zu\n", size);
	ctlrig_send(fd, line);
	return fd;
}

START_TEST(a_text_goes_with_the_next_request_alone)
{
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "text 12\nend\nanother\nfile\nfile\n");
	ck_assert_str_eq(ctlrig_received(fd),
			 "ok 12\nend\nanother\nok 4\nnone");
	ctlrig_send(fd, "text 3\nabchello\nfile\n");
	ck_assert_str_eq(ctlrig_received(fd), "ok 5\nhellook 4\nnone");
	ctlrig_send(fd, "text 0\nfile\n");
	ck_assert_str_eq(ctlrig_received(fd), "ok 0\n");
	close(fd);
}
END_TEST

START_TEST(a_text_may_come_byte_by_byte)
{
	static const char bytes[] = "text 5\na\0\033\n\377file\n";
	const int fd = ctlrig_connect();

	for (size_t i = 0; i < sizeof(bytes) - 1; i++)
		ctlrig_send_bytes(fd, &bytes[i], 1);
	ck_assert_int_eq(memcmp(ctlrig_received(fd), "ok 5\na\0\033\n\377", 10),
			 0);
	close(fd);
}
END_TEST

START_TEST(a_text_of_the_largest_size_arrives)
{
	const int fd = send_head(ENCLOSURE_MAX);

	ck_assert_uint_eq(ctlrig_send_bytes(fd, full, ENCLOSURE_MAX),
			  ENCLOSURE_MAX);
	ctlrig_send(fd, "later\n");
	size_t size = 0;
	char *text = ctl_take_text(kept, &size);
	ck_assert_uint_eq(size, ENCLOSURE_MAX);
	ck_assert_str_eq(text, full);
	free(text);
	ctl_reply(kept, ANSWER_OK, "now", 3);
	ck_assert_str_eq(ctlrig_received(fd), "ok 3\nnow");
	close(fd);
}
END_TEST

START_TEST(what_announces_no_text_is_refused)
{
	static const char *const lines[] = {
		"text \n",        "text -1\n",
		"text 1x\n",      "text 4194305\n",
		"text 9999999\n", "text 18446744073709551617\n",
		"text  1\n",
	};
	const int fd = ctlrig_connect();

	ctlrig_send(fd, lines[_i]);
	ck_assert_str_eq(ctlrig_received(fd),
			 "error 46\ntext: expected its length, up to 4194304 "
			 "bytes");
	ck_assert(ctlrig_closed(fd));
	ck_assert_uint_eq(handled, 0);
	close(fd);
}
END_TEST

START_TEST(a_text_follows_no_other)
{
	const int fd = ctlrig_connect();

	ctlrig_send(fd, "text 1\natext 1\nbfile\n");
	ck_assert(strstr(ctlrig_received(fd), "followed by its request"));
	ck_assert(ctlrig_closed(fd));
	ck_assert_uint_eq(handled, 0);
	close(fd);
}
END_TEST

/* What comes behind the length is the request, which has a limit too. */
START_TEST(a_text_that_does_not_end_gets_one_error)
{
	const int fd = send_head(10);

	ck_assert_uint_lt(ctlrig_send_bytes(fd, full, ENCLOSURE_MAX),
			  ENCLOSURE_MAX);
	ck_assert_str_eq(ctlrig_received(fd),
			 "error 40\na request line is longer than 4096 bytes");
	ck_assert(ctlrig_closed(fd));
	ck_assert_uint_eq(handled, 0);
	close(fd);
}
END_TEST

START_TEST(half_a_text_is_no_request)
{
	const int fd = send_head(100), other = ctlrig_connect();

	ctlrig_send(fd, "file\nfile\n");
	close(fd);
	ctlrig_send(other, "later\n");
	ck_assert_uint_eq(handled, 1);
	ck_assert_uint_eq(ctl_count(kept->ctl).clients, 1);
	ctl_reply(kept, ANSWER_OK, "", 0);
	close(other);
}
END_TEST

/* A client that is slow keeps its text until another client needs the room. */
START_TEST(texts_together_have_a_limit)
{
	int fds[4];

	for (int i = 0; i < 4; i++) {
		fds[i] = send_head(ENCLOSURE_MAX);
		ctlrig_send_bytes(fds[i], full, 1000);
	}
	int late = send_head(1);
	ck_assert(strstr(ctlrig_received(late), "try again later"));
	ck_assert(ctlrig_closed(late));
	close(late);

	late = ctlrig_connect();
	ctlrig_send(late, "later\n");
	struct ctl_request *oldest = kept->ctl->first;
	while (oldest->next != NULL)
		oldest = oldest->next;
	oldest->enclosure.since_ms -= ENCLOSURE_SLOW_MS;
	ctl_reply(kept, ANSWER_OK, "", 0);
	ctlrig_received(late);
	ctlrig_send(late, "text 1\nafile\n");
	ck_assert_str_eq(ctlrig_received(late), "ok 1\na");
	ck_assert(ctlrig_closed(fds[0]));
	ck_assert(!ctlrig_closed(fds[1]));
	close(late);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}
END_TEST

START_TEST(ten_clients_get_their_own_texts)
{
	int fds[10];

	for (int i = 0; i < 10; i++)
		fds[i] = send_head(5000);
	for (int i = 0; i < 10; i++) {
		memset(full, 'a' + i, 5000);
		ctlrig_send_bytes(fds[i], full, 5000);
		ctlrig_send_bytes(fds[i], "file\n", 5);
	}
	for (int i = 0; i < 10; i++) {
		const char *received = ctlrig_received(fds[i]);

		memset(full, 'a' + i, 5000);
		ck_assert_int_eq(memcmp(received, "ok 5000\n", 8), 0);
		ck_assert_int_eq(memcmp(received + 8, full, 5000), 0);
		close(fds[i]);
	}
}
END_TEST

/* Its request is answered as any, and nothing is kept. */
START_TEST(the_text_of_a_caller_that_only_reads_is_not_kept)
{
	char path[80];
	snprintf(path, sizeof(path), "%s.read", ctlrig_path);
	const struct ctl_door door = {.path = path,
				      .rules = {.everyone = LEVEL_READ},
				      .most = LEVEL_READ,
				      .places = 4};
	struct ctl *ctl = ctl_open(ctlrig_base, &door, ctlrig_handle, NULL);
	ck_assert_ptr_nonnull(ctl);
	const int fd = client_connect(path);

	ctlrig_send(fd, "text 4194304\n");
	ck_assert_uint_eq(ctlrig_send_bytes(fd, full, ENCLOSURE_MAX),
			  ENCLOSURE_MAX);
	ck_assert_ptr_null(ctl->first->enclosure.text);
	ctlrig_send(fd, "file\n");
	ck_assert_str_eq(ctlrig_received(fd), "ok 4\nnone");
	close(fd);
	ctlrig_turn();
	ctl_free(ctl);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("enclosure");
	TCase *t = tcase_create("enclosure");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_text_goes_with_the_next_request_alone);
	tcase_add_test(t, a_text_may_come_byte_by_byte);
	tcase_add_test(t, a_text_of_the_largest_size_arrives);
	tcase_add_loop_test(t, what_announces_no_text_is_refused, 0, 7);
	tcase_add_test(t, a_text_follows_no_other);
	tcase_add_test(t, a_text_that_does_not_end_gets_one_error);
	tcase_add_test(t, half_a_text_is_no_request);
	tcase_add_test(t, texts_together_have_a_limit);
	tcase_add_test(t, ten_clients_get_their_own_texts);
	tcase_add_test(t, the_text_of_a_caller_that_only_reads_is_not_kept);
	suite_add_tcase(s, t);
	return s;
}
