/* SPDX-License-Identifier: BSD-3-Clause */
#include "listensocket.h"

#include <errno.h>
#include <event2/util.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that the kernel keeps until they are accepted. */
#define BACKLOG 128
/* What the kernel keeps of a reply, bytes: so much may wait for a reader that
 * does not read. */
#define SEND_BUFFER 65536

int
listensocket_open(const struct mx_endpoint *endpoint)
{
	struct sockaddr_storage address;
	int length = sizeof(address);
	char text[MX_ENDPOINT_TEXT_MAX];
	const int on = 1;
	const int buffer = SEND_BUFFER;

	evutil_parse_sockaddr_port(mx_endpoint_format(endpoint, text),
				   (struct sockaddr *)&address, &length);
	const int fd = socket(address.ss_family,
			      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Connections have the buffer of the socket that accepted them. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	if (bind(fd, (struct sockaddr *)&address, (socklen_t)length) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		const int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}
