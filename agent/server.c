/* SPDX-License-Identifier: BSD-3-Clause */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "now.h"
#include "replyline.h"

#define BACKLOG 64
#define READ_BYTES 4096
/* The loop looks at its end so often. */
#define LOOK_MS 500
/* Reading from one peer in one turn. */
#define READS_MAX 4
#define TOLD_MS 60000
#define ROOM_MS 100

/* A connection that has its line, and waits for its end. */
struct peer {
	int fd; /* -1: the place is free */
	uint64_t since_ms;
};

struct server {
	uint16_t listeners;
	int listener[SERVER_LISTENERS_MAX];
	struct peers allowed;
	struct gauge *gauge;
	struct replies replies;
	struct peer peer[SERVER_PEERS_MAX];
	uint64_t told_ms; /* when a refused peer was logged; 0: never */
	uint32_t refused; /* since then */
};

/* The same address for a socket of IPv4, where the kernel has no IPv6. */
static struct sockaddr_in
as_ipv4(const struct sockaddr_in6 *address)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET,
				  .sin_port = address->sin6_port};

	memcpy(&in4.sin_addr, address->sin6_addr.s6_addr + 12, 4);
	return in4;
}

static int
open_listener(const struct sockaddr_in6 *address)
{
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	const struct sockaddr_in in4 = as_ipv4(address);
	const struct sockaddr *name = (const struct sockaddr *)address;
	socklen_t size = sizeof(*address);
	const int on = 1, off = 0;
	int fd = socket(AF_INET6, type, 0);

	if (fd < 0 && errno == EAFNOSUPPORT) {
		fd = socket(AF_INET, type, 0);
		name = (const struct sockaddr *)&in4;
		size = sizeof(in4);
	} else if (fd >= 0) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, name, size) < 0 || listen(fd, BACKLOG) < 0) {
		const int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static int
add_listener(struct server *server, const struct sockaddr_in6 *address)
{
	char text[PEER_TEXT_MAX];
	const int fd = open_listener(address);

	if (fd < 0) {
		log_line(LOG_LEVEL_ERROR, "cannot listen on %s, port %u: %s",
			 peer_format(address->sin6_addr.s6_addr, text),
			 ntohs(address->sin6_port), strerror(-fd));
		return fd;
	}
	server->listener[server->listeners++] = fd;
	return 0;
}

struct server *
server_new(const struct server_task *task, struct gauge *gauge)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		log_line(LOG_LEVEL_ERROR, "not enough memory to start");
		return NULL;
	}
	server->allowed = task->allowed;
	server->gauge = gauge;
	replies_begin(&server->replies, now());
	for (int i = 0; i < SERVER_PEERS_MAX; i++)
		server->peer[i].fd = -1;
	for (uint16_t i = 0; i < task->listeners; i++) {
		if (add_listener(server, &task->listen[i]) < 0) {
			server_free(server);
			return NULL;
		}
	}
	return server;
}

static void
end_peer(struct peer *peer)
{
	close(peer->fd);
	peer->fd = -1;
}

/* A free place, or that of the oldest connection. */
static struct peer *
find_place(struct server *server)
{
	struct peer *oldest = &server->peer[0];

	for (int i = 0; i < SERVER_PEERS_MAX; i++) {
		struct peer *peer = &server->peer[i];

		if (peer->fd < 0)
			return peer;
		if (peer->since_ms < oldest->since_ms)
			oldest = peer;
	}
	end_peer(oldest);
	return oldest;
}

/* Log who was refused, at most once a minute. */
static void
tell_refused(struct server *server, const uint8_t address[16], uint64_t now_ms)
{
	char text[PEER_TEXT_MAX];

	server->refused++;
	if (server->told_ms != 0 && now_ms - server->told_ms < TOLD_MS)
		return;
	log_line(LOG_LEVEL_WARN,
		 "%s is not allowed to ask (--allow); %u refused since the "
		 "last such line",
		 peer_format(address, text), server->refused);
	server->told_ms = now_ms;
	server->refused = 0;
}

static void
refuse(int fd)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

/* The line is smaller than any empty send buffer.  Returns whether the connection
 * goes on. */
