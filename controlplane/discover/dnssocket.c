/* SPDX-License-Identifier: BSD-3-Clause */
#include "dnssocket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static ares_socket_t
open_socket(int family, int type, int protocol, void *arg)
{
	(void)arg;
	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static int
close_socket(ares_socket_t fd, void *arg)
{
	(void)arg;
	return close(fd);
}

static int
connect_socket(ares_socket_t fd, const struct sockaddr *to,
	       ares_socklen_t length, void *arg)
{
	(void)arg;
	return connect(fd, to, length);
}

static ares_ssize_t
receive(ares_socket_t fd, void *bytes, size_t size, int flags,
	struct sockaddr *from, ares_socklen_t *length, void *arg)
{
	struct dnssocket *limit = arg;

	if (limit->at_once == 0 || limit->left == 0) {
		errno = EAGAIN; /* there is nothing for now */
		return -1;
	}
	limit->at_once--;
	limit->left--;
	return recvfrom(fd, bytes, size, flags, from, length);
}

static ares_ssize_t
send_parts(ares_socket_t fd, const struct iovec *part, int parts, void *arg)
{
	(void)arg;
	return writev(fd, part, parts);
}

void
dnssocket_use(ares_channel channel, struct dnssocket *limit)
{
	static const struct ares_socket_functions functions = {
		.asocket = open_socket,
		.aclose = close_socket,
		.aconnect = connect_socket,
		.arecvfrom = receive,
		.asendv = send_parts,
	};

	*limit = (struct dnssocket){DNSSOCKET_AT_ONCE, DNSSOCKET_MAX};
	ares_set_socket_functions(channel, &functions, limit);
}
