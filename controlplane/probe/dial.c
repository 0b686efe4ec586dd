/* SPDX-License-Identifier: BSD-3-Clause */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "detour.h"
#include "proxyheader.h"

enum reason
dial_reason(int error)
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

/* Bind the socket, unless from is NULL, and begin to connect.  Returns 0, or an
 * errno. */
static int
begin_on(int fd, const struct mx_endpoint *to, const struct mx_addr *from)
{
	struct sockaddr_storage address;

	if (from != NULL) {
		const struct mx_endpoint own = {.addr = *from};
		const socklen_t size = socket_address(&own, &address);

		if (bind(fd, (struct sockaddr *)&address, size) != 0)
			return errno;
	}
	const socklen_t size = socket_address(to, &address);
	if (connect(fd, (struct sockaddr *)&address, size) != 0 &&
	    errno != EINPROGRESS)
		return errno;
	return 0;
}

int
dial_begin_from(const struct mx_endpoint *endpoint, const struct mx_addr *from,
		int *fd)
{
	const int socket_ =
		socket(mx_addr_is4(&endpoint->addr) ? AF_INET : AF_INET6,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (socket_ < 0)
		return errno;
	detour_mark(socket_);
	const int error = begin_on(socket_, endpoint, from);
	if (error != 0) {
		close(socket_);
		return error;
	}
	*fd = socket_;
	return 0;
}

int
dial_begin(const struct mx_endpoint *endpoint, int *fd)
{
	return dial_begin_from(endpoint, NULL, fd);
}

int
dial_error(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

int
dial_own(int fd, struct mx_endpoint *own)
{
	struct sockaddr_storage name = {0};
	socklen_t size = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &size) != 0)
		return errno;
	*own = read_address(&name);
	return 0;
}

static int
write_header(int fd, enum mx_proxy proxy, const struct mx_endpoint *endpoint,
	     uint8_t header[static MX_PROXY_HEADER_MAX])
{
	struct mx_endpoint own;

	if (proxy == MX_PROXY_V2)
		return mx_proxy_write_local(header);
	if (dial_own(fd, &own) != 0)
		return -1;
	return mx_proxy_write(header, proxy, &own, endpoint);
}

/* The header fits whole or not at all: nothing was sent before it. */
int
dial_send_header(int fd, enum mx_proxy proxy,
		 const struct mx_endpoint *endpoint)
{
	uint8_t header[MX_PROXY_HEADER_MAX];

	if (proxy == MX_PROXY_OFF)
		return 0;
	const int bytes = write_header(fd, proxy, endpoint, header);
	if (bytes < 0)
		return errno;
	const ssize_t sent = send(fd, header, (size_t)bytes, MSG_NOSIGNAL);
	if (sent < 0)
		return errno;
	return sent == bytes ? 0 : ENOBUFS;
}
