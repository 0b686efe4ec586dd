/* SPDX-License-Identifier: BSD-3-Clause */
#include "webport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/util.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Any program may have the port, and reply what it likes.  No more of its reply is
 * read than so many bytes, in so many pieces. */
#define REPLY_MAX 2048
#define READS_MAX 4
#define PATIENCE_S 1

/* Open a socket of the address's family.  Returns it, or -1 with errno. */
static int
open_socket(const struct mx_endpoint *endpoint,
	    struct sockaddr_storage *address, socklen_t *length)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const int on = 1;
	int bytes = sizeof(*address);
	char text[MX_ENDPOINT_TEXT_MAX];

	evutil_parse_sockaddr_port(mx_endpoint_format(endpoint, text),
				   (struct sockaddr *)address, &bytes);
	*length = (socklen_t)bytes;
	const int fd =
		socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

/* Bind to the address as the control plane does, and do not listen: one that
 * starts meanwhile finds the port free.  Returns 0 or errno. */
static int
try_to_bind(const struct mx_endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t length;
	const int fd = open_socket(endpoint, &address, &length);
	int error = 0;

	if (fd < 0)
		return errno;
	if (bind(fd, (struct sockaddr *)&address, length) < 0)
		error = errno;
	close(fd);
	return error;
}

/* Ask for /healthz.  Returns false if nothing came. */
static bool
ask_health(const struct mx_endpoint *endpoint, char reply[static REPLY_MAX])
{
	static const char request[] =
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct sockaddr_storage address;
	socklen_t length;
	size_t used = 0;
	const int fd = open_socket(endpoint, &address, &length);

	if (fd < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&address, length) == 0 &&
	    send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0)
		for (int reads = 0; reads < READS_MAX; reads++) {
			const ssize_t got =
				recv(fd, reply + used, REPLY_MAX - 1 - used, 0);

			if (got <= 0)
				break;
			used += (size_t)got;
		}
	close(fd);
	reply[used] = '\0';
	return used > 0;
}

/* The instance of mxsteer that answers there: "OK mxsteer mx1: ...".  Returns
 * false if it is none. */
static bool
find_instance(const struct mx_endpoint *endpoint,
	      char instance[static MX_NAME_MAX])
{
	char reply[REPLY_MAX];
	char format[32];

	if (!ask_health(endpoint, reply))
		return false;
	const char *body = strstr(reply, "\r\n\r\n");
	snprintf(format, sizeof(format), "%%*15s mxsteer %%%d[^:\r\n]",
		 MX_NAME_MAX - 1);
	return body != NULL && sscanf(body + 4, format, instance) == 1;
}

static void
tell_taken(const struct mx_config *config, struct hazards *found)
{
	const struct mx_endpoint *listen = &config->http.listen;
	char text[MX_ENDPOINT_TEXT_MAX], other[MX_NAME_MAX];

	mx_endpoint_format(listen, text);
	if (!find_instance(listen, other))
		hazard_mend(
			hazards_add(found, false,
				    "http: %s is taken, and no mxsteer answers "
				    "there: no metrics and no status page will "
				    "be served",
				    text),
			"`ss -ltnp sport = :%u`", ntohs(listen->port_be));
	else if (strcmp(other, config->instance) != 0)
		hazards_add(found, false,
			    "http: instance %s of mxsteer has the port of %s: "
			    "give each instance a port of its own, or listen: "
			    "off",
			    other, text);
}

void
webport_check(const struct mx_config *config, struct hazards *found)
{
	const struct mx_endpoint *listen = &config->http.listen;
	char text[MX_ENDPOINT_TEXT_MAX];

	if (listen->port_be == 0)
		return;
	const int error = try_to_bind(listen);
	if (error == EADDRINUSE)
		tell_taken(config, found);
	else if (error == EADDRNOTAVAIL)
		hazards_add(found, false,
			    "http: listen: %s is not at an address of this "
			    "host: no metrics and no status page will be "
			    "served",
			    mx_endpoint_format(listen, text));
	else if (error != 0)
		hazards_add(found, false, "http: listen: %s: %s",
			    mx_endpoint_format(listen, text), strerror(error));
}