static bool
answer(struct server *server, int fd, const uint8_t address[16],
       uint64_t now_ms)
{
	char line[REPLY_LINE_MAX];
	struct gauge_view view;

	size_t length;

	gauge_look(server->gauge, &view);
	if (view.knows_admin) {
		replies_set(&server->replies, view.admin.admin, now_ms);
		length = reply_write(&server->replies, address, now_ms,
				     view.percent, view.why, line);
	} else {
		length = reply_write_unknown(view.percent, view.why, line);
	}
	return send(fd, line, length, MSG_NOSIGNAL) == (ssize_t)length &&
	       shutdown(fd, SHUT_WR) == 0;
}

/* The address of a peer in 16 bytes, whatever its family. */
static void
map_address(const struct sockaddr_storage *from, uint8_t address[16])
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET6) {
		memcpy(address, &in6->sin6_addr, 16);
		return;
	}
	memset(address, 0, 10);
	memset(address + 10, 0xff, 2);
	memcpy(address + 12, &in4->sin_addr, 4);
}

/* The system has no descriptor or memory to give: do not ask again at once. */
static void
wait_for_room(int error)
{
	if (error != EAGAIN && error != EINTR && error != ECONNABORTED)
		poll(NULL, 0, ROOM_MS);
}

/* Take one connection.  Returns false if there is none. */
static bool
take_peer(struct server *server, int listener, uint64_t now_ms)
{
	struct sockaddr_storage from = {0};
	socklen_t size = sizeof(from);
	uint8_t address[16];
	const int fd = accept4(listener, (struct sockaddr *)&from, &size,
			       SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		wait_for_room(errno);
		return false;
	}
	map_address(&from, address);
	if (!peers_have(&server->allowed, address)) {
		tell_refused(server, address, now_ms);
		refuse(fd);
	} else if (!answer(server, fd, address, now_ms)) {
		close(fd);
	} else {
		*find_place(server) = (struct peer){fd, now_ms};
	}
	return true;
}

/* Read what the balancer has sent.  It has no meaning. */
static void
drain_peer(struct peer *peer)
{
	char bytes[READ_BYTES];

	for (int i = 0; i < READS_MAX; i++) {
		const ssize_t n = recv(peer->fd, bytes, sizeof(bytes), 0);

		if (n > 0)
			continue;
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			end_peer(peer);
		return;
	}
}

static void
end_old_peers(struct server *server, uint64_t now_ms)
{
	for (int i = 0; i < SERVER_PEERS_MAX; i++)
		if (server->peer[i].fd >= 0 &&
		    now_ms - server->peer[i].since_ms >= SERVER_LINGER_MS)
			end_peer(&server->peer[i]);
}

/* poll() ignores entries whose descriptor is negative. */
static nfds_t
fill(const struct server *server, struct pollfd *poll)
{
	nfds_t count = 0;

	for (uint16_t i = 0; i < server->listeners; i++)
		poll[count++] = (struct pollfd){server->listener[i], POLLIN, 0};
	for (int i = 0; i < SERVER_PEERS_MAX; i++)
		poll[count++] = (struct pollfd){server->peer[i].fd, POLLIN, 0};
	return count;
}

void
server_run(struct server *server, const volatile sig_atomic_t *ended)
{
	struct pollfd fds[SERVER_LISTENERS_MAX + SERVER_PEERS_MAX];

	while (!*ended) {
		const nfds_t count = fill(server, fds);

		if (poll(fds, count, LOOK_MS) < 0)
			continue; /* a signal */
		const uint64_t now_ms = now();
		for (int i = 0; i < SERVER_PEERS_MAX; i++)
			if (fds[server->listeners + i].revents != 0)
				drain_peer(&server->peer[i]);
		end_old_peers(server, now_ms);
		/* So many in one turn, that those who have their line are
		 * looked at too. */
		for (uint16_t i = 0; i < server->listeners; i++)
			for (int n = 0; fds[i].revents != 0 && n < BACKLOG; n++)
				if (!take_peer(server, fds[i].fd, now_ms))
					break;
	}
}

void
server_free(struct server *server)
{
	for (int i = 0; i < SERVER_PEERS_MAX; i++)
		if (server->peer[i].fd >= 0)
			end_peer(&server->peer[i]);
	for (uint16_t i = 0; i < server->listeners; i++)
		close(server->listener[i]);
	free(server);
}
