/* SPDX-License-Identifier: BSD-3-Clause */
/* The feed tells what changed, to as many readers as there is room for, and to
 * none that does not read.
 * Method: real connections to a whole control plane, whose clock the test
 * moves. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "eventlog.h"
#include "feed.h"
#include "runner.h"
#include "serving.h"
#include "webclient.h"
#include "webserver.h"

#define TEXT_MAX (1024 * 1024)

static char *text;

static void
setup(void)
{
	text = calloc(1, TEXT_MAX);
	webclient_start(&plane, "");
	/* After this time the plane knows that no sessions begin. */
	plane_run(&plane, 2500);
}

static void
teardown(void)
{
	serving_teardown();
	free(text);
}

static struct webserver_state
server(void)
{
	return webserver_state(plane.control->web);
}

static int
join(void)
{
	static const char request[] =
		"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
	const int fd = webclient_connect();

	ck_assert_int_eq(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL),
			 (int)sizeof(request) - 1);
	plane_run(&plane, 100);
	return fd;
}

/* What came since the last call. */
static const char *
received(int fd, bool closed)
{
	text[0] = '\0';
	ck_assert(webclient_is_closed(fd, text, TEXT_MAX) == closed);
	return text;
}

/* The data of the last event of a name; the caller owns it. */
static json_t *
event_of(const char *all, const char *name)
{
	char line[64];
	const char *last = NULL;

	snprintf(line, sizeof(line), "event: %s\ndata: ", name);
	for (const char *at = strstr(all, line); at != NULL;
	     at = strstr(at + 1, line))
		last = at + strlen(line);
	ck_assert_msg(last != NULL, "no %s in %.300s", name, all);
	json_t *data = json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
	ck_assert_ptr_nonnull(data);
	return data;
}

START_TEST(a_reader_gets_all_and_then_what_changed)
{
	const int fd = join();
	const char *all = received(fd, false);

	ck_assert_ptr_nonnull(
		strstr(all, "\r\nContent-Type: text/event-stream"));
	json_t *data = event_of(all, "snapshot");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "backends")),
			  2);
	ck_assert_str_eq(plane_text(plane_row(data, "services", 0), "state"),
			 "ok");
	json_decref(data);
	plane_run(&plane, FEED_STEP_MS + 1000);
	data = event_of(received(fd, false), "change");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "backends")),
			  0);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "services")),
			  1);
	ck_assert_uint_eq(
		json_array_size(json_object_get(plane_row(data, "services", 0),
						"opened_per_step")),
		5);
	json_decref(data);
	plane_expect(&plane, "drain mx/b", true, "");
	plane_run(&plane, FEED_STEP_MS + 1000);
	data = event_of(received(fd, false), "change");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "backends")),
			  1);
	const json_t *row = plane_row(data, "backends", 0);
	ck_assert_str_eq(plane_text(row, "backend"), "b");
	ck_assert_str_eq(plane_text(row, "admin"), "drain");
	row = plane_row(data, "events", 0);
	ck_assert_str_eq(plane_text(row, "subject"), "backend mx/b");
	ck_assert_str_eq(plane_text(row, "after"), "drain");
	json_decref(data);
	close(fd);
}
END_TEST

START_TEST(a_backend_whose_counts_alone_changed_has_these_alone)
{
	const int fd = join();
	const uint16_t id = 2; /* mx/b */

	json_decref(event_of(received(fd, false), "snapshot"));
	plane.region->worker[0].backend[id].opened += 30;
	plane_run(&plane, FEED_STEP_MS + 1000);
	json_t *data = event_of(received(fd, false), "change");
	const json_t *row = plane_row(data, "backends", 0);

	ck_assert_uint_eq(json_array_size(json_object_get(data, "backends")),
			  1);
	ck_assert_str_eq(plane_text(row, "backend"), "b");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "sessions")),
			 30);
	ck_assert(json_is_real(json_object_get(row, "sessions_per_s")));
	ck_assert_ptr_null(json_object_get(row, "address"));
	ck_assert_ptr_null(json_object_get(row, "reason"));
	json_decref(data);
	close(fd);
}
END_TEST

START_TEST(what_left_the_configuration_is_told)
{
	const int fd = join();

	char line[160];

	webclient_write_backends(&plane, "one.yaml",
				 "      - {name: a, address: "
				 "\"192.0.2.11:25\"}\n");
	snprintf(line, sizeof(line), "config apply %s/one.yaml", plane.folder);
	plane_expect(&plane, line, true, "");
	plane_run(&plane, FEED_STEP_MS + 1000);
	ck_assert_ptr_nonnull(
		strstr(received(fd, false), "\"backends_gone\":[\"mx/b\"]"));
	close(fd);
}
END_TEST

