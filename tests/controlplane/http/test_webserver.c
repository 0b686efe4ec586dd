/* SPDX-License-Identifier: BSD-3-Clause */
/* The HTTP server tells who asks rightly, and bounds all others.
 * Method: real connections to a whole control plane, whose clock the test
 * moves. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "faketime.h"
#include "webplaces.h"
#include "runner.h"
#include "serving.h"
#include "webclient.h"
#include "webserver.h"

static void
setup(void)
{
	webclient_start(&plane, ", hosts: [lb.example.net]");
}

static struct web_count
counted(void)
{
	return webserver_state(plane.control->web).count;
}

/* The connections under way. */
static uint32_t
taken(void)
{
	return webserver_state(plane.control->web).taken;
}

START_TEST(a_page_is_told_with_headers_that_protect_it)
{
	char *text = webclient_get(&plane, "/metrics", 200);

	ck_assert_ptr_nonnull(strstr(text, "\r\nConnection: close\r\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "\r\nX-Content-Type-Options: nosniff\r\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "Content-Security-Policy: default-src 'none'"));
	ck_assert_ptr_null(strstr(text, "Access-Control-Allow-Origin"));
	free(text);
	free(webclient_get(&plane, "/?a=b", 200));
	ck_assert_uint_eq(counted().pages, 2);
}
END_TEST

START_TEST(health_is_that_of_status)
{
	char *text = webclient_get(&plane, "/healthz", 200);

	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nOK mxsteer test-"));
	free(text);
	fakeprobe_result("192.0.2.11:25", false);
	plane_run(&plane, 1100);
	text = webclient_get(&plane, "/healthz", 200);
	ck_assert_ptr_nonnull(strstr(text, "WARNING mxsteer"));
	free(text);
	fakeprobe_result("192.0.2.12:25", false);
	plane_run(&plane, 1100);
	text = webclient_get(&plane, "/healthz", 503);
	ck_assert_ptr_nonnull(strstr(text, "CRITICAL mxsteer"));
	free(text);
}
END_TEST

