/* SPDX-License-Identifier: BSD-3-Clause */
#include "asker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chance.h"
#include "dial.h"
#include "timer.h"

#define NO_SOCKET (-1)

struct asker {
	struct probes *turns;
	struct probe_turn turn;
	struct asker_task task;
	void (*done)(void *arg, const struct asker_answer *answer);
	void *arg;
	struct timer *timer; /* under way: the deadline; else: the pause */
	bool under_way;
	struct event *io; /* NULL: no asking is under way */
	int fd;           /* NO_SOCKET: the same */
	bool connected;
	struct asker_answer answer; /* as far as it has come */
};

static void
close_socket(struct asker *a)
{
	if (a->io != NULL)
		event_free(a->io);
	a->io = NULL;
	if (a->fd != NO_SOCKET)
		close(a->fd);
	a->fd = NO_SOCKET;
}

/* Jitter, as for probes: many balancers do not ask at the same moment. */
static void
set_pause(struct asker *a)
{
	const uint32_t pause_ms = a->task.interval_ms;

	timer_set(a->timer,
		  pause_ms - pause_ms / 10 + chance_below(pause_ms / 5 + 1));
}

/* End an asking in every case.  This calls done() last, and done() may free a,
 * so callers return at once. */
static void
finish(struct asker *a, enum asker_end end, int error)
{
	a->answer.end = end;
	a->answer.error = error;
	a->under_way = false;
	close_socket(a);
	probes_end_turn(a->turns, &a->turn);
	set_pause(a);
	a->done(a->arg, &a->answer);
}

/* What has come is the beginning of a line, and no more than a line may have. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct asker *a = arg;
	struct asker_answer *answer = &a->answer;
	const ssize_t n = recv(fd, answer->line + answer->length,
			       sizeof(answer->line) - answer->length, 0);

	(void)what;
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			finish(a, ASKER_RESET, errno);
		return;
	}
	if (n == 0) {
		finish(a, ASKER_CLOSED, 0);
		return;
	}
	answer->length += (size_t)n;
	const int length = agentline_length(answer->line, answer->length);
	if (length >= 0) {
		answer->length = (size_t)length;
		finish(a, ASKER_LINE, 0);
	} else if (answer->length == sizeof(answer->line)) {
		finish(a, ASKER_TOO_LONG, 0);
	}
}

static int
watch_socket(struct asker *a, short what, event_callback_fn callback)
{
	if (a->io != NULL)
		event_free(a->io);
	a->io = event_new(probes_base(a->turns), a->fd, what, callback, a);
	if (a->io == NULL || event_add(a->io, NULL) != 0)
		return ENOMEM;
	return 0;
}

/* The text is far smaller than an empty send buffer.  Returns 0 or an errno. */
static int
send_text(const struct asker *a)
{
	const size_t length = strlen(a->task.send);

	if (length == 0)
		return 0;
	const ssize_t sent = send(a->fd, a->task.send, length, MSG_NOSIGNAL);
	if (sent < 0)
		return errno;
	return (size_t)sent == length ? 0 : ENOBUFS;
}

static enum asker_end
fault_end(int error)
{
	return dial_reason(error) == REASON_LOCAL_FAULT ? ASKER_LOCAL_FAULT
							: ASKER_NO_CONNECT;
}

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct asker *a = arg;

	(void)what;
	int error = dial_error(fd);
	if (error == 0)
		error = send_text(a);
	if (error == 0)
		error = watch_socket(a, EV_READ | EV_PERSIST, on_readable);
	if (error != 0)
		finish(a, fault_end(error), error);
	else
		a->connected = true;
}

static void
begin(struct asker *a)
{
	a->under_way = true;
	a->connected = false;
	a->answer.length = 0;
	timer_set(a->timer, a->task.interval_ms < ASKER_PATIENCE_MS
				    ? a->task.interval_ms
				    : ASKER_PATIENCE_MS);
	int error = dial_begin(&a->task.endpoint, &a->fd);
	if (error == 0)
		error = watch_socket(a, EV_WRITE, on_connected);
	if (error != 0)
		finish(a, fault_end(error), error);
}

static void
on_timer(void *arg)
{
	struct asker *a = arg;

	if (a->under_way && a->connected)
		finish(a, ASKER_SILENT, 0);
	else if (a->under_way)
		finish(a, ASKER_NO_CONNECT, ETIMEDOUT);
	else if (probes_take_turn(a->turns, &a->turn))
		begin(a); /* may end, and free a */
}

/* The asker starts in the next round of the loop: this round belongs to the one
 * that ended. */
static void
on_turn(void *arg)
{
	struct asker *a = arg;

	timer_set(a->timer, 0);
}

struct asker *
asker_new(struct probes *turns, const struct asker_task *task,
	  void (*done)(void *arg, const struct asker_answer *answer), void *arg)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->turns = turns;
	a->turn = (struct probe_turn){.comes = on_turn, .arg = a};
	a->task = *task;
	a->done = done;
	a->arg = arg;
	a->fd = NO_SOCKET;
	a->timer = timer_new(probes_base(turns), on_timer, a);
	if (a->timer == NULL) {
		free(a);
		return NULL;
	}
	timer_set(a->timer, chance_below(ASKER_BEGIN_MS));
	return a;
}

void
asker_free(struct asker *a)
{
	if (a == NULL)
		return;
	close_socket(a);
	probes_end_turn(a->turns, &a->turn);
	timer_free(a->timer);
	free(a);
}