START_TEST(rates_are_those_of_the_last_steps)
{
	plane.region->worker[0].service[0].opened += 40;
	plane.region->worker[1].refused[0][MX_DROP_NO_BACKEND] += 7;
	plane_run(&plane, 10000);
	char *reply = webclient_get(&plane, "/api/snapshot", 200);
	json_t *data = json_loads(strstr(reply, "\r\n\r\n") + 4, 0, NULL);
	json_t *row = plane_row(data, "services", 0);
	const json_t *opened = json_object_get(row, "opened_per_step");
	const json_t *refused = json_object_get(row, "refused_per_step");
	json_int_t sums[2] = {0, 0};

	ck_assert_uint_eq(json_array_size(opened), 150);
	for (size_t i = 0; i < 150; i++) {
		sums[0] += json_integer_value(json_array_get(opened, i));
		sums[1] += json_integer_value(json_array_get(refused, i));
	}
	ck_assert_int_eq(sums[0], 40);
	ck_assert_int_eq(sums[1], 7);
	ck_assert(json_is_null(json_array_get(opened, 0)));
	ck_assert(json_is_integer(json_array_get(opened, 149)));
	json_decref(data);
	free(reply);
}
END_TEST

/* An operator is written as "alice (uid 1000)". */
static void
expect_no_operator(const char *all)
{
	ck_assert_ptr_null(strstr(all, "uid "));
	ck_assert_ptr_null(strstr(all, "command of"));
}

/* The same of both ways to read it. */
static void
expect_no_operator_anywhere(int feed)
{
	expect_no_operator(received(feed, false));
	char *reply = webclient_get(&plane, "/api/snapshot", 200);
	expect_no_operator(reply);
	free(reply);
}

START_TEST(no_operator_is_named)
{
	const int fd = join();

	plane_expect(&plane, "drain mx/b for 60s kernel upgrade", true, "");
	plane_expect(&plane, "weight mx/a 0 --even-last new disk", true, "");
	plane_expect(&plane, "show wishes", true, "kernel upgrade");
	plane_expect(&plane, "show backends", true, "uid ");
	plane_run(&plane, FEED_STEP_MS + 1000);
	expect_no_operator_anywhere(fd);
	plane_run(&plane, 60 * 1000);
	ck_assert(plane_logged("mx/b drain -> ready, its time of 1m0s is over: "
			       "kernel upgrade"));
	expect_no_operator_anywhere(fd);
	close(fd);
}
END_TEST

/* Anyone who may connect may read it. */
START_TEST(no_client_is_named)
{
	const int fd = join();

	plane_expect(&plane, "deny 203.0.113.77", true, "");
	/* A warning tells of this one, since backends are in it. */
	plane_expect(&plane, "deny 192.0.2.0/26 --force", true, "");
	plane_run(&plane, FEED_STEP_MS + 1000);
	ck_assert_ptr_null(strstr(received(fd, false), "203.0.113"));
	char *reply = webclient_get(&plane, "/api/snapshot", 200);
	ck_assert_ptr_null(strstr(reply, "203.0.113"));
	ck_assert_ptr_null(strstr(reply, "192.0.2.0/26"));
	ck_assert_ptr_nonnull(strstr(reply, "a prefix is denied by command"));
	free(reply);
	reply = webclient_get(&plane, "/metrics", 200);
	ck_assert_ptr_null(strstr(reply, "203.0.113"));
	free(reply);
	close(fd);
}
END_TEST

START_TEST(there_are_so_many_readers_and_no_more)
{
	int reader[FEED_READERS_MAX];

	for (int i = 0; i < FEED_READERS_MAX; i++)
		reader[i] = join();
	ck_assert_uint_eq(server().fed, FEED_READERS_MAX);
	free(webclient_get(&plane, "/events", 503));
	ck_assert_uint_eq(server().count.refused[WEB_FEEDS], 1);
	free(webclient_get(&plane, "/healthz", 200));
	/* A reader that leaves makes room. */
	close(reader[0]);
	plane_run(&plane, 3 * FEED_STEP_MS);
	ck_assert_uint_eq(server().fed, FEED_READERS_MAX - 1);
	reader[0] = join();
	ck_assert_ptr_nonnull(strstr(received(reader[0], false), "snapshot"));
	for (int i = 0; i < FEED_READERS_MAX; i++)
		close(reader[i]);
	plane_run(&plane, 3 * FEED_STEP_MS);
	ck_assert_uint_eq(server().taken, 0);
}
END_TEST

