/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chance.h"
#include "clock.h"
#include "proxyheader.h"
#include "timer.h"

#define NO_SOCKET (-1)
#define READ_BYTES 4096 /* more than most servers say in one turn */

struct probe {
	struct probes *probes;
	struct probe_turn turn;
	struct mx_config_check check;
	enum mx_proxy proxy;
	struct mx_endpoint endpoint;
	void (*done)(void *arg, const struct probe_result *result);
	void *arg;

	struct timer *timer; /* waiting: the pause; else: the deadline */
	struct event *io;    /* NULL: waiting, or in line for a turn */
	int fd;              /* NO_SOCKET: waiting */
	bool in_doubt;
	bool connected;
	uint64_t began_ns;
	double connect_ms;
	struct smtp_dialogue smtp;
};

static double
ms_since_begin(const struct probe *p)
{
	return (double)(clock_ns() - p->began_ns) / (double)CLOCK_NS_PER_MS;
}

/* Jitter keeps the probes of many backends and balancers from falling into
 * step, where an MTA would meet them all at once. */
static void
set_pause(struct probe *p, bool soon)
{
	uint32_t pause_ms = p->check.interval_ms;

	if (soon && pause_ms > PROBE_DOUBT_MS)
		pause_ms = PROBE_DOUBT_MS;
	timer_set(p->timer,
		  pause_ms - pause_ms / 10 + chance_below(pause_ms / 5 + 1));
}

static bool
is_waiting(const struct probe *p)
{
	return p->io == NULL;
}

/* Wait for the time to pass.  A waiting probe is not in line for a turn. */
static bool
is_pausing(const struct probe *p)
{
	return is_waiting(p) && p->turn.state == TURN_NONE;
}

static void
close_socket(struct probe *p)
{
	if (p->io != NULL)
		event_free(p->io);
	p->io = NULL;
	if (p->fd != NO_SOCKET)
		close(p->fd);
	p->fd = NO_SOCKET;
}

/* End a probe in every case.  This calls done() last, and done() may free p, so
 * callers return at once.  error: errno of a connection that failed, or 0. */
static void
finish(struct probe *p, enum reason reason, int error)
{
	struct probe_result result = {
		.passed = reason_kind(reason) == REASON_PASSES,
		.counts = reason_kind(reason) != REASON_SAYS_NOTHING,
		.reason = reason,
		.code = p->smtp.code,
		.connect_ms = p->connect_ms,
		.total_ms = ms_since_begin(p),
	};

	snprintf(result.text, sizeof(result.text), "%s",
		 error != 0 ? strerror(error) : p->smtp.text);
	close_socket(p);
	probes_end_turn(p->probes, &p->turn);
	set_pause(p, p->in_doubt || !result.counts);
	p->done(p->arg, &result);
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
send_command(struct probe *p)
{
	struct smtp_dialogue *d = &p->smtp;

	if (send(p->fd, d->out, d->out_bytes, MSG_NOSIGNAL) ==
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
	struct probe *p = arg;
	struct smtp_dialogue *d = &p->smtp;
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
		send_command(p);
	if (smtp_over(d))
		finish(p, d->verdict, 0);
}

static int
watch_socket(struct probe *p, short what, event_callback_fn callback)
{
	if (p->io != NULL)
		event_free(p->io);
	p->io = event_new(probes_base(p->probes), p->fd, what, callback, p);
	if (p->io == NULL || event_add(p->io, NULL) != 0)
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
		endpoint.addr = mx_addr_from4(in4->sin_addr.s_addr);
	return endpoint; /* both families have the port at the same offset */
}

/* Send a PROXY header with the ends of this connection.  Like a command, the
 * header fits whole or not at all.  Returns 0, or an errno. */
static int
send_header(struct probe *p)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	uint8_t header[MX_PROXY_HEADER_MAX];

	if (p->proxy == MX_PROXY_OFF)
		return 0;
	if (getsockname(p->fd, (struct sockaddr *)&name, &size) != 0)
		return errno;
	const struct mx_endpoint own = read_address(&name);
	const uint8_t bytes =
		mx_proxy_write(header, p->proxy, &own, &p->endpoint);
	const ssize_t sent = send(p->fd, header, bytes, MSG_NOSIGNAL);
	if (sent < 0)
		return errno;
	return sent == bytes ? 0 : ENOBUFS;
}

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	int error = 0;
	socklen_t size = sizeof(error);

	(void)what;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error == 0)
		error = send_header(p);
	if (error != 0) {
		finish(p, connect_reason(error), error);
		return;
	}
	p->connected = true;
	p->connect_ms = ms_since_begin(p);
	if (p->check.type == MX_CHECK_TCP)
		finish(p, REASON_OK, 0);
	else if (watch_socket(p, EV_READ | EV_PERSIST, on_readable) != 0)
		finish(p, REASON_LOCAL_FAULT, ENOMEM);
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
begin_connect(struct probe *p)
{
	struct sockaddr_storage address;
	const socklen_t size = socket_address(&p->endpoint, &address);

	p->fd = socket(address.ss_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return errno;
	if (connect(p->fd, (struct sockaddr *)&address, size) != 0 &&
	    errno != EINPROGRESS)
		return errno;
	return watch_socket(p, EV_WRITE, on_connected) == 0 ? 0 : ENOMEM;
}

static void
begin(struct probe *p)
{
	p->began_ns = clock_ns();
	p->connected = false;
	p->connect_ms = 0;
	smtp_start(&p->smtp, p->check.helo);
	const int error = begin_connect(p);
	if (error == 0)
		timer_set(p->timer, p->check.timeout_ms);
	else
		finish(p, connect_reason(error), error);
}

static void
on_timer(void *arg)
{
	struct probe *p = arg;

	if (is_waiting(p)) {
		if (probes_take_turn(p->probes, &p->turn))
			begin(p);
	} else if (!p->connected) {
		finish(p, REASON_CONNECT_TIMEOUT, 0);
	} else {
		smtp_timeout(&p->smtp);
		finish(p, p->smtp.verdict, 0);
	}
}

/* The probe starts in the next round of the loop: this round belongs to the
 * probe that ended. */
static void
on_turn(void *arg)
{
	struct probe *p = arg;

	timer_set(p->timer, 0);
}

struct probe *
probe_new(struct probes *probes, const struct mx_config_check *check,
	  enum mx_proxy proxy, const struct mx_endpoint *endpoint,
	  void (*done)(void *arg, const struct probe_result *result), void *arg)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->probes = probes;
	p->turn = (struct probe_turn){.comes = on_turn, .arg = p};
	p->check = *check;
	p->proxy = proxy;
	p->endpoint = *endpoint;
	p->done = done;
	p->arg = arg;
	p->fd = NO_SOCKET;
	p->timer = timer_new(probes_base(probes), on_timer, p);
	if (p->timer == NULL) {
		free(p);
		return NULL;
	}
	timer_set(p->timer, chance_below(PROBE_DOUBT_MS));
	return p;
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	close_socket(p);
	probes_end_turn(p->probes, &p->turn);
	timer_free(p->timer);
	free(p);
}

void
probe_in_doubt(struct probe *p, bool in_doubt)
{
	if (p->in_doubt == in_doubt)
		return;
	p->in_doubt = in_doubt;
	if (is_pausing(p))
		set_pause(p, in_doubt);
}

void
probe_now(struct probe *p)
{
	if (is_pausing(p))
		timer_set(p->timer, 0);
}
