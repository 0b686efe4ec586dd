/* SPDX-License-Identifier: BSD-3-Clause */
#include "logger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clocks.h"
#include "folder.h"
#include "log.h"
#include "tsc.h"

/* Lines about lost lines are not closer than this. */
#define LOST_TELL_S 1

static void
commit(struct logger *logger)
{
	logger->logged.at_s = wall_s();
	if (logger->notes.fd < 0)
		return;
	const int error = notes_write(&logger->notes, &logger->logged);
	if (error != 0)
		logger->logged.error = -error;
}

/* Go on from what was noted last. */
static void
take_notes(struct logger *logger)
{
	notes_read(&logger->notes, &logger->logged);
	logger->logged.magic = LOGGED_MAGIC;
	logger->logged.layout = LOGGED_LAYOUT;
	logger->logged.pid = getpid();
	logger->logged.started_s = wall_s();
	logger->logged.stuck = LOGGED_LOSS_SLOW;
}

int
logger_open(struct logger *logger)
{
	logger->outlet.file.fd = logger->outlet.socket.fd = -1;
	const int error = notes_open(&logger->notes, logger->instance, true);
	if (error != 0)
		return error;
	take_notes(logger);
	logger->outlet.waited_s =
		logger->logged.at_s != 0 ? logger->logged.at_s : wall_s();
	logger_tend(logger, false);
	return 0;
}

/* Read the sheet if it is another one.  While it cannot be read, records wait. */
static void
read_sheet(struct logger *logger)
{
	const int found = sheetfile_read(&logger->sheet_file, logger->instance,
					 &logger->sheet, logger->text);

	if (found == 0)
		return;
	logger->has_sheet = found > 0;
	if (!logger->has_sheet)
		log_line(LOG_LEVEL_ERROR,
			 "the control plane is of another version: lines wait, "
			 "and are lost if this lasts: restart mxsteer-log");
	outlet_close(&logger->outlet);
	if (logger->has_sheet)
		logger->logged.sessions = logger->sheet.sessions;
}

/* Lines that the last process wrote and did not note are not written again: they
 * are the last ones of the file, and of one ring. */
static void
recover(struct logger *logger)
{
	size_t length = filesink_tail(&logger->outlet.file, logger->text,
				      sizeof(logger->text));
	uint32_t identity;
	uint16_t ring;
	uint64_t serial;

	logger->recovered = true;
	while (length > 0) {
		const char *end = memrchr(logger->text, '\n', length - 1);
		const size_t start =
			end == NULL ? 0 : (size_t)(end - logger->text) + 1;

		if (line_id(logger->text + start, length - start, &identity,
			    &ring, &serial))
			break;
		length = start;
	}
	if (length == 0 || ring >= RINGSET_RINGS ||
	    ringset_at(&logger->rings, ring) == NULL)
		return;
	struct logged_ring *at = ringset_place(&logger->logged, ring);
	if (at->identity == identity && serial > at->tail &&
	    serial - at->tail <=
		    ringset_waiting(&logger->rings, ring, &logger->logged))
		at->tail = serial;
}

/* Another mxsteer-log goes on: all that this one knows is old. */
static void
yield_to_other(struct logger *logger)
{
	outlet_close(&logger->outlet);
	ringset_close(&logger->rings);
}

/* Open the notes again if they were removed.  Their folder is not made: it is
 * gone if the instance was removed.  Returns false if they cannot be opened, and
 * then nothing is written. */
static bool
hold_notes(struct logger *logger)
{
	if (notes_are_held(&logger->notes))
		return true;
	notes_close(&logger->notes);
	const int error = notes_open(&logger->notes, logger->instance, false);
	if (error != 0 && error != logger->notes_error)
		log_line(LOG_LEVEL_WARN,
			 "the files of instance %s were removed, and no lines "
			 "are written: %s",
			 logger->instance,
			 error == -EBUSY ? "another mxsteer-log is running"
					 : mx_folder_error(error));
	if (error == 0 && logger->notes_error != 0)
		log_line(LOG_LEVEL_INFO, "instance %s is there again",
			 logger->instance);
	logger->notes_error = error;
	if (error == -EBUSY)
		yield_to_other(logger);
	if (error == 0)
		take_notes(logger);
	return error == 0;
}

void
logger_tend(struct logger *logger, bool reopen)
{
	if (!hold_notes(logger))
		return;
	read_sheet(logger);
	ringset_follow(&logger->rings, logger->instance, &logger->logged);
	outlet_tend(&logger->outlet, reopen);
	logger->logged.waiting = 0;
	for (uint16_t i = 0; i < RINGSET_RINGS; i++)
		logger->logged.waiting +=
			ringset_waiting(&logger->rings, i, &logger->logged);
	commit(logger);
}

static void
count_lost(struct logger *logger, enum logged_loss why, uint64_t lines)
{
	struct logged_untold *lost = &logger->logged.untold;

	logger->logged.lost[why] += lines;
	lost->to_s = wall_s();
	if (lost->lines == 0)
		lost->from_s =
			why == LOGGED_LOSS_RATE || why == LOGGED_LOSS_DAMAGED
				? lost->to_s
				: logger->outlet.waited_s;
	lost->why = why;
	lost->lines += lines;
}

