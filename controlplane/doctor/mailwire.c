/* SPDX-License-Identifier: BSD-3-Clause */
#include "mailwire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "clock.h"
#include "dial.h"
#include "tlscontext.h"

/* Wait for the socket until then.  Returns false at the end of the time. */
static bool
is_ready(const struct mailwire *w, short what, uint64_t deadline_ms)
{
	struct pollfd one = {.fd = w->stream.fd, .events = what};

	for (;;) {
		const uint64_t now_ms = clock_ms();
		const int left_ms =
			now_ms < deadline_ms ? (int)(deadline_ms - now_ms) : 0;
		const int ready = poll(&one, 1, left_ms);

		if (ready >= 0 || errno != EINTR)
			return ready > 0;
	}
}

int
mailwire_connect(struct mailwire *w, const struct mx_endpoint *to,
		 const struct mx_addr *from, uint32_t limit_ms)
{
	int fd = STREAM_CLOSED_FD;

	memset(w, 0, sizeof(*w));
	const int error = dial_begin_from(to, from, &fd);
	stream_open(&w->stream, fd);
	if (error != 0)
		return error;
	dial_own(fd, &w->own);
	if (!is_ready(w, POLLOUT, clock_ms() + limit_ms))
		return ETIMEDOUT;
	return dial_error(fd);
}

/* Receive something.  Returns STREAM_WAITS at the end of the time. */
static enum stream_end
receive(struct mailwire *w, uint64_t deadline_ms)
{
	w->at = w->count = 0;
	for (;;) {
		const enum stream_end end = stream_read(
			&w->stream, w->bytes, sizeof(w->bytes), &w->count);
		if (end == STREAM_WAITS && !is_ready(w, POLLIN, deadline_ms))
			return STREAM_WAITS;
		if (end != STREAM_WAITS && (end != STREAM_DONE || w->count > 0))
			return end;
	}
}

enum stream_end
mailwire_hear(struct mailwire *w, struct smtpreply *reply, uint32_t limit_ms)
{
	const uint64_t deadline_ms = clock_ms() + limit_ms;

	smtpreply_begin(reply);
	for (;;) {
		w->at += smtpreply_feed(reply, w->bytes + w->at,
					w->count - w->at);
		if (reply->whole || reply->fault != NULL)
			return STREAM_DONE;
		if (clock_ms() > deadline_ms)
			return STREAM_WAITS;
		const enum stream_end end = receive(w, deadline_ms);
		if (end != STREAM_DONE)
			return end;
	}
}

bool
mailwire_has_unread(const struct mailwire *w)
{
	return w->at < w->count;
}

bool
mailwire_has_more(struct mailwire *w, uint32_t limit_ms)
{
	return mailwire_has_unread(w) ||
	       receive(w, clock_ms() + limit_ms) == STREAM_DONE;
}

enum stream_end
mailwire_secure(struct mailwire *w, const char *name, uint32_t limit_ms)
{
	const uint64_t deadline_ms = clock_ms() + limit_ms;
	const char *fault;
	SSL_CTX *context = tlscontext_get("", &fault);

	w->at = w->count = 0;
	if (context == NULL ||
	    stream_begin_tls(&w->stream, context, name, NULL) != 0) {
		SSL_CTX_free(context);
		return STREAM_BROKEN;
	}
	SSL_CTX_free(context);
	for (;;) {
		const enum stream_end end = stream_handshake(&w->stream);

		if (end != STREAM_WAITS)
			return end;
		const short what =
			SSL_want_write(w->stream.ssl) ? POLLOUT : POLLIN;
		if (!is_ready(w, what, deadline_ms))
			return STREAM_WAITS;
	}
}

void
mailwire_close(struct mailwire *w)
{
	stream_close(&w->stream);
}
