/* SPDX-License-Identifier: BSD-3-Clause */
#include "attempt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dial.h"
#include "talk.h"
#include "tlspace.h"

struct attempt {
	struct event_base *base;
	struct attempt_task task;
	void (*done)(void *arg, const struct probe_result *result);
	void *arg;

	struct event *io; /* added while an attempt is under way */
	bool connected;
	uint64_t began_ns;
	struct talk talk;
	struct tlspace pace;
};

static double
ms_since(uint64_t since_ns)
{
	return (double)(clock_ns() - since_ns) / (double)CLOCK_NS_PER_MS;
}

static void
hang_up(struct attempt *a)
{
	event_del(a->io);
	talk_hang_up(&a->talk);
}

/* End an attempt in every case.  This calls done() last, and done() may free a,
 * so callers return at once. */
static void
finish(struct attempt *a, struct probe_result *result)
{
	result->counts = reason_kind(result->reason) != REASON_SAYS_NOTHING;
	result->total_ms = ms_since(a->began_ns);
	result->phases = a->talk.phases;
	result->implicit_tls = a->task.check.type == MX_CHECK_SMTPS;
	a->talk.profile.at_s = clock_wall_s();
	result->profile = &a->talk.profile;
	hang_up(a);
	a->done(a->arg, result);
}

/* End an attempt without a dialogue.  error: an errno, or 0. */
static void
finish_early(struct attempt *a, enum reason reason, int error)
{
	struct probe_result result = {
		.verdict = reason_verdict(reason),
		.reason = reason,
	};

	snprintf(result.text, sizeof(result.text), "%s",
		 error != 0 ? strerror(error) : "");
	finish(a, &result);
}

/* A server that does not expect the header answers its lines before EHLO.  Exim
 * says "554 SMTP synchronization error". */
static bool
takes_header_for_command(const struct attempt *a)
{
	const struct smtp_dialogue *d = &a->talk.smtp;

	return a->task.proxy != MX_PROXY_OFF && d->ehlo.lines == 0 &&
	       (d->verdict == REASON_EARLY_DATA ||
		(d->verdict == REASON_BANNER_REFUSED &&
		 strcasestr(d->text, "synchronization") != NULL));
}

/* What a server that does as if it were of another type may be. */
static const char *
hint(const struct attempt *a)
{
	const enum mx_check_type type = a->task.check.type;
	const struct smtp_dialogue *d = &a->talk.smtp;

	if (d->verdict == REASON_TLS_PLAIN && type == MX_CHECK_SMTPS)
		return "it speaks first, in plain text: expected type: smtp";
	if (d->verdict == REASON_BANNER_TIMEOUT && d->text[0] == '\0' &&
	    type != MX_CHECK_SMTPS &&
	    a->task.endpoint.port_be == htons(MX_IMPLICIT_TLS_PORT))
		return "TLS comes first on port 465: expected type: smtps";
	if (takes_header_for_command(a))
		return "it does not expect the PROXY header";
	return d->text;
}

static void
finish_dialogue(struct attempt *a)
{
	const struct smtp_dialogue *d = &a->talk.smtp;
	struct check_end end = {.verdict = smtp_verdict(d),
				.reason = d->verdict};

	snprintf(end.text, sizeof(end.text), "%s", hint(a));
	tlspace_take(&a->pace, d, clock_ms(), &end);
	struct probe_result result = {
		.verdict = end.verdict,
		.reason = end.reason,
	};
	memcpy(result.text, end.text, sizeof(result.text));
	finish(a, &result);
}

/* The connection is there, or has failed.  Returns false if the attempt is over.
 */
static bool
take_connection(struct attempt *a)
{
	const int fd = a->talk.stream.fd;
	int error = dial_error(fd);

	if (error == 0)
		error = dial_send_header(fd, a->task.proxy, &a->task.endpoint);
	if (error != 0) {
		finish_early(a, dial_reason(error), error);
		return false;
	}
	a->connected = true;
	talk_phase(&a->talk, SMTP_CONNECT, "");
	if (a->task.check.type == MX_CHECK_TCP) {
		finish_early(a, REASON_OK, 0);
		return false;
	}
	return true;
}

static void on_ready(evutil_socket_t fd, short what, void *arg);

/* Begin to connect; done() may be called from within. */
static void
begin(struct attempt *a, const struct smtp_plan *plan)
{
	int fd = STREAM_CLOSED_FD;
	int error = dial_begin(&a->task.endpoint, &fd);

	a->connected = false;
	talk_begin(&a->talk, fd, plan);
	if (error == 0) {
		event_assign(a->io, a->base, fd,
			     EV_READ | EV_WRITE | EV_CLOSED | EV_ET |
				     EV_PERSIST,
			     on_ready, a);
		error = event_add(a->io, NULL) == 0 ? 0 : ENOMEM;
	}
	if (error != 0)
		finish_early(a, dial_reason(error), error);
}

static void
begin_again(struct attempt *a)
{
	const struct smtp_plan plan = {.check = &a->task.check,
				       .thorough = true};

	hang_up(a);
	begin(a, &plan);
}

/* The event is one of edges: each call reads all that is there, or asks for the
 * next call itself. */
static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	struct talk *talk = &a->talk;

	(void)fd;
	talk->is_half_closed |= (what & EV_CLOSED) != 0;
	if (!a->connected && !take_connection(a))
		return;
	if (!(what & (EV_READ | EV_CLOSED)) && !smtp_wants_tls(&talk->smtp))
		return;
	switch (talk_on(talk)) {
	case TALK_WAITS:
		break;
	case TALK_MORE:
		event_active(a->io, EV_READ, 1);
		break;
	case TALK_OVER:
		finish_dialogue(a);
		break;
	case TALK_AGAIN:
		begin_again(a);
		break;
	}
}

struct attempt *
attempt_new(struct event_base *base, const struct attempt_task *task,
	    void (*done)(void *arg, const struct probe_result *result),
	    void *arg)
{
	struct attempt *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->io = event_new(base, -1, 0, on_ready, a);
	if (a->io == NULL) {
		free(a);
		return NULL;
	}
	a->base = base;
	a->task = *task;
	a->done = done;
	a->arg = arg;
	a->talk.stream.fd = STREAM_CLOSED_FD;
	return a;
}

void
attempt_free(struct attempt *a)
{
	if (a == NULL)
		return;
	hang_up(a);
	tlspeer_forget(&a->talk.peer);
	event_free(a->io);
	free(a);
}

/* Without TLS nothing is saved by leaving something out. */
static bool
is_thorough(const struct attempt *a, bool in_doubt)
{
	const struct mx_config_check *check = &a->task.check;

	if (check->type != MX_CHECK_SMTPS && check->starttls == MX_STARTTLS_OFF)
		return true;
	return tlspace_is_due(&a->pace, clock_ms(), check->tls_every_ms,
			      in_doubt);
}

void
attempt_begin(struct attempt *a, bool in_doubt)
{
	const struct smtp_plan plan = {
		.check = &a->task.check,
		.thorough = is_thorough(a, in_doubt),
		.plain = tlspace_rests(&a->pace),
		.known_mark = a->pace.mark,
	};

	a->began_ns = clock_ns();
	begin(a, &plan);
}

void
attempt_time_out(struct attempt *a)
{
	if (!a->connected) {
		finish_early(a, REASON_CONNECT_TIMEOUT, 0);
		return;
	}
	talk_time_out(&a->talk);
	finish_dialogue(a);
}
