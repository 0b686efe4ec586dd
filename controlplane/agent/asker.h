/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ASKER_H
#define MX_ASKER_H

/* An asker asks the agent of one backend for its line, again and again, by a
 * short TCP connection.
 *
 *   waiting --timer--> in line --> connecting --> listening --> done()
 *      ^                                                          |
 *      '----------------------------------------------------------'
 *
 * It connects, sends `send` if there is one, and reads until the first line has
 * ended.  It reads no more than AGENTLINE_BYTES_MAX bytes, and waits no longer
 * than the interval or ASKER_PATIENCE_MS.  Two askings of an agent never overlap.
 *
 * Shape      at most one socket; one timer: the pause, or the deadline.
 * Threads    the thread of its event base. */
#include <stdbool.h>
#include <stdint.h>

#include "agentline.h"
#include "askerend.h"
#include "config.h"
#include "probes.h"

/* An agent that needs longer is of no use for what changes each second. */
#define ASKER_PATIENCE_MS 5000

/* The first asking comes after a random part of this. */
#define ASKER_BEGIN_MS 1000

struct asker_task {
	struct mx_endpoint endpoint;
	uint32_t interval_ms;
	char send[MX_AGENT_SEND_MAX];
};

struct asker_answer {
	enum asker_end end;
	int error;                      /* errno of a connection, or 0 */
	char line[AGENTLINE_BYTES_MAX]; /* ASKER_LINE: without its end */
	size_t length;
};

struct asker;

/* Start asking.  task is copied.  done may call any function of this header, also
 * asker_free().  Returns NULL if there is no memory. */
struct asker *asker_new(struct probes *turns, const struct asker_task *task,
			void (*done)(void *arg,
				     const struct asker_answer *answer),
			void *arg);

/* End it without an answer.  NULL is allowed. */
void asker_free(struct asker *asker);

#endif /* MX_ASKER_H */