/* clang-format off */
static const struct {
	const char *request; /* its Host may be HERE */
	const char *reply; /* begins with this */
	enum web_refusal reason; /* or none */
} requests[] = {
	{"GET / HTTP/1.1\r\nHost: lb.example.net\r\n\r\n", "HTTP/1.1 200 ", WEB_REFUSAL_REASONS},
	{"GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ", WEB_REFUSAL_REASONS},
	{"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 ", WEB_REFUSAL_REASONS},
	{"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 ", WEB_REFUSAL_REASONS},
	{"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 403 ", WEB_HOST},
	{"GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n", "HTTP/1.0 403 ", WEB_HOST},
	{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 403 ", WEB_HOST},
	{"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 403 ", WEB_HOST},
	{"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "HTTP/1.1 403 ", WEB_HOST},
	{"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 403 ", WEB_HOST},
	{"GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 403 ", WEB_HOST},
	{"GET /etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 ", WEB_PATH},
	{"GET /../healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 ", WEB_PATH},
	{"GET healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 ", WEB_PATH},
	{"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 ", WEB_METHOD},
	{"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 ", WEB_METHOD},
	{"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 ", WEB_METHOD},
	{"CONNECT evil.example:25 HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 ", WEB_METHOD},
	{"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 ", WEB_METHOD},
	{"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 413 ", WEB_MALFORMED},
	{"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 413 ", WEB_MALFORMED},
	{"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 405 ", WEB_METHOD},
	{"EHLO client.example.net\r\n", "", WEB_MALFORMED},
	{"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", "", WEB_MALFORMED},
	{"GET / HTTP/1.1\r\nno colon\r\n\r\n", "", WEB_MALFORMED},
	{"\x16\x03\x01\x02\x01\x01\r\n\r\n", "", WEB_MALFORMED},
};
/* clang-format on */

static void
check_request(const char *request, const char *reply, int reason)
{
	const struct web_count before = counted();
	char *text = webclient_exchange(&plane, request);

	ck_assert_msg(strncmp(text, reply, strlen(reply)) == 0, "%s: %.300s",
		      request, text);
	free(text);
	plane_run(&plane, 1000);
	const struct web_count after = counted();
	for (int i = 0; i < WEB_REFUSAL_REASONS; i++)
		ck_assert_msg(after.refused[i] - before.refused[i] ==
				      (i == reason),
			      "%s: reason %d", request, i);
	ck_assert_uint_eq(after.pages - before.pages,
			  reason == WEB_REFUSAL_REASONS);
	ck_assert_uint_eq(taken(), 0);
}

START_TEST(each_refusal_has_its_reason)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		check_request(requests[i].request, requests[i].reply,
			      (int)requests[i].reason);
}
END_TEST

START_TEST(head_gets_the_length_alone)
{
	char *text = webclient_exchange(
		&plane, "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	const char *end = strstr(text, "\r\n\r\n");

	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Length: "));
	ck_assert_ptr_null(strstr(text, "Content-Length: 0"));
	ck_assert_str_eq(end, "\r\n\r\n");
	free(text);
}
END_TEST

START_TEST(a_request_that_is_too_long_is_refused)
{
	static const char *const begins[] = {
		"GET /", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "};
	char *request = calloc(1, 20000);

	strcpy(request, begins[_i]);
	memset(request + strlen(request), 'a', 10000);
	char *text = webclient_exchange(&plane, request);
	ck_assert_msg(strncmp(text, "HTTP/1.1 400 ", 13) == 0, "%.100s", text);
	plane_run(&plane, 1000);
	ck_assert_uint_eq(counted().refused[WEB_MALFORMED], 1);
	free(text);
	free(request);
}
END_TEST

/* Slowloris: a byte now and then. */
START_TEST(a_request_that_takes_too_long_is_ended)
{
	const int fd = webclient_connect();
	const uint64_t begin_ms = clock_ms();
	char text[256] = "";

	while (!webclient_is_closed(fd, text, sizeof(text)) &&
	       clock_ms() < begin_ms + 60000) {
		send(fd, "X", 1, MSG_NOSIGNAL);
		plane_run(&plane, 250);
	}
	ck_assert_str_eq(text, "");
	ck_assert_uint_ge(clock_ms() - begin_ms, PLACE_REQUEST_MS - 250);
	ck_assert_uint_le(clock_ms() - begin_ms, PLACE_REQUEST_MS + 1500);
	ck_assert_uint_eq(counted().refused[WEB_SILENT], 1);
	ck_assert_uint_eq(taken(), 0);
	close(fd);
}
END_TEST

START_TEST(who_leaves_without_a_request_is_counted)
{
	for (int i = 0; i < 3; i++) {
		const int fd = webclient_connect();

		plane_run(&plane, 10);
		close(fd);
	}
	plane_run(&plane, 1000);
	ck_assert_uint_eq(counted().left, 3);
	ck_assert_uint_eq(taken(), 0);
}
END_TEST

START_TEST(a_crowd_of_silent_connections_keeps_nobody_out)
{
	enum { CROWD = 3 * HTTP_PLACES_MAX };
	int crowd[CROWD];

	for (int i = 0; i < CROWD; i++) {
		crowd[i] = webclient_connect();
		plane_run(&plane, 1);
	}
	plane_run(&plane, 200);
	ck_assert_uint_eq(taken(), webserver_state(plane.control->web).places);
	free(webclient_get(&plane, "/healthz", 200));
	ck_assert_uint_ge(counted().refused[WEB_CROWDED],
			  CROWD - HTTP_PLACES_MAX);
	plane_answers(&plane, "show http", ANSWER_OK, "crowded");
	plane_run(&plane, PLACE_REQUEST_MS + 1000);
	ck_assert_uint_eq(taken(), 0);
	for (int i = 0; i < CROWD; i++)
		close(crowd[i]);
}
END_TEST

/* Places of connections that evhttp would keep are given away, too. */
START_TEST(a_crowd_of_tunnels_keeps_nobody_out)
{
	enum { CROWD = 2 * HTTP_PLACES_MAX };
	static const char request[] =
		"CONNECT evil.example:25 HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int crowd[CROWD];

	for (int i = 0; i < CROWD; i++) {
		crowd[i] = webclient_connect();
		send(crowd[i], request, strlen(request), MSG_NOSIGNAL);
		plane_run(&plane, 1);
	}
	free(webclient_get(&plane, "/healthz", 200));
	plane_run(&plane, 1100);
	ck_assert_uint_eq(taken(), 0);
	for (int i = 0; i < CROWD; i++)
		close(crowd[i]);
}
END_TEST

START_TEST(a_burst_of_connections_is_taken_in_turns)
{
	enum { BURST = 4 * WEB_ACCEPTS };
	int burst[BURST];

	for (int i = 0; i < BURST; i++)
		burst[i] = webclient_connect();
	const uint64_t before = counted().accepted;
	event_base_loop(plane.base, EVLOOP_NONBLOCK);
	event_base_loop(plane.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(counted().accepted - before, WEB_ACCEPTS);
	plane_run(&plane, WEB_PAUSE_MS + 1);
	ck_assert_uint_eq(counted().accepted - before, 2 * WEB_ACCEPTS);
	plane_run(&plane, 3 * WEB_PAUSE_MS);
	ck_assert_uint_eq(counted().accepted - before, BURST);
	for (int i = 0; i < BURST; i++)
		close(burst[i]);
}
END_TEST

START_TEST(a_port_that_is_taken_is_an_event_and_tried_again)
{
	webclient_write_config(&plane, "on.yaml", "");
	plane_write_config(&plane, "off.yaml", PLANE_BACKENDS);
	char line[160];

	snprintf(line, sizeof(line), "config apply %s/off.yaml", plane.folder);
	plane_expect(&plane, line, true, "");
	plane_run(&plane, 1100);
	plane_answers(&plane, "show http", ANSWER_OK, "off");
	const int other = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_storage address;
	int length = sizeof(address);

	evutil_parse_sockaddr_port(webclient_address(),
				   (struct sockaddr *)&address, &length);
	/* Connections of before wait in TIME_WAIT. */
	setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	ck_assert_int_eq(
		bind(other, (struct sockaddr *)&address, (socklen_t)length), 0);
	ck_assert_int_eq(listen(other, 1), 0);
	plane_forget_log();
	snprintf(line, sizeof(line), "config apply %s/on.yaml", plane.folder);
	plane_expect(&plane, line, true, "");
	plane_run(&plane, 1100);
	ck_assert(plane_logged("cannot be served: another process has this "
			       "port; it is tried again every 10 s"));
	plane_answers(&plane, "show http", ANSWER_OK, "Address already in use");
	plane_answers(&plane, "show events", ANSWER_OK, "another process");
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "http: no metrics and no status page at 127.");
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "another process has this port, see ss -ltnp");
	plane_forget_log();
	plane_run(&plane, 3 * WEB_AGAIN_S * 1000);
	ck_assert(!plane_logged("cannot be served"));
	close(other);
	plane_run(&plane, (WEB_AGAIN_S + 1) * 1000);
	ck_assert(plane_logged("is served"));
	free(webclient_get(&plane, "/healthz", 200));
}
END_TEST

/* Let the plane open no descriptors for a while, and a client come. */
static void
want_descriptors(void)
{
	const int fd = webclient_connect();
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, limit.rlim_max});
	plane_run(&plane, 3000);
	setrlimit(RLIMIT_NOFILE, &limit);
	close(fd);
}

