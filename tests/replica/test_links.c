/* SPDX-License-Identifier: BSD-3-Clause */
/* Links between boxes: bytes come as they went, nothing waits for a peer that does
 * not read or speak, and a flood of connections shuts no peer out.
 * Method: real sockets on the loopback, both ends in one event loop. */
#include <check.h>
#include <errno.h>
#include <event2/bufferevent.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linkparts.h"
#include "linkrig.h"

#define CHUNK 60000
#define SHORT_MS 100
#define LONG_MS 20000

static struct linkrig rig;
static struct linkrig_end *const peer = &rig.came[0];

static void
setup(void)
{
	linkrig_begin(&rig, true);
	links_set_times(rig.dialler, LONG_MS, LONG_MS);
	links_set_times(rig.listener, LONG_MS, LONG_MS);
}

static void
teardown(void)
{
	linkrig_end(&rig);
}

START_TEST(bytes_go_both_ways)
{
	size_t sent = 0, answered = 0;

	linkrig_open(&rig);
	ck_assert_uint_eq(rig.box, 1);
	ck_assert(linkrig_write(rig.end.link, &sent, 100));
	ck_assert(linkrig_write(peer->link, &answered, 70));
	LINKRIG_UNTIL(&rig, peer->bytes == sent && rig.end.bytes == answered);
	link_close(rig.end.link);
	rig.end.link = NULL;
	LINKRIG_UNTIL(&rig, peer->ended);
	ck_assert_int_eq(peer->why, REPLICATED_REFUSED_NOT);
	ck_assert_int_eq(peer->error, 0);
	ck_assert(!rig.end.ended);
}
END_TEST

START_TEST(the_last_words_before_a_close_come)
{
	size_t sent = 0, unread = 0;

	linkrig_open(&rig);
	/* Bytes that the closing end has not read yet. */
	ck_assert(linkrig_write(rig.end.link, &unread, CHUNK));
	for (int i = 0; i < 4; i++)
		ck_assert(linkrig_write(peer->link, &sent, CHUNK));
	link_close(peer->link);
	peer->link = NULL;
	LINKRIG_UNTIL(&rig, rig.end.ended);
	ck_assert_uint_eq(rig.end.bytes, sent);
	ck_assert_int_eq(rig.end.why, REPLICATED_REFUSED_NOT);
	LINKRIG_UNTIL(&rig, TAILQ_EMPTY(&rig.listener->link));
}
END_TEST

START_TEST(nobody_listens)
{
	const struct mx_endpoint nowhere = linkrig_free_port();

	linkrig_dial(&rig, &nowhere);
	LINKRIG_UNTIL(&rig, rig.end.ended);
	ck_assert_int_eq(rig.end.why, REPLICATED_REFUSED_NOT);
	ck_assert_int_eq(rig.end.error, ECONNREFUSED);
	/* No socket can have this. */
	const struct mx_endpoint wrong = {.addr = mx_addr_from4(UINT32_MAX),
					  .port_be = htons(25)};

	linkrig_dial(&rig, &wrong);
	LINKRIG_UNTIL(&rig, rig.end.ended);
	ck_assert_int_eq(rig.end.why, REPLICATED_REFUSED_NOT);
	ck_assert_int_ne(rig.end.error, 0);
}
END_TEST

START_TEST(an_address_that_is_taken_is_an_error)
{
	static const struct links_calls none;
	struct mx_endpoint taken;
	const int fd = linkrig_listen(&taken);

	ck_assert_int_eq(links_listen(rig.dialler, &taken, &none, NULL),
			 -EADDRINUSE);
	close(fd);
	ck_assert_int_eq(links_listen(rig.dialler, &taken, &none, NULL), 0);
}
END_TEST

/* The kernel would take megabytes. */
static void
limit_buffer(const struct link *link, int which)
{
	const int bytes = CHUNK;

	ck_assert_int_eq(setsockopt(bufferevent_getfd(link->stream), SOL_SOCKET,
				    which, &bytes, sizeof(bytes)),
			 0);
}

