/* SPDX-License-Identifier: BSD-3-Clause */
/* Servers that attack a probe by TLS: keys that take long, chains that are long,
 * records without data, flights that stop in the middle.
 * Method: a stream and a server of OpenSSL on two ends of a socket pair, in one
 * thread. */
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certmaker.h"
#include "clock.h"
#include "runner.h"
#include "stream.h"
#include "tlscerts.h"
#include "tlscontext.h"

#define ROUNDS_MAX 1000

static SSL_CTX *context, *server_context;
static SSL *server;
static struct stream stream;
static enum stream_end end;
static bool made;

static void
setup(void)
{
	const char *fault;

	signal(SIGPIPE, SIG_IGN);
	if (!made)
		tlscerts_make(clock_wall_s());
	made = true;
	context = tlscontext_get("", &fault);
	server_context = tlscerts_server(CERT_GOOD, 0);
}

static void
teardown(void)
{
	stream_close(&stream);
	if (server != NULL) {
		close(SSL_get_fd(server));
		SSL_free(server);
		server = NULL;
	}
	SSL_CTX_free(server_context);
	SSL_CTX_free(context);
	tlscontext_forget();
}

static void
connect_both(void)
{
	int fd[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	server = SSL_new(server_context);
	SSL_set_fd(server, fd[1]);
	SSL_set_accept_state(server);
	stream_open(&stream, fd[0]);
	ck_assert_int_eq(
		stream_begin_tls(&stream, context, TLSCERTS_NAME, NULL), 0);
}

static void
shake_hands(void)
{
	int served = 0;

	connect_both();
	end = STREAM_WAITS;
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if (end == STREAM_WAITS)
			end = stream_handshake(&stream);
		if (served != 1)
			served = SSL_do_handshake(server);
		if (end != STREAM_WAITS && (end != STREAM_DONE || served == 1))
			return;
	}
}

START_TEST(keys_that_take_long_are_not_tried)
{
	static const struct {
		int modulus_bits, exponent_bits;
		bool is_tried;
	} keys[] = {
		{4096, 17, true},    {8192, 17, true},   {8192, 32, true},
		{8200, 17, false},   {16384, 17, false}, {16384, 64, false},
		{3072, 3000, false}, {2048, 33, false},
	};

	SSL_CTX_add_extra_chain_cert(server_context,
				     certmaker_strange(keys[_i].modulus_bits,
						       keys[_i].exponent_bits));
	shake_hands();
	if (keys[_i].is_tried) {
		ck_assert_int_eq(end, STREAM_DONE);
		ck_assert(stream.certificate.known);
		return;
	}
	ck_assert_int_eq(end, STREAM_BROKEN);
	ck_assert_int_eq(stream.reason, REASON_TLS_FAILED);
	ck_assert_str_eq(stream.text, "a key of its certificates takes too "
				      "long to check");
}
END_TEST

START_TEST(long_chains_are_cut_off)
{
	static const struct {
		int certificates;
		bool is_taken;
	} chains[] = {{5, true}, {40, true}, {200, false}};

	SSL_CTX_set_max_cert_list(server_context, 1 << 20);
	for (int i = 0; i < chains[_i].certificates; i++)
		SSL_CTX_add_extra_chain_cert(server_context,
					     certmaker_strange(2048, 17));
	shake_hands();
	if (chains[_i].is_taken) {
		ck_assert_int_eq(end, STREAM_DONE);
		return;
	}
	ck_assert_int_eq(end, STREAM_BROKEN);
	ck_assert_str_eq(stream.text, "excessive message size");
}
END_TEST

static void
flood_with_tickets(void)
{
	SSL_new_session_ticket(server);
	SSL_do_handshake(server);
}

static void
flood_with_keys(void)
{
	SSL_key_update(server, SSL_KEY_UPDATE_NOT_REQUESTED);
	SSL_do_handshake(server);
}

static void
flood_with_requests(void)
{
	char none;

	SSL_key_update(server, SSL_KEY_UPDATE_REQUESTED);
	SSL_do_handshake(server);
	SSL_read(server, &none, 1);
}

/* Each record costs the event loop time, and brings the dialogue no further. */
START_TEST(records_without_data_have_an_end)
{
	static void (*const floods[])(void) = {
		flood_with_tickets, flood_with_keys, flood_with_requests};
	char bytes[100];
	size_t count;
	int reads = 0;

	shake_hands();
	ck_assert_int_eq(end, STREAM_DONE);
	while (end != STREAM_BROKEN && reads < ROUNDS_MAX) {
		floods[_i]();
		end = stream_read(&stream, bytes, sizeof(bytes), &count);
		ck_assert(end != STREAM_DONE || count == 0);
		reads++;
	}
	ck_assert_int_eq(end, STREAM_BROKEN);
	ck_assert_str_eq(stream.text, "too many TLS records without data");
	ck_assert_int_le(reads, 2 * STREAM_IDLE_RECORDS_MAX + 2);
}
END_TEST

/* The server's flight, cut after so many bytes: the stream waits, and asks for
 * no time meanwhile; then it is cut off. */
START_TEST(a_flight_that_stops_anywhere_waits_or_ends)
{
	static char flight[8192];

	connect_both();
	const int fd = SSL_get_fd(server);
	int pipe[2];
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pipe), 0);
	ck_assert_int_eq(stream_handshake(&stream), STREAM_WAITS);
	/* What the server says goes to a pipe of the test first. */
	SSL_set_wfd(server, pipe[0]);
	SSL_do_handshake(server);
	const ssize_t bytes = recv(pipe[1], flight, sizeof(flight), 0);
	ck_assert_int_gt(bytes, 500);
	for (ssize_t at = 0; at < bytes - 1; at++) {
		ck_assert_int_eq(send(fd, flight + at, 1, 0), 1);
		end = stream_handshake(&stream);
		ck_assert_int_eq(end, STREAM_WAITS);
	}
	close(pipe[0]);
	close(pipe[1]);
	shutdown(fd, SHUT_WR);
	ck_assert_int_eq(stream_handshake(&stream), STREAM_CLOSED);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("stream");
	TCase *t = tcase_create("stream");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, keys_that_take_long_are_not_tried, 0, 8);
	tcase_add_loop_test(t, long_chains_are_cut_off, 0, 3);
	tcase_add_loop_test(t, records_without_data_have_an_end, 0, 3);
	tcase_add_test(t, a_flight_that_stops_anywhere_waits_or_ends);
	suite_add_tcase(s, t);
	return s;
}
