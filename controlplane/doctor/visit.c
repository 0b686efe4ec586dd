/* SPDX-License-Identifier: BSD-3-Clause */
#include "visit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "endpoint.h"

/* A server that said one reply too many says it at once. */
#define EXTRA_MS 500

#define MESSAGE_MAX 2048

const char *
visit_step_name(enum visit_step step)
{
	static const char *const names[VISIT_STEPS] = {
#define X(id, name) name,
		VISIT_LIST(X)
#undef X
	};

	return names[step];
}

static double
ms_since(uint64_t since_ns)
{
	return (double)(clock_ns() - since_ns) / (double)CLOCK_NS_PER_MS;
}

static void
copy(char out[static VISIT_TEXT_MAX], const char *text, int length)
{
	if (length >= VISIT_TEXT_MAX)
		length = VISIT_TEXT_MAX - 1;
	memmove(out, text, (size_t)length);
	out[length] = '\0';
}

/* The step is over.  text: for a person.  Returns true if the visit can go on. */
static bool
end_step(struct visit *v, enum visit_step step, enum visit_end end,
	 const char *text)
{
	const bool answered =
		end <= VISIT_ODD && step != VISIT_CONNECT && step != VISIT_TLS;
	const struct visit_event event = {
		.step = step,
		.end = end,
		.at_ms = ms_since(v->began_ns),
		.took_ms = ms_since(v->step_ns),
		.code = answered ? v->reply.code : 0,
		.text = text,
	};

	if (step != VISIT_QUIT && step != VISIT_RSET) {
		v->last = step;
		v->end = end;
		v->code = event.code;
		v->last_ms = event.took_ms;
		copy(v->text, text, (int)strcspn(text, "\n"));
	}
	v->tell(v->arg, v, &event);
	v->step_ns = clock_ns();
	return end == VISIT_YES;
}

static enum visit_end
end_of(enum stream_end end)
{
	switch (end) {
	case STREAM_WAITS:
		return VISIT_SILENT;
	case STREAM_CLOSED:
		return VISIT_CLOSED;
	case STREAM_RESET:
		return VISIT_RESET;
	default:
		return VISIT_BROKEN;
	}
}

static enum visit_end
judge(const struct smtpreply *reply, int wanted)
{
	if (reply->fault != NULL)
		return VISIT_ODD;
	if (reply->code / 100 == wanted)
		return VISIT_YES;
	if (reply->code / 100 == 4)
		return VISIT_LATER;
	return reply->code / 100 == 5 ? VISIT_NO : VISIT_ODD;
}

/* Wait for the reply of a step; wanted: the first digit of its code. */
static bool
hear(struct visit *v, enum visit_step step, int wanted)
{
	const enum stream_end end =
		mailwire_hear(&v->wire, &v->reply, v->task->limit_ms);

	if (end != STREAM_DONE)
		return end_step(v, step, end_of(end), v->wire.stream.text);
	return end_step(v, step, judge(&v->reply, wanted),
			v->reply.fault != NULL ? v->reply.fault
					       : v->reply.text);
}

static bool
say(struct visit *v, enum visit_step step, const char *line)
{
	const enum stream_end end =
		stream_write(&v->wire.stream, line, strlen(line));

	return end == STREAM_DONE ||
	       end_step(v, step, end_of(end), v->wire.stream.text);
}

static bool
ask(struct visit *v, enum visit_step step, const char *line, int wanted)
{
	return say(v, step, line) && hear(v, step, wanted);
}

static bool
connect_to(struct visit *v)
{
	char text[2 * MX_ENDPOINT_TEXT_MAX + 8];
	char own[MX_ENDPOINT_TEXT_MAX], to[MX_ENDPOINT_TEXT_MAX];
	const struct visit_task *task = v->task;

	v->error = mailwire_connect(&v->wire, &task->to,
				    task->has_from ? &task->from : NULL,
				    task->limit_ms);
	if (v->error == ETIMEDOUT)
		return end_step(v, VISIT_CONNECT, VISIT_SILENT, "");
	if (v->error != 0)
		return end_step(v, VISIT_CONNECT, VISIT_BROKEN,
				strerror(v->error));
	snprintf(text, sizeof(text), "%s -> %s",
		 mx_endpoint_format(&v->wire.own, own),
		 mx_endpoint_format(&task->to, to));
	return end_step(v, VISIT_CONNECT, VISIT_YES, text);
}

static bool
secure(struct visit *v)
{
	char text[VISIT_TEXT_MAX];
	const enum stream_end end =
		mailwire_secure(&v->wire, "", v->task->limit_ms);
	const struct stream *stream = &v->wire.stream;

	if (end != STREAM_DONE)
		return end_step(v, VISIT_TLS, end_of(end), stream->text);
	v->certificate = stream->certificate;
	v->certificate.faults &= ~CERTIFICATE_UNTRUSTED;
	snprintf(text, sizeof(text), "%s, certificate for %.160s",
		 SSL_get_version(stream->ssl), v->certificate.names);
	return end_step(v, VISIT_TLS, VISIT_YES, text);
}

