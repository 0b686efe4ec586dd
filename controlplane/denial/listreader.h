/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTREADER_H
#define MX_LISTREADER_H

/* Reads lists in a thread of its own, one at a time, so that the event loop goes
 * on meanwhile: two million prefixes take from half a second to many seconds.
 *
 *   begin -> the thread reads, builds and writes (listbuild.h)
 *         -> the loop joins it and calls done()
 *
 * The thread has copies of all that it uses, logs nothing, and ends before
 * done() is called.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>

#include "listbuild.h"

struct list_reader;

/* The end of a read.  error: of list_build().  built: valid during the call. */
typedef void (*list_reader_done)(void *arg, int error,
				 const struct list_built *built);

/* Returns NULL with errno if there is no memory or no descriptor. */
struct list_reader *list_reader_new(struct event_base *base,
				    list_reader_done done, void *arg);

/* Stop a read that is under way, and wait for its thread: some milliseconds, or
 * up to a second in the middle of a build.  A thread that does not end by then is
 * left alone: it may wait for a disk.  It uses nothing but what it owns, and the
 * process may end.  NULL is allowed. */
void list_reader_free(struct list_reader *reader);

/* Begin to read.  job->stop does not count.  Returns 0; -EBUSY if a read is
 * under way; -ENOMEM; or -EAGAIN if the system has no room for a thread. */
int list_reader_begin(struct list_reader *reader, const struct list_job *job);

bool list_reader_is_busy(const struct list_reader *reader);

#endif /* MX_LISTREADER_H */
