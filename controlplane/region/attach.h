/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ATTACH_H
#define MX_ATTACH_H

/* The mapping of the data plane's region.  An attachment finds the region,
 * keeps it, and unmaps it when another region takes its name.
 * Threads    the event loop. */
#include "liveness.h"
#include "outcome.h"
#include "planfile.h"
#include "region.h"

struct attachment {
	const char *instance;
	struct mx_region *region; /* NULL: none */
	int fd;
	struct mx_plan_writer plans; /* valid while there is a region */
	int error; /* errno of the last attempt; ESTALE: the region is gone */
	uint32_t failures;
	struct liveness dataplane;
	enum liveness_state logged; /* the state that was logged last */
	struct liveness worker[MX_WORKERS_MAX];
	bool hung[MX_WORKERS_MAX]; /* the worker is silent while another thread
				    * is not */
};

/* Look again: detach from a replaced region, attach to a new one, log a data
 * plane that came or went.  Returns true if a region was attached now. */
bool attachment_poll(struct attachment *at);

void attachment_end(struct attachment *at);

/* Look at the data plane and its workers, and log changes. */
void attachment_look(struct attachment *at);

/* Was there a live data plane at the last look? */
bool attachment_running(const struct attachment *at);

struct publish_outcome attachment_outcome(const struct attachment *at);

#endif /* MX_ATTACH_H */
