/* SPDX-License-Identifier: BSD-3-Clause */
#include "logger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "log.h"
#include "tsc.h"

/* How long a sink that cannot write rests. */
#define RETRY_MS 500

/* A reader that is busy for so long is told of. */
#define BUSY_S 5

/* Lines about lost lines are not closer than this. */
#define LOST_TELL_S 1

static int64_t
clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t
now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

static int64_t
wall_s(void)
{
	return clock_ns(CLOCK_REALTIME) / 1000000000;
}

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
	logger->file.fd = logger->socket.fd = -1;
	const int error = notes_open(&logger->notes, logger->instance, true);
	if (error != 0)
		return error;
	take_notes(logger);
	logger->waited_s =
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
	filesink_close(&logger->file);
	socketsink_close(&logger->socket);
	logger->retry_ms = 0;
	if (logger->has_sheet)
		logger->logged.sessions = logger->sheet.sessions;
}

/* How far a ring has been read. */
static struct logged_ring *
place_of(struct logger *logger, uint16_t id)
{
	return id == CHANGELINE_RING ? &logger->logged.changes
				     : &logger->logged.ring[id];
}

/* Where to begin in a ring: behind the record that was done with last.  Of a ring
 * that is new to this log, nothing is lost yet. */
static void
begin_ring(struct logger *logger, uint16_t id)
{
	const struct mx_ring *ring = logger->ring[id].ring;
	struct logged_ring *at = place_of(logger, id);
	const uint64_t head =
		atomic_load_explicit(&ring->head, memory_order_acquire);

	if (at->identity == ring->identity && at->tail <= head)
		return;
	at->identity = ring->identity;
	at->tail = head > ring->slots ? head - ring->slots : 0;
}

static uint64_t
waiting_in(struct logger *logger, uint16_t id)
{
	const struct mx_ring *ring = logger->ring[id].ring;

	return ring == NULL ? 0
			    : atomic_load_explicit(&ring->head,
						   memory_order_acquire) -
				      place_of(logger, id)->tail;
}

/* Map a ring, if it is there and of this version. */
static bool
attach(struct logger *logger, uint16_t id)
{
	struct mx_ring_file *file = &logger->ring[id];
	char name[MX_RING_NAME_MAX] = MX_CHANGED_NAME;
	const bool changes = id == CHANGELINE_RING;

	if (!changes)
		mx_ring_name(name, id);
	return mx_ring_file_attach(file, logger->instance, name,
				   changes ? MX_RING_CHANGED : MX_RING_ENDED) ==
		       0 &&
	       file->ring->words ==
		       (changes ? MX_CHANGED_WORDS : MX_ENDED_WORDS);
}

/* Take up rings that are there, and leave those that lost their name and have
 * been read. */
static void
follow_rings(struct logger *logger)
{
	for (uint16_t i = 0; i < LOGGER_RINGS; i++) {
		struct mx_ring_file *file = &logger->ring[i];

		if (mx_ring_file_is_lost(file) && waiting_in(logger, i) == 0)
			mx_ring_file_close(file);
		if (file->ring != NULL)
			continue;
		if (attach(logger, i))
			begin_ring(logger, i);
		else
			mx_ring_file_close(file);
	}
}

/* Lines that the last process wrote and did not note are not written again: they
 * are the last ones of the file, and of one ring. */