START_TEST(a_peer_that_does_not_read_holds_nothing_up)
{
	size_t sent = 0;

	linkrig_open(&rig);
	bufferevent_disable(peer->link->stream, EV_READ);
	limit_buffer(rig.end.link, SO_SNDBUF);
	limit_buffer(peer->link, SO_RCVBUF);
	while (linkrig_write(rig.end.link, &sent, CHUNK))
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	ck_assert_uint_le(link_unsent(rig.end.link), LINK_OUTPUT_MAX);
	ck_assert_uint_eq(rig.end.writable, 0);
	/* It wakes up. */
	bufferevent_enable(peer->link->stream, EV_READ);
	LINKRIG_UNTIL(&rig, peer->bytes == sent);
	ck_assert_uint_eq(rig.end.writable, 1);
	ck_assert(linkrig_write(rig.end.link, &sent, CHUNK));
	LINKRIG_UNTIL(&rig, peer->bytes == sent);
	ck_assert_uint_eq(rig.end.writable, 1);
}
END_TEST

START_TEST(a_peer_without_a_word_is_given_up)
{
	links_set_times(rig.dialler, LONG_MS, SHORT_MS);
	linkrig_open(&rig);
	LINKRIG_UNTIL(&rig, rig.end.ended);
	ck_assert_int_eq(rig.end.why, REPLICATED_REFUSED_SILENT);
	/* The other end has patience, and sees the end. */
	LINKRIG_UNTIL(&rig, peer->ended);
	ck_assert_int_eq(peer->why, REPLICATED_REFUSED_NOT);
}
END_TEST

