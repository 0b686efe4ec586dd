/* SPDX-License-Identifier: BSD-3-Clause */
#include "attempt.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "detour.h"
#include "proxyheader.h"
#include "smtp.h"

#define NO_SOCKET (-1)
#define READ_BYTES 4096 /* more than most servers say in one turn */

struct attempt {
	struct event_base *base;
	struct attempt_task task;
	void (*done)(void *arg, const struct probe_result *result);
	void *arg;

	struct event *io; /* NULL: no attempt is under way */
	int fd;           /* NO_SOCKET: the same */
	bool connected;
	uint64_t began_ns;
	double connect_ms;
	struct smtp_dialogue smtp;
};

static double
ms_since_begin(const struct attempt *a)
{
	return (double)(clock_ns() - a->began_ns) / (double)CLOCK_NS_PER_MS;
}

static void
close_socket(struct attempt *a)
{
	if (a->io != NULL)
		event_free(a->io);
	a->io = NULL;
	if (a->fd != NO_SOCKET)
		close(a->fd);
	a->fd = NO_SOCKET;
}

/* End an attempt in every case.  This calls done() last, and done() may free a,
 * so callers return at once.  error: errno of a connection that failed, or 0.
 */
static void
finish(struct attempt *a, enum reason reason, int error)
{
	struct probe_result result = {
		.passed = reason_kind(reason) == REASON_PASSES,
		.counts = reason_kind(reason) != REASON_SAYS_NOTHING,
		.reason = reason,
		.code = a->smtp.code,
		.connect_ms = a->connect_ms,
		.total_ms = ms_since_begin(a),
	};

	snprintf(result.text, sizeof(result.text), "%s",
		 error != 0 ? strerror(error) : a->smtp.text);
	close_socket(a);
	a->done(a->arg, &result);
}

/* The reason that an errno of connect() or socket() stands for. */
static enum reason
connect_reason(int error)
{
	/* clang-format off */
	static const struct {
		int error;
		enum reason reason;
	} reasons[] = {
		{ECONNREFUSED,  REASON_CONNECT_REFUSED},
		{EHOSTUNREACH,  REASON_CONNECT_NO_ROUTE},
		{ENETUNREACH,   REASON_CONNECT_NO_ROUTE},
		{EHOSTDOWN,     REASON_CONNECT_NO_ROUTE},
		{ENETDOWN,      REASON_CONNECT_NO_ROUTE},
		{ETIMEDOUT,     REASON_CONNECT_TIMEOUT},
		{EMFILE,        REASON_LOCAL_FAULT},
		{ENFILE,        REASON_LOCAL_FAULT},
		{ENOBUFS,       REASON_LOCAL_FAULT},
		{ENOMEM,        REASON_LOCAL_FAULT},
		{EADDRNOTAVAIL, REASON_LOCAL_FAULT}, /* no local port is free */
		{EAGAIN,        REASON_LOCAL_FAULT}, /* the same, or no route cache */
		{EAFNOSUPPORT,  REASON_LOCAL_FAULT}, /* IPv6 is off */
		{EACCES,        REASON_LOCAL_FAULT}, /* a local packet filter */
		{EPERM,         REASON_LOCAL_FAULT},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].reason;
	return REASON_CONNECT_FAILED;
}

/* A command fits whole or not at all: it is far smaller than the send buffer,
 * and the buffer is empty, since the server has replied to all that was
 * sent. */
static void
send_command(struct attempt *a)
{
	struct smtp_dialogue *d = &a->smtp;

	if (send(a->fd, d->out, d->out_bytes, MSG_NOSIGNAL) ==
	    (ssize_t)d->out_bytes)
		smtp_sent(d);
	else
		smtp_reset(d);
}

