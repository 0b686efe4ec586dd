/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessionwalk.h"

#include <errno.h>

#include "clock.h"
#include "traffic.h"

/* The clock is read once for so many sessions, some 0.1 ms. */
#define CLOCK_SESSIONS 1024

/* A slice has no more chunks than this, whatever the clock says. */
#define CHUNKS_MAX 16

int
session_walk_begin(struct session_walk *walk, const struct publisher *publisher)
{
	const struct mx_region *region = publisher_region(publisher);

	session_walk_end(walk);
	if (region == NULL)
		return -ENODEV;
	*walk = (struct session_walk){
		.publisher = publisher,
		.file = session_reader_open(region),
	};
	if (walk->file == NULL)
		return -ENOMEM;
	walk->file->count = 0;
	return 0;
}

void
session_walk_end(struct session_walk *walk)
{
	if (walk->file != NULL)
		session_reader_close(walk->file);
	walk->file = NULL;
}

unsigned
session_walk_percent(const struct session_walk *walk)
{
	const struct session_reader *file = walk->file;

	if (file == NULL || publisher_region(walk->publisher) != file->region)
		return 0;
	const uint32_t workers = traffic_workers(file->region);
	const unsigned of_this = file->fd < 0 || file->sessions == 0
					 ? 0
					 : (unsigned)((uint64_t)file->first *
						      100 / file->sessions);

	return workers == 0 || file->worker >= workers
		       ? 100
		       : (file->worker * 100 + of_this) / workers;
}

enum session_walk_state
session_walk_slice(struct session_walk *walk,
		   void (*visit)(void *arg, const struct session_reader *file,
				 uint32_t i),
		   void *arg)
{
	struct session_reader *file = walk->file;
	const uint64_t until_ns =
		clock_ns() + SESSION_WALK_SLICE_MS * CLOCK_NS_PER_MS;
	int chunks = 0;

	/* The reader reads the region. */
	if (publisher_region(walk->publisher) != file->region)
		return SESSION_WALK_LOST;
	do {
		if (walk->at == file->count) {
			if (chunks++ == CHUNKS_MAX)
				break;
			if (!session_reader_next(file))
				return SESSION_WALK_DONE;
			walk->at = 0;
		}
		const uint32_t left = file->count - walk->at;
		const uint32_t end =
			walk->at +
			(left < CLOCK_SESSIONS ? left : CLOCK_SESSIONS);
		for (; walk->at < end; walk->at++)
			if (session_reader_state(file, walk->at) !=
			    MX_SESSION_FREE)
				visit(arg, file, walk->at);
	} while (clock_ns() < until_ns);
	return SESSION_WALK_GOES_ON;
}