/* A line about the lines that are lost.  Returns false if it cannot be written
 * now. */
static bool
tell_lost(struct logger *logger)
{
	struct logged_untold *lost = &logger->logged.untold;
	struct batch *batch = &logger->batch;
	struct text text = {batch->bytes, batch->bytes + LINE_MAX_BYTES, false};

	if (lost->lines == 0 || wall_s() - logger->lost_told_s < LOST_TELL_S)
		return true;
	line_lost(&text, logger->sheet.format, lost);
	batch->count = 1;
	batch->end[0] = (uint32_t)(text.at - batch->bytes);
	const struct batch_done done = outlet_write(
		&logger->outlet, &logger->sheet, batch, &logger->logged);
	if (done.lines == 0)
		return done.stuck == LOGGED_LOSS_RATE;
	log_line(LOG_LEVEL_WARN, "%llu lines are lost: %s",
		 (unsigned long long)lost->lines, logged_loss_name(lost->why));
	*lost = (struct logged_untold){0};
	logger->lost_told_s = wall_s();
	commit(logger);
	return true;
}

/* Make lines of the records behind *tail, until a batch is full or some were
 * missed. */
static void
fill_batch(struct logger *logger, uint16_t id, uint64_t *tail,
	   struct mx_ring_missed *missed)
{
	const struct mx_ring_view *ring = ringset_at(&logger->rings, id);
	const struct line_session session = {
		.sheet = &logger->sheet,
		.now = {.tsc = tsc_now(), .wall_ns = clock_ns(CLOCK_REALTIME)},
		.tsc_hz = ring->tsc_hz,
		.identity = ring->identity,
		.ring = id,
	};

	batch_fill(&logger->batch, ring, &session, tail, missed);
}

/* Write a batch of one ring.  Returns whether it may have more. */
static bool
work_ring(struct logger *logger, uint16_t id)
{
	struct logged_ring *at = ringset_place(&logger->logged, id);
	struct batch *batch = &logger->batch;
	struct mx_ring_missed missed = {0};
	uint64_t tail = at->tail;
	struct batch_done done = {0};

	fill_batch(logger, id, &tail, &missed);
	if (tail == at->tail)
		return false;
	const uint64_t filled = tail;
	uint32_t passed = batch->count;
	if (batch->count > 0)
		done = outlet_write(&logger->outlet, &logger->sheet, batch,
				    &logger->logged);
	if (done.lines < batch->count && done.stuck == LOGGED_LOSS_RATE) {
		count_lost(logger, LOGGED_LOSS_RATE, batch->count - done.lines);
	} else if (done.lines < batch->count) {
		/* The record behind the last line comes again, and with it all
		 * behind it.  Missed ones are in front of the last record. */
		tail = batch->serial[done.lines] - 1;
		passed = done.lines;
		if (tail + 1 < filled)
			missed = (struct mx_ring_missed){0};
	}
	if (missed.overwritten > 0)
		count_lost(logger, logger->outlet.waited, missed.overwritten);
	if (missed.damaged > 0)
		count_lost(logger, LOGGED_LOSS_DAMAGED, missed.damaged);
	logger->logged.unwanted +=
		tail - at->tail - missed.overwritten - missed.damaged - passed;
	at->tail = tail;
	commit(logger);
	return done.lines == batch->count || done.stuck == LOGGED_LOSS_RATE;
}

/* No log is configured: pass over the records that wait. */
static void
pass_over(struct logger *logger)
{
	for (uint16_t i = 0; i < RINGSET_RINGS; i++)
		ringset_place(&logger->logged, i)->tail +=
			ringset_waiting(&logger->rings, i, &logger->logged);
}

bool
logger_work(struct logger *logger)
{
	bool more = false;

	if (logger->notes.fd < 0 || !logger->has_sheet)
		return false; /* no control plane has said what to do */
	if (logger->sheet.sessions == LOGSHEET_OFF) {
		pass_over(logger);
		return false;
	}
	if (outlet_rests(&logger->outlet))
		return false;
	if (!outlet_open(&logger->outlet, &logger->sheet, &logger->logged))
		return false;
	if (logger->sheet.sessions == LOGSHEET_FILE && !logger->recovered)
		recover(logger);
	if (!tell_lost(logger))
		return false;
	for (uint16_t i = 0; i < RINGSET_RINGS; i++)
		if (ringset_at(&logger->rings, i) != NULL)
			more |= work_ring(logger, i);
	if (!more && logger->logged.stuck == LOGGED_LOSS_SLOW)
		outlet_flows(&logger->outlet);
	return more;
}

void
logger_close(struct logger *logger)
{
	logger->logged.pid = 0;
	commit(logger);
	outlet_close(&logger->outlet);
	ringset_close(&logger->rings);
}
