/* SPDX-License-Identifier: BSD-3-Clause */
#include "outlet.h"

#include <errno.h>

#include "clocks.h"
#include "log.h"

/* How long a sink that cannot write rests, and one whose reader is busy. */
#define RETRY_MS 500
#define BUSY_RETRY_MS 20

/* A reader that is busy for so long is told of. */
#define BUSY_S 5

static void
wait_for(struct outlet *outlet, enum logged_loss what)
{
	if (what == outlet->waited && what != LOGGED_LOSS_SLOW)
		return;
	outlet->waited = what;
	outlet->waited_s = wall_s();
}

static void
tell_stuck(struct outlet *outlet, const struct logsheet *sheet,
	   const struct logged *logged)
{
	static const char *const texts[LOGGED_LOSSES] = {
		[LOGGED_LOSS_SPACE] = "its file system is full",
		[LOGGED_LOSS_FILE] = "the file cannot be written",
		[LOGGED_LOSS_BUSY] = "its reader does not read",
		[LOGGED_LOSS_GONE] = "its reader is not there",
	};

	outlet->told_stuck = true;
	log_line(LOG_LEVEL_ERROR,
		 "log to %s: %s (%s); lines wait, and are lost if this lasts",
		 sheet->sessions == LOGSHEET_FILE
			 ? sheet->file
			 : logsheet_sink_words[sheet->sessions],
		 texts[logged->stuck], logged_error_text(logged->error));
}

/* Nothing can be written now.  A reader may be busy for a moment. */
static void
stick(struct outlet *outlet, const struct logsheet *sheet,
      const struct batch_done *why, struct logged *logged)
{
	const bool busy = why->stuck == LOGGED_LOSS_BUSY;

	wait_for(outlet, why->stuck);
	outlet->retry_ms = now_ms() + (busy ? BUSY_RETRY_MS : RETRY_MS);
	if (logged->stuck != why->stuck || logged->error != why->error) {
		logged->stuck = why->stuck;
		logged->error = why->error;
		logged->stuck_s = wall_s();
		outlet->told_stuck = false;
	}
	if (!outlet->told_stuck &&
	    (!busy || wall_s() - logged->stuck_s >= BUSY_S))
		tell_stuck(outlet, sheet, logged);
}

static void
unstick(struct outlet *outlet, struct logged *logged)
{
	if (outlet->told_stuck)
		log_line(LOG_LEVEL_INFO, "log: lines are written again");
	outlet->told_stuck = false;
	logged->stuck = LOGGED_LOSS_SLOW;
	logged->error = 0;
}

static int
open_sink(struct outlet *outlet, const struct logsheet *sheet)
{
	if (sheet->sessions == LOGSHEET_FILE)
		return outlet->file.fd >= 0
			       ? 0
			       : filesink_open(&outlet->file, sheet->file);
	return outlet->socket.fd >= 0
		       ? 0
		       : socketsink_open(&outlet->socket, sheet->sessions,
					 sheet->sessions == LOGSHEET_SYSLOG
						 ? outlet->syslog
						 : outlet->journald);
}

bool
outlet_open(struct outlet *outlet, const struct logsheet *sheet,
	    struct logged *logged)
{
	const int error = open_sink(outlet, sheet);
	struct batch_done why = {.stuck = LOGGED_LOSS_GONE, .error = -error};

	if (sheet->sessions == LOGSHEET_FILE)
		why.stuck = LOGGED_LOSS_FILE;
	else if (error == -EAGAIN) /* it takes no more connections now */
		why.stuck = LOGGED_LOSS_BUSY;
	if (error != 0)
		stick(outlet, sheet, &why, logged);
	return error == 0;
}

void
outlet_close(struct outlet *outlet)
{
	filesink_close(&outlet->file);
	socketsink_close(&outlet->socket);
	outlet->retry_ms = 0;
}

void
outlet_tend(struct outlet *outlet, bool reopen)
{
	if (outlet->file.fd >= 0 &&
	    (reopen || !filesink_is_named(&outlet->file)))
		filesink_close(&outlet->file);
}

bool
outlet_rests(const struct outlet *outlet)
{
	return now_ms() < outlet->retry_ms;
}

void
outlet_flows(struct outlet *outlet)
{
	wait_for(outlet, LOGGED_LOSS_SLOW);
}

struct batch_done
outlet_write(struct outlet *outlet, const struct logsheet *sheet,
	     const struct batch *batch, struct logged *logged)
{
	const struct batch_done done =
		sheet->sessions == LOGSHEET_FILE
			? filesink_write(&outlet->file, batch)
			: socketsink_write(&outlet->socket, batch, wall_s());

	logged->lines += done.lines;
	logged->bytes += batch_start(batch, done.lines);
	if (done.stuck == LOGGED_LOSS_SLOW)
		unstick(outlet, logged);
	else if (done.stuck != LOGGED_LOSS_RATE)
		stick(outlet, sheet, &done, logged);
	if (done.stuck == LOGGED_LOSS_GONE)
		socketsink_close(&outlet->socket);
	return done;
}