static bool
greet(struct visit *v)
{
	const bool good = hear(v, VISIT_BANNER, 2);

	copy(v->banner, v->text, (int)strlen(v->text));
	return good;
}

/* A server that took a PROXY header for commands answers these first. */
static void
look_for_extra(struct visit *v)
{
	struct smtpreply *reply = &v->reply;

	if (!mailwire_has_more(&v->wire, EXTRA_MS) ||
	    mailwire_hear(&v->wire, reply, EXTRA_MS) != STREAM_DONE)
		return;
	snprintf(v->extra, sizeof(v->extra), "%u %.*s", reply->code,
		 smtpreply_first_line(reply), reply->text);
}

static bool
hello(struct visit *v)
{
	char line[MX_HOSTNAME_MAX + 8];

	snprintf(line, sizeof(line), "EHLO %s\r\n", v->task->helo);
	const bool good = ask(v, VISIT_EHLO, line, 2);
	copy(v->hello, v->reply.text, smtpreply_first_line(&v->reply));
	if (!good)
		look_for_extra(v);
	v->offers_tls |= good && smtpreply_offers(&v->reply, "STARTTLS");
	return good;
}

/* Bytes in plain text behind the reply to STARTTLS are no part of the dialogue in
 * TLS: anybody on the way can put them there. */
static bool
is_clean(struct visit *v)
{
	return !mailwire_has_unread(&v->wire) ||
	       end_step(v, VISIT_TLS, VISIT_ODD,
			"the server, or somebody on the way, said more behind "
			"its 220");
}

static bool
start_tls(struct visit *v)
{
	if (!v->offers_tls || v->task->no_tls || v->wire.stream.secured)
		return true;
	return ask(v, VISIT_STARTTLS, "STARTTLS\r\n", 2) && is_clean(v) &&
	       secure(v) && hello(v);
}

static bool
send_envelope(struct visit *v)
{
	char line[MAILBOX_TEXT_MAX + 16];

	snprintf(line, sizeof(line), "MAIL FROM:<%s>\r\n", v->task->sender);
	if (!ask(v, VISIT_MAIL, line, 2))
		return false;
	snprintf(line, sizeof(line), "RCPT TO:<%s>\r\n", v->task->recipient);
	return ask(v, VISIT_RCPT, line, 2);
}

/* No line of it begins with a dot. */
static void
write_message(const struct visit *v, char message[static MESSAGE_MAX])
{
	const struct visit_task *task = v->task;
	const time_t now = (time_t)clock_wall_s();
	char own[MX_ENDPOINT_TEXT_MAX], to[MX_ENDPOINT_TEXT_MAX], date[64];
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &utc);
	snprintf(message, MESSAGE_MAX,
		 "From: <%s%.*s>\r\nTo: <%s>\r\nDate: %s\r\n"
		 "Message-ID: <%s.doctor@%s>\r\n"
		 "Subject: test of the mail service, please ignore\r\n"
		 "Auto-Submitted: auto-generated\r\nX-mxsteer-doctor: %s\r\n"
		 "\r\nThe command mxsteer doctor mail sent this message\r\n"
		 "from %s to %s.  Nothing need be done.\r\n.\r\n",
		 task->sender[0] != '\0' ? task->sender : "mxsteer-doctor@",
		 task->sender[0] != '\0' ? 0 : MX_HOSTNAME_MAX, task->helo,
		 task->recipient, date, task->id, task->helo, task->id,
		 mx_endpoint_format(&v->wire.own, own),
		 mx_endpoint_format(&task->to, to));
}

static bool
send_message(struct visit *v)
{
	char message[MESSAGE_MAX];

	if (v->task->no_data)
		return ask(v, VISIT_RSET, "RSET\r\n", 2);
	if (!ask(v, VISIT_DATA, "DATA\r\n", 3))
		return false;
	write_message(v, message);
	return ask(v, VISIT_MESSAGE, message, 2);
}

static bool
talk(struct visit *v)
{
	const bool tls_first =
		v->task->to.port_be == htons(MX_IMPLICIT_TLS_PORT);

	return connect_to(v) && (!tls_first || secure(v)) && greet(v) &&
	       hello(v) && start_tls(v) && send_envelope(v) && send_message(v);
}

/* Does the server still read commands? */
static bool
can_quit(const struct visit *v)
{
	return v->last != VISIT_CONNECT && v->last != VISIT_TLS &&
	       v->end <= VISIT_ODD && v->code != 421;
}

bool
visit_run(struct visit *v, const struct visit_task *task,
	  void (*tell)(void *arg, const struct visit *visit,
		       const struct visit_event *event),
	  void *arg)
{
	memset(v, 0, sizeof(*v));
	v->task = task;
	v->tell = tell;
	v->arg = arg;
	v->began_ns = v->step_ns = clock_ns();
	const bool taken = talk(v);
	if (can_quit(v))
		ask(v, VISIT_QUIT, "QUIT\r\n", 2);
	mailwire_close(&v->wire);
	return taken;
}
