/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ATTACH_H
#define MX_ATTACH_H

/* The hold on the data plane's region: found, kept, let go when another one
 * takes its name.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "region.h"

/* What became of the last generation. */
struct publish_outcome {
	uint64_t generation; /* the last one published; 0: none yet */
	uint64_t adopted;    /* the one in force; 0: none yet */
	bool attached;       /* there is a region */
	bool running;        /* and a live data plane */
	bool answered;       /* which has looked at `generation` */
	enum mx_plan_fault fault;
	double took_ms;
	uint16_t workers;
};

struct attachment {
	const char *instance;
	struct mx_region *region; /* NULL: none */
	int fd;
	int error; /* of the last attempt */
	uint32_t failures;
	bool was_running;
};

/* Look again: let go of a replaced region, attach to a new one, log a data
 * plane that came or went.  Returns true if a region was attached now. */
bool attachment_poll(struct attachment *at);

void attachment_end(struct attachment *at);

/* Is there a live data plane to answer? */
bool attachment_running(const struct attachment *at);

struct publish_outcome attachment_outcome(const struct attachment *at);

#endif /* MX_ATTACH_H */