static void
recover(struct logger *logger)
{
	size_t length = filesink_tail(&logger->file, logger->text,
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
	if (length == 0 || ring >= LOGGER_RINGS ||
	    logger->ring[ring].ring == NULL)
		return;
	struct logged_ring *at = place_of(logger, ring);
	if (at->identity == identity && serial > at->tail &&
	    serial - at->tail <= waiting_in(logger, ring))
		at->tail = serial;
}

static void
wait_for(struct logger *logger, enum logged_loss what)
{
	if (what == logger->waited && what != LOGGED_LOSS_SLOW)
		return;
	logger->waited = what;
	logger->waited_s = wall_s();
}

static void
tell_stuck(struct logger *logger)
{
	static const char *const texts[LOGGED_LOSSES] = {
		[LOGGED_LOSS_SPACE] = "its file system is full",
		[LOGGED_LOSS_FILE] = "the file cannot be written",
		[LOGGED_LOSS_BUSY] = "its reader does not read",
		[LOGGED_LOSS_GONE] = "its reader is not there",
	};
	const struct logsheet *sheet = &logger->sheet;

	logger->told_stuck = true;
	log_line(LOG_LEVEL_ERROR,
		 "log to %s: %s (%s); lines wait, and are lost if this lasts",
		 sheet->sessions == LOGSHEET_FILE
			 ? sheet->file
			 : logsheet_sink_words[sheet->sessions],
		 texts[logger->logged.stuck],
		 logged_error_text(logger->logged.error));
}

/* Nothing can be written now.  A reader may be busy for a moment. */
static void
stick(struct logger *logger, enum logged_loss why, int error)
{
	struct logged *logged = &logger->logged;

	wait_for(logger, why);
	logger->retry_ms = now_ms() + (why == LOGGED_LOSS_BUSY ? LOGGER_LOOK_MS
							       : RETRY_MS);
	if (logged->stuck != why || logged->error != error) {
		logged->stuck = why;
		logged->error = error;
		logged->stuck_s = wall_s();
		logger->told_stuck = false;
	}
	if (!logger->told_stuck &&
	    (why != LOGGED_LOSS_BUSY || wall_s() - logged->stuck_s >= BUSY_S))
		tell_stuck(logger);
}

static void
unstick(struct logger *logger)
{
	if (logger->told_stuck)
		log_line(LOG_LEVEL_INFO, "log: lines are written again");
	logger->told_stuck = false;
	logger->logged.stuck = LOGGED_LOSS_SLOW;
	logger->logged.error = 0;
}

/* Open what lines go to.  Returns false if it cannot be. */
static bool
open_sink(struct logger *logger)
{
	const enum logsheet_sink kind = logger->sheet.sessions;

	if (kind == LOGSHEET_FILE) {
		if (logger->file.fd >= 0)
			return true;
		const int error =
			filesink_open(&logger->file, logger->sheet.file);
		if (error != 0)
			stick(logger, LOGGED_LOSS_FILE, -error);
		else if (!logger->recovered)
			recover(logger);
		return error == 0;
	}
	if (logger->socket.fd >= 0)
		return true;
	const int error = socketsink_open(
		&logger->socket, kind,
		kind == LOGSHEET_SYSLOG ? logger->syslog : logger->journald);
	if (error != 0)
		stick(logger, LOGGED_LOSS_GONE, -error);
	return error == 0;
}

/* Another mxsteer-log goes on: all that this one knows is old. */
static void
yield_to_other(struct logger *logger)
{
	filesink_close(&logger->file);
	for (uint16_t i = 0; i < LOGGER_RINGS; i++)
		mx_ring_file_close(&logger->ring[i]);
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
	follow_rings(logger);
	if (logger->file.fd >= 0 &&
	    (reopen || !filesink_is_named(&logger->file)))
		filesink_close(&logger->file);
	logger->logged.waiting = 0;
	for (uint16_t i = 0; i < LOGGER_RINGS; i++)
		logger->logged.waiting += waiting_in(logger, i);
	commit(logger);
}

static struct batch_done
write_batch(struct logger *logger)
{
	struct batch_done done;

	if (logger->sheet.sessions == LOGSHEET_FILE)
		done = filesink_write(&logger->file, &logger->batch);
	else
		done = socketsink_write(&logger->socket, &logger->batch,
					wall_s());
	logger->logged.lines += done.lines;
	logger->logged.bytes += batch_start(&logger->batch, done.lines);
	if (done.stuck == LOGGED_LOSS_SLOW)
		unstick(logger);
	else if (done.stuck != LOGGED_LOSS_RATE)
		stick(logger, done.stuck, done.error);
	if (done.stuck == LOGGED_LOSS_GONE)
		socketsink_close(&logger->socket);
	return done;
}

static void
count_lost(struct logger *logger, enum logged_loss why, uint64_t lines)
{
	struct logged_untold *lost = &logger->logged.untold;

	logger->logged.lost[why] += lines;
	lost->to_s = wall_s();
	if (lost->lines == 0)
		lost->from_s =
			why == LOGGED_LOSS_RATE ? lost->to_s : logger->waited_s;
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
	const struct batch_done done = write_batch(logger);
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
 * lost. */
static void
fill_batch(struct logger *logger, uint16_t id, uint64_t *tail, uint64_t *lost)
{
	const struct mx_ring *ring = logger->ring[id].ring;
	const struct line_session session = {
		.sheet = &logger->sheet,
		.now = {.tsc = tsc_now(), .wall_ns = clock_ns(CLOCK_REALTIME)},
		.tsc_hz = ring->tsc_hz,
		.identity = ring->identity,
		.ring = id,
	};

	batch_fill(&logger->batch, ring, &session, tail, lost);
}

/* Write a batch of one ring.  Returns whether it may have more. */
static bool
work_ring(struct logger *logger, uint16_t id)
{
	struct logged_ring *at = place_of(logger, id);
	struct batch *batch = &logger->batch;
	uint64_t tail = at->tail, lost = 0;
	struct batch_done done = {0};

	fill_batch(logger, id, &tail, &lost);
	if (tail == at->tail)
		return false;
	const uint64_t filled = tail;
	uint32_t passed = batch->count;
	if (batch->count > 0)
		done = write_batch(logger);
	if (done.lines < batch->count && done.stuck == LOGGED_LOSS_RATE) {
		count_lost(logger, LOGGED_LOSS_RATE, batch->count - done.lines);
	} else if (done.lines < batch->count) {
		/* The record behind the last line comes again, and with it all
		 * behind it.  Lost ones are in front of the last record. */
		tail = batch->serial[done.lines] - 1;
		passed = done.lines;
		if (tail + 1 < filled)
			lost = 0;
	}
	if (lost > 0)
		count_lost(logger, logger->waited, lost);
	logger->logged.unwanted += tail - at->tail - lost - passed;
	at->tail = tail;
	commit(logger);
	return done.lines == batch->count || done.stuck == LOGGED_LOSS_RATE;
}

/* Without a log, records are done with as they come. */
static void
pass_over(struct logger *logger)
{
	for (uint16_t i = 0; i < LOGGER_RINGS; i++)
		place_of(logger, i)->tail += waiting_in(logger, i);
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
	if (now_ms() < logger->retry_ms)
		return false;
	if (!open_sink(logger) || !tell_lost(logger))
		return false;
	for (uint16_t i = 0; i < LOGGER_RINGS; i++)
		if (logger->ring[i].ring != NULL)
			more |= work_ring(logger, i);
	if (!more && logger->logged.stuck == LOGGED_LOSS_SLOW)
		wait_for(logger, LOGGED_LOSS_SLOW);
	return more;
}

void
logger_close(struct logger *logger)
{
	logger->logged.pid = 0;
	commit(logger);
	filesink_close(&logger->file);
	socketsink_close(&logger->socket);
	for (uint16_t i = 0; i < LOGGER_RINGS; i++)
		mx_ring_file_close(&logger->ring[i]);
}