START_TEST(a_want_of_descriptors_is_told_once)
{
	plane_forget_log();
	want_descriptors();
	ck_assert(plane_logged("cannot be served: Too many open files"));
	plane_forget_log();
	plane_run(&plane, 3000);
	want_descriptors();
	plane_run(&plane, 3000);
	ck_assert(!plane_logged("is served"));
	ck_assert(!plane_logged("cannot be served"));
	plane_run(&plane, WEB_AGAIN_S * 1000);
	ck_assert(plane_logged("is served"));
	free(webclient_get(&plane, "/healthz", 200));
}
END_TEST

START_TEST(many_who_ask_in_one_second_get_one_text)
{
	free(webclient_get(&plane, "/healthz", 200));
	fakeprobe_result("192.0.2.11:25", false);
	char *text = webclient_get(&plane, "/healthz", 200);
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nOK "));
	free(text);
	plane_run(&plane, 1000);
	text = webclient_get(&plane, "/healthz", 200);
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nWARNING "));
	free(text);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("webserver");
	TCase *t = tcase_create("webserver");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, a_page_is_told_with_headers_that_protect_it);
	tcase_add_test(t, health_is_that_of_status);
	tcase_add_test(t, each_refusal_has_its_reason);
	tcase_add_test(t, head_gets_the_length_alone);
	tcase_add_loop_test(t, a_request_that_is_too_long_is_refused, 0, 2);
	tcase_add_test(t, a_request_that_takes_too_long_is_ended);
	tcase_add_test(t, who_leaves_without_a_request_is_counted);
	tcase_add_test(t, a_crowd_of_silent_connections_keeps_nobody_out);
	tcase_add_test(t, a_crowd_of_tunnels_keeps_nobody_out);
	tcase_add_test(t, a_burst_of_connections_is_taken_in_turns);
	tcase_add_test(t, a_port_that_is_taken_is_an_event_and_tried_again);
	tcase_add_test(t, a_want_of_descriptors_is_told_once);
	tcase_add_test(t, many_who_ask_in_one_second_get_one_text);
	suite_add_tcase(s, t);
	return s;
}
