/* SPDX-License-Identifier: BSD-3-Clause */
#include "socketsink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Facility mail (2), severity informational (6). */
#define PRIORITY "<22>"

/* The socket of journald behind /dev/log.  The folder also has sockets of other
 * readers: rsyslog may have one there. */
#define JOURNALD_SYSLOG "/systemd/journal/dev-log"

static int
connect_as(struct socketsink *sink, int type, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	sink->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sink->fd < 0)
		return -errno;
	if (connect(sink->fd, (struct sockaddr *)&address, sizeof(address)) ==
	    0)
		return 0;
	const int error = -errno;
	socketsink_close(sink);
	return error;
}

/* Does the path lead to the socket where journald takes lines of syslog? */
static bool
is_of_journald(const char *path)
{
	char *real = realpath(path, NULL);
	const size_t length = real != NULL ? strlen(real) : 0;
	const size_t end = strlen(JOURNALD_SYSLOG);
	const bool is = length >= end &&
			strcmp(real + length - end, JOURNALD_SYSLOG) == 0;

	free(real);
	return is;
}

int
socketsink_open(struct socketsink *sink, enum logsheet_sink kind,
		const char *path)
{
	*sink = (struct socketsink){.kind = kind};
	sink->limited = kind == LOGSHEET_JOURNALD || is_of_journald(path);
	const int error = connect_as(sink, SOCK_DGRAM, path);
	if (error != -EPROTOTYPE || kind == LOGSHEET_JOURNALD)
		return error;
	sink->stream = true;
	return connect_as(sink, SOCK_STREAM, path);
}

void
socketsink_close(struct socketsink *sink)
{
	if (sink->fd >= 0)
		close(sink->fd);
	sink->fd = -1;
}

/* What stands in front of a line. */
static size_t
prefix(const struct socketsink *sink, char *text, size_t size, int64_t now_s)
{
	const time_t now = (time_t)now_s;
	char when[32];
	struct tm tm;

	if (sink->kind == LOGSHEET_JOURNALD)
		return (size_t)snprintf(text, size,
					"PRIORITY=6\nSYSLOG_FACILITY=2\n"
					"SYSLOG_IDENTIFIER=mxsteer\nMESSAGE=");
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%b %e %T", &tm);
	return (size_t)snprintf(text, size, PRIORITY "%s mxsteer[%d]: ", when,
				(int)getpid());
}

/* Send one line; journald alone gets its line end.  Returns 0 or errno.  Linux
 * takes a line of a stream whole, as its buffer has room for more than one.  If it
 * did not, the line would come whole by another connection. */
static int
send_line(struct socketsink *sink, char *prefix, size_t prefix_bytes,
	  const char *line, size_t bytes)
{
	static char zero[1];
	struct iovec part[] = {
		{prefix, prefix_bytes},
		{(char *)(uintptr_t)line,
		 sink->kind == LOGSHEET_JOURNALD ? bytes : bytes - 1},
		{zero, sink->stream ? 1 : 0},
	};
	const struct msghdr message = {.msg_iov = part, .msg_iovlen = 3};
	const size_t whole =
		part[0].iov_len + part[1].iov_len + part[2].iov_len;
	ssize_t taken;

	while ((taken = sendmsg(sink->fd, &message,
				MSG_NOSIGNAL | MSG_DONTWAIT)) < 0)
		if (errno != EINTR)
			return errno;
	return (size_t)taken == whole ? 0 : EPIPE;
}

/* May one more line be sent now? */
static bool
has_room(struct socketsink *sink, int64_t now_s)
{
	if (!sink->limited)
		return true;
	if (now_s - sink->window_s >= SOCKETSINK_JOURNAL_S ||
	    now_s < sink->window_s) {
		sink->window_s = now_s;
		sink->sent = 0;
	}
	return sink->sent < SOCKETSINK_JOURNAL_LINES;
}

struct batch_done
socketsink_write(struct socketsink *sink, const struct batch *batch,
		 int64_t now_s)
{
	struct batch_done done = {.stuck = LOGGED_LOSS_SLOW};
	char text[128];
	const size_t bytes = prefix(sink, text, sizeof(text), now_s);

	for (; done.lines < batch->count; done.lines++) {
		const uint32_t from = batch_start(batch, done.lines);

		if (!has_room(sink, now_s)) {
			done.stuck = LOGGED_LOSS_RATE;
			break;
		}
		done.error = send_line(sink, text, bytes, batch->bytes + from,
				       batch->end[done.lines] - from);
		if (done.error != 0) {
			done.stuck =
				done.error == EAGAIN || done.error == ENOBUFS
					? LOGGED_LOSS_BUSY
					: LOGGED_LOSS_GONE;
			break;
		}
		sink->sent++;
	}
	return done;
}