START_TEST(a_handshake_without_a_word_is_given_up)
{
	struct mx_endpoint mute;
	const int listener = linkrig_listen(&mute);
	const int fd = linkrig_connect(&rig);

	links_set_times(rig.dialler, SHORT_MS, LONG_MS);
	links_set_times(rig.listener, SHORT_MS, LONG_MS);
	linkrig_dial(&rig, &mute);
	LINKRIG_UNTIL(&rig, rig.end.ended &&
				    rig.refused[REPLICATED_REFUSED_SILENT] > 0);
	ck_assert_int_eq(rig.end.why, REPLICATED_REFUSED_SILENT);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(garbage_behind_the_handshake_ends_a_link)
{
	static const char garbage[] = "\x17\x03\x03\x00\x20garbage garbage "
				      "garbage garbage";

	linkrig_open(&rig);
	ck_assert_int_gt(write(bufferevent_getfd(rig.end.link->stream), garbage,
			       sizeof(garbage)),
			 0);
	LINKRIG_UNTIL(&rig, peer->ended);
	ck_assert_int_eq(peer->why, REPLICATED_REFUSED_RECORD);
	ck_assert_uint_eq(peer->bytes, 0);
}
END_TEST

START_TEST(keys_are_renewed_now_and_then)
{
	size_t sent = 0, answered = 0;

	links_set_records(rig.dialler, 7);
	links_set_records(rig.listener, 5);
	linkrig_open(&rig);
	for (size_t i = 0; i < 300; i++) {
		ck_assert(linkrig_write(rig.end.link, &sent, 1 + i));
		ck_assert(linkrig_write(peer->link, &answered, 300 - i));
		LINKRIG_UNTIL(&rig,
			      peer->bytes == sent && rig.end.bytes == answered);
	}
	ck_assert_uint_lt(rig.end.link->records, 7);
	ck_assert_uint_lt(peer->link->records, 5);
}
END_TEST

START_TEST(a_flood_of_connections_shuts_no_peer_out)
{
	int fd[3 * LINKS_PENDING_MAX];
	const uint32_t *given_way = &rig.refused[REPLICATED_REFUSED_PLACES];

	for (int i = 0; i < 3 * LINKS_PENDING_MAX; i++) {
		fd[i] = linkrig_connect(&rig);
		LINKRIG_UNTIL(&rig, rig.listener->pending + *given_way ==
					    (uint32_t)i + 1);
		ck_assert_uint_le(rig.listener->pending, LINKS_PENDING_MAX);
	}
	ck_assert_uint_eq(*given_way, 2 * LINKS_PENDING_MAX);
	linkrig_open(&rig);
	/* The oldest have gone. */
	char byte;

	LINKRIG_UNTIL(&rig, recv(fd[0], &byte, 1, 0) == 0);
	ck_assert_int_lt(recv(fd[3 * LINKS_PENDING_MAX - 1], &byte, 1, 0), 0);
	ck_assert_int_eq(errno, EAGAIN);
	for (int i = 0; i < 3 * LINKS_PENDING_MAX; i++)
		close(fd[i]);
	LINKRIG_UNTIL(&rig, rig.listener->pending == 0);
	ck_assert_uint_eq(rig.listener->came, 1);
}
END_TEST

static void
forget(void *arg)
{
	(void)arg;
}

static void
forget_end(void *arg, enum replicated_refusal why, int error)
{
	(void)why;
	(void)error;
	(*(uint32_t *)arg)++;
}

START_TEST(open_links_are_limited_too)
{
	static const struct link_calls calls = {.opened = forget,
						.readable = forget,
						.writable = forget,
						.ended = forget_end};
	uint32_t ended = 0;

	for (uint32_t i = 0; i < LINKS_ACCEPTED_MAX; i++) {
		link_dial(rig.dialler, &rig.address, &calls, &ended);
		LINKRIG_UNTIL(&rig, rig.accepted == i + 1);
	}
	link_dial(rig.dialler, &rig.address, &calls, &ended);
	LINKRIG_UNTIL(&rig, ended == 1);
	ck_assert_uint_eq(rig.refused[REPLICATED_REFUSED_PLACES], 1);
	/* One goes, and one may come. */
	link_close(peer->link);
	peer->link = NULL;
	LINKRIG_UNTIL(&rig, rig.listener->came == LINKS_ACCEPTED_MAX - 1);
	linkrig_open(&rig);
}
END_TEST

START_TEST(a_link_may_be_closed_at_any_time)
{
	linkrig_dial(&rig, &rig.address);
	for (int i = 0; i < _i && !rig.end.opened; i++) {
		linkrig_guard(&rig);
		linkrig_step(&rig);
	}
	link_close(rig.end.link);
	rig.end.link = NULL;
	LINKRIG_UNTIL(&rig, TAILQ_EMPTY(&rig.dialler->link));
	LINKRIG_UNTIL(&rig, rig.accepted == 0 || peer->ended);
}
END_TEST

START_TEST(all_may_end_at_any_time)
{
	linkrig_dial(&rig, &rig.address);
	for (int i = 0; i < _i; i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("links");
	TCase *tc = tcase_create("links");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bytes_go_both_ways);
	tcase_add_test(tc, the_last_words_before_a_close_come);
	tcase_add_test(tc, nobody_listens);
	tcase_add_test(tc, an_address_that_is_taken_is_an_error);
	tcase_add_test(tc, a_peer_that_does_not_read_holds_nothing_up);
	tcase_add_test(tc, a_peer_without_a_word_is_given_up);
	tcase_add_test(tc, a_handshake_without_a_word_is_given_up);
	tcase_add_test(tc, garbage_behind_the_handshake_ends_a_link);
	tcase_add_test(tc, keys_are_renewed_now_and_then);
	tcase_add_test(tc, a_flood_of_connections_shuts_no_peer_out);
	tcase_add_test(tc, open_links_are_limited_too);
	tcase_add_loop_test(tc, a_link_may_be_closed_at_any_time, 0, 12);
	tcase_add_loop_test(tc, all_may_end_at_any_time, 0, 12);
	suite_add_tcase(s, tc);
	return s;
}