/* Else a loop that joins and leaves would be the only work of the control plane. */
START_TEST(readers_who_come_together_get_one_snapshot)
{
	int first = join();
	const char *was = strstr(received(first, false), "event: snapshot");
	char *kept = strdup(was != NULL ? was : "");

	ck_assert_str_ne(kept, "");
	for (int i = 0; i < 6; i++) {
		if (i == 1)
			eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "plan",
				      "came between");
		close(first);
		first = join();
		was = strstr(received(first, false), "event: snapshot");
		ck_assert_ptr_nonnull(was);
		ck_assert(strcmp(was, kept) == 0); /* it is a long text */
	}
	free(kept);
	/* The next change tells what came between. */
	plane_run(&plane, FEED_STEP_MS + 1000);
	ck_assert_ptr_nonnull(strstr(received(first, false), "came between"));
	close(first);
	/* What comes later has it. */
	first = join();
	ck_assert_ptr_nonnull(strstr(received(first, false), "came between"));
	close(first);
}
END_TEST

START_TEST(a_snapshot_is_no_older_than_the_last_change)
{
	const int first = join();
	char last[32];
	int turn = 0;

	received(first, false);
	do {
		snprintf(last, sizeof(last), "turn %d.", turn++);
		eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "plan", "%s",
			      last);
		close(join());
	} while (strstr(received(first, false), last) == NULL);
	const int second = join();
	ck_assert_ptr_nonnull(strstr(received(second, false), last));
	close(first);
	close(second);
}
END_TEST

START_TEST(a_feed_goes_on_beyond_the_limits_of_other_pages)
{
	const int fd = join();

	received(fd, false);
	plane_run(&plane, 10 * PLACE_REPLY_MS);
	json_decref(event_of(received(fd, false), "change"));
	close(fd);
}
END_TEST

START_TEST(a_reader_that_does_not_read_is_closed)
{
	const int fd = join();
	const uint64_t slow = server().count.refused[WEB_SLOW];
	int turns = 0;

	/* What is told grows, until the buffers of the kernel are full. */
	while (server().count.refused[WEB_SLOW] == slow && turns++ < 4000) {
		for (int i = 0; i < 50; i++)
			eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "plan",
				      "%0200d", i);
		plane_run(&plane, FEED_STEP_MS);
	}
	ck_assert_uint_eq(server().count.refused[WEB_SLOW], slow + 1);
	ck_assert_uint_eq(server().fed, 0);
	received(fd, true);
	free(webclient_get(&plane, "/healthz", 200));
	close(fd);
}
END_TEST

START_TEST(a_server_that_is_turned_off_ends_its_feeds)
{
	const int fd = join();
	char line[160];

	received(fd, false);
	plane_write_config(&plane, "off.yaml", PLANE_BACKENDS);
	snprintf(line, sizeof(line), "config apply %s/off.yaml", plane.folder);
	plane_expect(&plane, line, true, "");
	plane_run(&plane, 1100);
	received(fd, true);
	ck_assert_uint_eq(server().fed, 0);
	close(fd);
}
END_TEST

/* More than all buffers of both sockets hold. */
#define FLOOD_BYTES (64 * 1024 * 1024)

START_TEST(what_a_reader_sends_is_not_kept)
{
	static char junk[64 * 1024];
	const int fd = join();
	int silent = 0;
	size_t sent = 0;

	while (silent < 5 && sent < FLOOD_BYTES) {
		const ssize_t took = send(fd, junk, sizeof(junk),
					  MSG_NOSIGNAL | MSG_DONTWAIT);

		if (took < 0 && errno != EAGAIN)
			break;
		sent += took > 0 ? (size_t)took : 0;
		silent = took > 0 ? 0 : silent + 1;
		if (took < 0)
			plane_run(&plane, 20);
	}
	ck_assert_uint_lt(sent, FLOOD_BYTES);
	close(fd);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("feed");
	TCase *t = tcase_create("feed");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_reader_gets_all_and_then_what_changed);
	tcase_add_test(t, a_backend_whose_counts_alone_changed_has_these_alone);
	tcase_add_test(t, what_left_the_configuration_is_told);
	tcase_add_test(t, rates_are_those_of_the_last_steps);
	tcase_add_test(t, no_client_is_named);
	tcase_add_test(t, no_operator_is_named);
	tcase_add_test(t, there_are_so_many_readers_and_no_more);
	tcase_add_test(t, readers_who_come_together_get_one_snapshot);
	tcase_add_test(t, a_snapshot_is_no_older_than_the_last_change);
	tcase_add_test(t, a_feed_goes_on_beyond_the_limits_of_other_pages);
	tcase_add_test(t, a_reader_that_does_not_read_is_closed);
	tcase_add_test(t, what_a_reader_sends_is_not_kept);
	tcase_add_test(t, a_server_that_is_turned_off_ends_its_feeds);
	suite_add_tcase(s, t);
	return s;
}
