/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctlrig.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

struct event_base *ctlrig_base;
struct ctl *ctlrig_ctl;
char ctlrig_path[64];

struct ctl_request *kept;
struct ctl_request *kept_all[KEPT_MAX];
uint32_t kept_count;
uint32_t handled;

void
ctlrig_handle(void *arg, struct ctl_request *request, char *line)
{
	(void)arg;
	handled++;
	if (strcmp(line, "file") == 0) {
		size_t size = 4;
		char *text = ctl_take_text(request, &size);

		ctl_reply(request, ANSWER_OK, text != NULL ? text : "none",
			  size);
		free(text);
		return;
	}
	if (strcmp(line, "later") == 0)
		kept = kept_all[kept_count++ % KEPT_MAX] = request;
	else
		ctl_reply(request, strcmp(line, "bad") != 0, line,
			  strlen(line));
}

void
ctlrig_setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	snprintf(ctlrig_path, sizeof(ctlrig_path), "/tmp/mxtest-%d.sock",
		 (int)getpid());
	ctlrig_base = event_base_new();
	ctlrig_ctl = ctl_new(ctlrig_base, ctlrig_path, ctlrig_handle, NULL);
	ck_assert_ptr_nonnull(ctlrig_ctl);
	kept = NULL;
	kept_count = 0;
	handled = 0;
}

void
ctlrig_teardown(void)
{
	ctl_free(ctlrig_ctl);
	event_base_free(ctlrig_base);
	ck_assert_int_lt(access(ctlrig_path, F_OK), 0);
}

void
ctlrig_turn(void)
{
	for (int i = 0; i < 50; i++)
		event_base_loop(ctlrig_base, EVLOOP_NONBLOCK);
}

int
ctlrig_connect(void)
{
	const int fd = client_connect(ctlrig_path);

	ck_assert_int_ge(fd, 0);
	return fd;
}

size_t
ctlrig_send_bytes(int fd, const char *bytes, size_t length)
{
	size_t sent = 0;

	while (sent < length) {
		const ssize_t went = send(fd, bytes + sent, length - sent,
					  MSG_DONTWAIT | MSG_NOSIGNAL);
		if (went < 0 && errno != EAGAIN)
			break;
		sent += went > 0 ? (size_t)went : 0;
		ctlrig_turn();
	}
	ctlrig_turn();
	return sent;
}

void
ctlrig_send(int fd, const char *text)
{
	ck_assert_uint_eq(ctlrig_send_bytes(fd, text, strlen(text)),
			  strlen(text));
}

const char *
ctlrig_received(int fd)
{
	static char buffer[64 * 1024];
	size_t used = 0;

	for (int i = 0; i < 20; i++) {
		ctlrig_turn();
		const ssize_t got =
			recv(fd, buffer + used, sizeof(buffer) - used - 1,
			     MSG_DONTWAIT);
		used += got > 0 ? (size_t)got : 0;
	}
	buffer[used] = '\0';
	return buffer;
}

bool
ctlrig_closed(int fd)
{
	char byte;

	ctlrig_turn();
	const ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno != EAGAIN);
}
