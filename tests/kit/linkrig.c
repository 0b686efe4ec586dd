/* SPDX-License-Identifier: BSD-3-Clause */
#include "linkrig.h"

#include <check.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GUARD_S 20
#define PORTS_TRIED 20
#define WRITE_MAX 65536

static void
on_opened(void *arg)
{
	struct linkrig_end *end = arg;

	end->opened = true;
}

static void
on_readable(void *arg)
{
	struct linkrig_end *end = arg;
	bool same = true;
	size_t count;
	const uint8_t *bytes = link_peek(end->link, &count);

	ck_assert_uint_lt(count, 2 * LINK_INPUT_MAX);
	for (size_t i = 0; i < count; i++)
		same = same && bytes[i] == linkrig_byte(end->bytes + i);
	ck_assert(same);
	end->bytes += count;
	link_drop(end->link, count);
}

static void
on_writable(void *arg)
{
	struct linkrig_end *end = arg;

	end->writable++;
}

static void
on_ended(void *arg, enum replicated_refusal why, int error)
{
	struct linkrig_end *end = arg;

	ck_assert(!end->ended);
	end->ended = true;
	end->why = why;
	end->error = error;
	end->link = NULL;
}

static const struct link_calls calls = {
	.opened = on_opened,
	.readable = on_readable,
	.writable = on_writable,
	.ended = on_ended,
};

static void
on_accepted(void *arg, struct link *link, uint8_t box)
{
	struct linkrig *rig = arg;
	struct linkrig_end *end = &rig->came[rig->accepted++];

	ck_assert_uint_le(rig->accepted, LINKRIG_ENDS);
	rig->box = box;
	*end = (struct linkrig_end){.link = link, .opened = true};
	link_take(link, &calls, end);
}

static void
on_refused(void *arg, enum replicated_refusal why)
{
	struct linkrig *rig = arg;

	rig->refused[why]++;
}

int
linkrig_listen(struct mx_endpoint *address)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof(at);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &bytes), 0);
	address->addr = mx_addr_from4(at.sin_addr.s_addr);
	address->port_be = at.sin_port;
	return fd;
}

struct mx_endpoint
linkrig_free_port(void)
{
	struct mx_endpoint address;

	close(linkrig_listen(&address));
	return address;
}

static void
on_guard(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ck_abort_msg("nothing came for %d s", GUARD_S);
}

void
linkrig_begin(struct linkrig *rig, bool same)
{
	static const struct links_calls links_calls = {.accepted = on_accepted,
						       .refused = on_refused};
	uint8_t key[MX_SECRET_STREAM_BYTES];
	int error = -1;

	signal(SIGPIPE, SIG_IGN); /* as main() does */
	memset(rig, 0, sizeof(*rig));
	rig->base = event_base_new();
	rig->guard = event_new(rig->base, -1, 0, on_guard, NULL);
	memset(key, 0x5a, sizeof(key));
	rig->dialler = links_make(rig->base, 1, key);
	key[7] ^= same ? 0 : 1;
	rig->listener = links_make(rig->base, 2, key);
	ck_assert_ptr_nonnull(rig->dialler);
	ck_assert_ptr_nonnull(rig->listener);
	/* Another process may take a port that is free. */
	for (int i = 0; error != 0 && i < PORTS_TRIED; i++) {
		rig->address = linkrig_free_port();
		error = links_listen(rig->listener, &rig->address, &links_calls,
				     rig);
	}
	ck_assert_int_eq(error, 0);
}

void
linkrig_end(struct linkrig *rig)
{
	if (rig->end.link != NULL)
		link_close(rig->end.link);
	for (uint32_t i = 0; i < rig->accepted; i++)
		if (rig->came[i].link != NULL)
			link_close(rig->came[i].link);
	links_free(rig->dialler);
	links_free(rig->listener);
	event_free(rig->guard);
	event_base_free(rig->base);
}

void
linkrig_dial(struct linkrig *rig, const struct mx_endpoint *address)
{
	rig->end = (struct linkrig_end){0};
	rig->end.link = link_dial(rig->dialler, address, &calls, &rig->end);
	ck_assert_ptr_nonnull(rig->end.link);
	ck_assert(!rig->end.opened && !rig->end.ended);
}

void
linkrig_open(struct linkrig *rig)
{
	const uint32_t before = rig->accepted;

	linkrig_dial(rig, &rig->address);
	LINKRIG_UNTIL(rig, rig->end.ended ||
				   (rig->end.opened && rig->accepted > before));
	ck_assert(!rig->end.ended);
}

void
linkrig_guard(struct linkrig *rig)
{
	const struct timeval after = {.tv_sec = GUARD_S};

	event_add(rig->guard, &after);
}

void
linkrig_step(struct linkrig *rig)
{
	event_base_loop(rig->base, EVLOOP_ONCE);
}

uint8_t
linkrig_byte(size_t number)
{
	return (uint8_t)(number * 31 + number / 251);
}

bool
linkrig_write(struct link *link, size_t *sent, size_t count)
{
	uint8_t bytes[WRITE_MAX];

	for (size_t i = 0; i < count; i++)
		bytes[i] = linkrig_byte(*sent + i);
	if (!link_write(link, bytes, count))
		return false;
	*sent += count;
	return true;
}

int
linkrig_connect(const struct linkrig *rig)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = rig->address.port_be,
				 .sin_addr.s_addr =
					 mx_addr_to4(&rig->address.addr)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	evutil_make_socket_nonblocking(fd);
	return fd;
}

struct bufferevent *
linkrig_shake(struct linkrig *rig, int fd, SSL_CTX *context, bool accepts)
{
	struct bufferevent *stream = bufferevent_openssl_socket_new(
		rig->base, fd, SSL_new(context),
		accepts ? BUFFEREVENT_SSL_ACCEPTING
			: BUFFEREVENT_SSL_CONNECTING,
		BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);

	bufferevent_enable(stream, EV_READ | EV_WRITE);
	return stream;
}

struct bufferevent *
linkrig_serve(struct linkrig *rig, int socket, SSL_CTX *context)
{
	const int fd = accept4(socket, NULL, NULL, SOCK_NONBLOCK);

	ck_assert_int_ge(fd, 0);
	return linkrig_shake(rig, fd, context, true);
}
