/* SPDX-License-Identifier: BSD-3-Clause */
/* c-ares in the event loop, and inquiries by it.
 * Method: a name server of this process, over UDP and TCP on the loopback, which
 * answers as a test says.  Time is the real one. */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnsmessage.h"
#include "dnssocket.h"
#include "inquiry.h"
#include "runner.h"

#define DOMAIN "example.test"

enum manner { ANSWERS, FAILS, REFUSES, IS_LONG, LIES, FLOODS };

static struct event_base *base;
static struct event *udp_event, *tcp_event, *stream_event;
static uint32_t loop_turns;
static int udp, tcp;
static struct mx_endpoint server;
static enum manner manner;
static int udp_asked, tcp_asked;
static struct dnsmessage message;
static struct finding found;
static bool done;

static int
listen_at(int type, uint16_t port_be)
{
	struct sockaddr_in own = {.sin_family = AF_INET,
				  .sin_port = port_be,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The answer to a question, in `message`. */
static void
answer(const uint8_t *question, size_t size, bool over_udp)
{
	char name[NS_MAXDNAME], host[32];
	ns_msg handle;
	ns_rr asked;

	ck_assert_int_eq(ns_initparse(question, (int)size, &handle), 0);
	ck_assert_int_eq(ns_parserr(&handle, ns_s_qd, 0, &asked), 0);
	strcpy(name, ns_rr_name(asked));
	const int type = (int)ns_rr_type(asked);
	dnsmessage_begin(&message, name, type,
			 manner == FAILS     ? ns_r_servfail
			 : manner == REFUSES ? ns_r_refused
					     : 0);
	memcpy(message.byte, question, 2);
	if (manner == IS_LONG && type == ns_t_mx && over_udp) {
		message.byte[2] |= 0x02;
		return;
	}
	for (int i = 0; i < 60 && type == ns_t_mx && manner <= IS_LONG; i++) {
		snprintf(host, sizeof(host), "m%02d.example.test", i);
		if (manner == IS_LONG || (manner == ANSWERS && i < 2))
			dnsmessage_mx(&message, name, 60, 10, host);
	}
	if (type == ns_t_a && manner == ANSWERS)
		dnsmessage_address(&message, name, 50, "10.0.2.11");
}

ssize_t __real_recvfrom(int fd, void *bytes, size_t size, int flags,
			struct sockaddr *from, socklen_t *length);
ssize_t __wrap_recvfrom(int fd, void *bytes, size_t size, int flags,
			struct sockaddr *from, socklen_t *length);

/* A flood: the socket of c-ares always has one more answer with another id.  What
 * it really has stays there, so that it can always be read. */
ssize_t
__wrap_recvfrom(int fd, void *bytes, size_t size, int flags,
		struct sockaddr *from, socklen_t *length)
{
	if (manner != FLOODS || fd == udp)
		return __real_recvfrom(fd, bytes, size, flags, from, length);
	memset(bytes, 0, NS_HFIXEDSZ);
	const struct sockaddr_in own = {.sin_family = AF_INET,
					.sin_port = server.port_be,
					.sin_addr.s_addr =
						htonl(INADDR_LOOPBACK)};
	memcpy(from, &own, sizeof(own));
	*length = sizeof(own);
	return NS_HFIXEDSZ;
}

static void
on_udp(evutil_socket_t fd, short what, void *arg)
{
	uint8_t question[512];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	const ssize_t size = recvfrom(fd, question, sizeof(question), 0,
				      (struct sockaddr *)&from, &length);

	(void)what, (void)arg;
	ck_assert_int_gt(size, 0);
	udp_asked++;
	answer(question, (size_t)size, true);
	if (manner == LIES) {
		/* Other ids, other names, noise; and then the truth.  The
		 * socket has room for all of it. */
		for (int i = 0; i < 40; i++) {
			uint8_t lie[64] = {(uint8_t)i, (uint8_t)i, 0x81, 0x80};

			sendto(fd, lie, sizeof(lie) - (size_t)i % 60, 0,
			       (struct sockaddr *)&from, length);
		}
		manner = ANSWERS;
		answer(question, (size_t)size, true);
		manner = LIES;
	}
	sendto(fd, message.byte, message.size, 0, (struct sockaddr *)&from,
	       length);
}

static void
on_stream(evutil_socket_t fd, short what, void *arg)
{
	uint8_t question[514], head[2];
	const ssize_t size = recv(fd, question, sizeof(question), 0);

	(void)what, (void)arg;
	if (size <= 2) {
		event_free(stream_event);
		stream_event = NULL;
		close(fd);
		return;
	}
	tcp_asked++;
	answer(question + 2, (size_t)size - 2, false);
	ns_put16((unsigned)message.size, head);
	ck_assert_int_eq(send(fd, head, 2, 0), 2);
	ck_assert_int_eq(send(fd, message.byte, message.size, 0),
			 (ssize_t)message.size);
}

static void
on_tcp(evutil_socket_t fd, short what, void *arg)
{
	const int stream =
		accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what, (void)arg;
	ck_assert_int_ge(stream, 0);
	ck_assert_ptr_null(stream_event);
	stream_event =
		event_new(base, stream, EV_READ | EV_PERSIST, on_stream, NULL);
	event_add(stream_event, NULL);
}

static void
setup(void)
{
	struct sockaddr_in own;
	socklen_t length = sizeof(own);

	base = event_base_new();
	do { /* a port that is free for both */
		udp = listen_at(SOCK_DGRAM, 0);
		getsockname(udp, (struct sockaddr *)&own, &length);
		tcp = listen_at(SOCK_STREAM, own.sin_port);
		if (tcp < 0)
			close(udp);
	} while (tcp < 0);
	ck_assert_int_eq(listen(tcp, 4), 0);
	udp_event = event_new(base, udp, EV_READ | EV_PERSIST, on_udp, NULL);
	tcp_event = event_new(base, tcp, EV_READ | EV_PERSIST, on_tcp, NULL);
	event_add(udp_event, NULL);
	event_add(tcp_event, NULL);
	server.addr = mx_addr_from4(htonl(INADDR_LOOPBACK));
	server.port_be = own.sin_port;
	manner = ANSWERS;
	udp_asked = tcp_asked = 0;
	loop_turns = 0;
	done = false;
}

static void
teardown(void)
{
	if (stream_event != NULL) {
		close(event_get_fd(stream_event));
		event_free(stream_event);
	}
	stream_event = NULL;
	event_free(udp_event);
	event_free(tcp_event);
	close(udp);
	close(tcp);
	event_base_free(base);
}

static void
on_found(void *arg, const struct finding *finding)
{
	(void)arg;
	ck_assert(!done);
	found = *finding;
	done = true;
}

/* Ask, and wait for the end.  An inquiry ends by itself. */
static void
inquire(const char *domain)
{
	const struct inquiry_task task = {.domain = domain,
					  .family = {true, true},
					  .server = &server,
					  .servers = 1};
	char text[RESOLVER_TEXT_MAX];
	struct inquiry *inquiry = inquiry_new(base, &task, on_found, NULL);

	ck_assert_ptr_nonnull(inquiry);
	inquiry_servers(inquiry, text);
	ck_assert_int_eq(strncmp(text, "127.0.0.1:", 10), 0);
	while (!done) {
		event_base_loop(base, EVLOOP_ONCE);
		loop_turns++;
	}
	inquiry_free(inquiry);
}

START_TEST(targets_and_addresses_are_found)
{
	inquire(DOMAIN);
	ck_assert_int_eq(found.end, DNS_ANSWERED);
	ck_assert_uint_eq(found.hosts, 2);
	ck_assert_str_eq(found.host[0].name, "m00.example.test");
	ck_assert_int_eq(found.host[0].end[0], DNS_ANSWERED);
	ck_assert_int_eq(found.host[0].end[1], DNS_EMPTY);
	ck_assert_uint_eq(found.addresses, 2);
	ck_assert_uint_eq(found.ttl_s, 50);
	ck_assert_int_eq(udp_asked, 5);
	ck_assert(!found.implicit);
}
END_TEST

START_TEST(an_error_of_the_server_is_told)
{
	manner = FAILS;
	inquire(DOMAIN);
	ck_assert_int_eq(found.end, DNS_FAILED);
	ck_assert_int_eq(udp_asked, 1);
	done = false;
	manner = REFUSES;
	inquire(DOMAIN);
	ck_assert_int_eq(found.end, DNS_REFUSED);
}
END_TEST

START_TEST(a_long_answer_comes_over_tcp)
{
	manner = IS_LONG;
	inquire(DOMAIN);
	ck_assert_int_eq(found.end, DNS_ANSWERED);
	ck_assert_uint_eq(found.hosts, 60);
	ck_assert_int_eq(tcp_asked, 1);
	ck_assert_uint_eq(found.addresses, 0);
}
END_TEST

START_TEST(lies_before_the_answer_are_passed_over)
{
	manner = LIES;
	inquire(DOMAIN);
	ck_assert_int_eq(found.end, DNS_ANSWERED);
	ck_assert_uint_eq(found.hosts, 2);
	ck_assert_uint_eq(found.addresses, 2);
}
END_TEST

/* The event loop goes on while the flood is read, and that has an end. */
START_TEST(a_flood_ends_the_inquiry)
{
	manner = FLOODS;
	inquire(DOMAIN);
	ck_assert_int_eq(found.end, DNS_FLOODED);
	ck_assert_int_eq(udp_asked, 1);
	ck_assert_uint_ge(loop_turns, DNSSOCKET_MAX / DNSSOCKET_AT_ONCE);
}
END_TEST

START_TEST(a_closed_port_is_unreachable)
{
	event_del(udp_event);
	close(udp);
	inquire(DOMAIN);
	ck_assert_int_eq(found.end, DNS_UNREACHABLE);
	udp = listen_at(SOCK_DGRAM, 0);
	event_free(udp_event);
	udp_event = event_new(base, udp, EV_READ | EV_PERSIST, on_udp, NULL);
}
END_TEST

START_TEST(a_name_that_cannot_be_asked_for_ends_too)
{
	inquire("a..b");
	ck_assert_int_eq(found.end, DNS_BROKEN);
	ck_assert_int_eq(udp_asked, 0);
}
END_TEST

START_TEST(an_inquiry_may_be_given_up_at_any_moment)
{
	const struct inquiry_task task = {.domain = DOMAIN,
					  .family = {true, true},
					  .server = &server,
					  .servers = 1};

	for (int turns = 0; turns < 12; turns++) {
		struct inquiry *inquiry =
			inquiry_new(base, &task, on_found, NULL);

		done = false;
		for (int i = 0; i < turns && !done; i++)
			event_base_loop(base, EVLOOP_ONCE);
		inquiry_free(inquiry);
	}
	ck_assert_int_gt(udp_asked, 12);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("resolver");
	TCase *t = tcase_create("inquiries");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, targets_and_addresses_are_found);
	tcase_add_test(t, an_error_of_the_server_is_told);
	tcase_add_test(t, a_long_answer_comes_over_tcp);
	tcase_add_test(t, lies_before_the_answer_are_passed_over);
	tcase_add_test(t, a_flood_ends_the_inquiry);
	tcase_add_test(t, a_closed_port_is_unreachable);
	tcase_add_test(t, a_name_that_cannot_be_asked_for_ends_too);
	tcase_add_test(t, an_inquiry_may_be_given_up_at_any_moment);
	suite_add_tcase(s, t);
	return s;
}