/* Read everything that is there before sending.  A server that said more than
 * one reply spoke out of turn.  The dialogue's limits end the loop. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	struct smtp_dialogue *d = &a->smtp;
	char bytes[READ_BYTES];
	ssize_t n = 1;

	(void)what;
	while (n > 0 && !smtp_over(d)) {
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n > 0)
			smtp_feed(d, bytes, (size_t)n);
		else if (n == 0)
			smtp_closed(d);
		else if (errno != EAGAIN && errno != EINTR)
			smtp_reset(d);
	}
	if (d->out_bytes > 0)
		send_command(a);
	if (smtp_over(d))
		finish(a, d->verdict, 0);
}

static int
watch_socket(struct attempt *a, short what, event_callback_fn callback)
{
	if (a->io != NULL)
		event_free(a->io);
	a->io = event_new(a->base, a->fd, what, callback, a);
	if (a->io == NULL || event_add(a->io, NULL) != 0)
		return -ENOMEM;
	return 0;
}

static struct mx_endpoint
read_address(const struct sockaddr_storage *from)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	struct mx_endpoint endpoint = {.port_be = in4->sin_port};

	if (from->ss_family == AF_INET6)
		memcpy(&endpoint.addr, &in6->sin6_addr, sizeof(endpoint.addr));
	else
		/* Written by getsockname(). */
		/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
		endpoint.addr = mx_addr_from4(in4->sin_addr.s_addr);
	return endpoint; /* both families have the port at the same offset */
}

/* Send a PROXY header with the ends of this connection.  Like a command, the
 * header fits whole or not at all.  Returns 0, or an errno. */
static int
send_header(struct attempt *a)
{
	struct sockaddr_storage name = {0};
	socklen_t size = sizeof(name);
	uint8_t header[MX_PROXY_HEADER_MAX];

	if (a->task.proxy == MX_PROXY_OFF)
		return 0;
	if (getsockname(a->fd, (struct sockaddr *)&name, &size) != 0)
		return errno;
	const struct mx_endpoint own = read_address(&name);
	const uint8_t bytes =
		mx_proxy_write(header, a->task.proxy, &own, &a->task.endpoint);
	const ssize_t sent = send(a->fd, header, bytes, MSG_NOSIGNAL);
	if (sent < 0)
		return errno;
	return sent == bytes ? 0 : ENOBUFS;
}

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	int error = 0;
	socklen_t size = sizeof(error);

	(void)what;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error == 0)
		error = send_header(a);
	if (error != 0) {
		finish(a, connect_reason(error), error);
		return;
	}
	a->connected = true;
	a->connect_ms = ms_since_begin(a);
	if (a->task.check.type == MX_CHECK_TCP)
		finish(a, REASON_OK, 0);
	else if (watch_socket(a, EV_READ | EV_PERSIST, on_readable) != 0)
		finish(a, REASON_LOCAL_FAULT, ENOMEM);
}

static socklen_t
socket_address(const struct mx_endpoint *endpoint, struct sockaddr_storage *out)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (mx_addr_is4(&endpoint->addr)) {
		in4->sin_family = AF_INET;
		in4->sin_port = endpoint->port_be;
		in4->sin_addr.s_addr = mx_addr_to4(&endpoint->addr);
		return sizeof(*in4);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = endpoint->port_be;
	memcpy(&in6->sin6_addr, &endpoint->addr, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/* Returns 0, or an errno. */
static int
begin_connect(struct attempt *a)
{
	struct sockaddr_storage address;
	const socklen_t size = socket_address(&a->task.endpoint, &address);

	a->fd = socket(address.ss_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return errno;
	detour_mark(a->fd);
	if (connect(a->fd, (struct sockaddr *)&address, size) != 0 &&
	    errno != EINPROGRESS)
		return errno;
	return watch_socket(a, EV_WRITE, on_connected) == 0 ? 0 : ENOMEM;
}

struct attempt *
attempt_new(struct event_base *base, const struct attempt_task *task,
	    void (*done)(void *arg, const struct probe_result *result),
	    void *arg)
{
	struct attempt *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->base = base;
	a->task = *task;
	a->done = done;
	a->arg = arg;
	a->fd = NO_SOCKET;
	return a;
}

void
attempt_free(struct attempt *a)
{
	if (a == NULL)
		return;
	close_socket(a);
	free(a);
}

void
attempt_begin(struct attempt *a)
{
	a->began_ns = clock_ns();
	a->connected = false;
	a->connect_ms = 0;
	smtp_start(&a->smtp, a->task.check.helo);
	const int error = begin_connect(a);
	if (error != 0)
		finish(a, connect_reason(error), error);
}

void
attempt_time_out(struct attempt *a)
{
	if (!a->connected) {
		finish(a, REASON_CONNECT_TIMEOUT, 0);
		return;
	}
	smtp_timeout(&a->smtp);
	finish(a, a->smtp.verdict, 0);
}
