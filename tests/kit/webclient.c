/* SPDX-License-Identifier: BSD-3-Clause */
#include "webclient.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "faketime.h"

#define REPLY_MAX (4 * 1024 * 1024)
#define PATIENCE_MS 5000

static uint32_t
own_address(void)
{
	const uint32_t pid = (uint32_t)getpid();

	return 0x7f800000 | (pid & 0x7fffff);
}

const char *
webclient_address(void)
{
	static char text[32];
	const struct in_addr address = {htonl(own_address())};

	snprintf(text, sizeof(text), "%s:9625", inet_ntoa(address));
	return text;
}

static void
write_file(struct plane *plane, const char *name, const char *http,
	   const char *backends)
{
	char rest[4096];

	snprintf(rest, sizeof(rest),
		 "http: {listen: \"%s\"%s}\n"
		 "services:\n"
		 "  - name: inbound\n"
		 "    listen: [\"198.51.100.25:25\"]\n"
		 "    pool: mx\n"
		 "    snat: [\"10.0.2.100\"]\n"
		 "    client-address: hidden\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    check: {rise: 1, fall: 1, helo: lb.example.net}\n"
		 "    backends:\n%s",
		 webclient_address(), http, backends);
	plane_write_rest(plane, name, rest);
}

void
webclient_write_config(struct plane *plane, const char *name, const char *http)
{
	write_file(plane, name, http, PLANE_BACKENDS);
}

void
webclient_write_backends(struct plane *plane, const char *name,
			 const char *backends)
{
	write_file(plane, name, "", backends);
}

void
webclient_start(struct plane *plane, const char *http)
{
	plane_open(plane, PLANE_BACKENDS);
	webclient_write_config(plane, "c.yaml", http);
	plane->ack_ms = 50; /* fewer rounds of the loop */
	plane_start_data(plane);
	plane_start_control(plane);
	ck_assert(plane_run_until(plane, plane_is_settled));
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	plane_seed_hops(plane);
	plane_run(plane, 1500);
}

int
webclient_connect(void)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(9625),
				       .sin_addr = {htonl(own_address())}};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_msg(connect(fd, (const struct sockaddr *)&to, sizeof(to)) ==
			      0,
		      "%s", strerror(errno));
	return fd;
}

bool
webclient_is_closed(int fd, char *text, size_t size)
{
	for (;;) {
		const size_t used = strlen(text);
		const ssize_t got =
			recv(fd, text + used, size - used - 1, MSG_DONTWAIT);

		if (got > 0) {
			text[used + (size_t)got] = '\0';
			continue;
		}
		return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
	}
}

char *
webclient_exchange(struct plane *plane, const char *request)
{
	char *text = calloc(1, REPLY_MAX);
	const uint64_t end_ms = clock_ms() + PATIENCE_MS;
	const int fd = webclient_connect();

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 (int)strlen(request));
	while (!webclient_is_closed(fd, text, REPLY_MAX))
		ck_assert_msg(faketime_step(plane->base, end_ms),
			      "no end of the reply to %.60s: %.900s", request,
			      text);
	close(fd);
	return text;
}

char *
webclient_get(struct plane *plane, const char *path, int status)
{
	char request[256], wanted[32];

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path,
		 webclient_address());
	snprintf(wanted, sizeof(wanted), "HTTP/1.1 %d ", status);
	char *text = webclient_exchange(plane, request);
	ck_assert_msg(strncmp(text, wanted, strlen(wanted)) == 0, "%s: %.300s",
		      path, text);
	return text;
}
