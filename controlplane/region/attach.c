/* SPDX-License-Identifier: BSD-3-Clause */
#include "attach.h"

#include <errno.h>
#include <stdio.h>

#include "clock.h"
#include "eventlog.h"
#include "folder.h"
#include "regionfile.h"

/* A region is laid out in some steps: only a lasting failure is worth a line */
#define FAILURES_TO_LOG 5

bool
attachment_running(const struct attachment *at)
{
	return at->region != NULL && at->dataplane.state == LIVENESS_RUNNING;
}

struct publish_outcome
attachment_outcome(const struct attachment *at)
{
	const struct mx_region *region = at->region;
	struct publish_outcome outcome = {.attached = region != NULL,
					  .error = at->error};

	if (region == NULL)
		return outcome;
	const struct mx_region_ack *ack = &region->ack;
	outcome.liveness = at->dataplane.state;
	outcome.silent_ms = at->dataplane.still_ms;
	outcome.running = attachment_running(at);
	outcome.generation =
		atomic_load_explicit(&region->generation, memory_order_relaxed);
	/* Acquire: the rest of the answer was written before this field. */
	outcome.answered =
		outcome.generation > 0 &&
		atomic_load_explicit(&ack->generation, memory_order_acquire) ==
			outcome.generation;
	outcome.adopted =
		atomic_load_explicit(&ack->adopted, memory_order_relaxed);
	if (outcome.answered) {
		outcome.fault = (enum mx_plan_fault)atomic_load_explicit(
			&ack->fault, memory_order_relaxed);
		outcome.took_ms = (double)atomic_load_explicit(
					  &ack->took_ns, memory_order_relaxed) /
				  1e6;
	}
	outcome.workers = region->header.workers;
	return outcome;
}

static void
log_attach_failure(struct attachment *at, int error)
{
	if (error != at->error)
		at->failures = 0;
	at->error = error;
	if (++at->failures != FAILURES_TO_LOG)
		return;
	if (error == ENOENT)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_DATAPLANE, "dataplane",
			      "is waited for: mxsteer-dataplane has not been "
			      "started yet");
	else if (error == ESTALE)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_DATAPLANE, "dataplane",
			      "has lost its region: restart "
			      "mxsteer-dataplane");
	else if (error == EPROTO)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_DATAPLANE, "dataplane",
			      "is of another version: restart "
			      "mxsteer-dataplane with this one");
	else
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_DATAPLANE, "dataplane",
			      "cannot be reached, cannot map " MX_FOLDER_BASE
			      "/mxsteer.%s/region: %s",
			      at->instance, mx_folder_error(-error));
}

/* A start is not logged.  The state that follows it is: running or silent. */
static void
log_liveness(struct attachment *at)
{
	const enum liveness_state state = at->dataplane.state;

	if (state == at->logged || state == LIVENESS_STARTING)
		return;
	eventlog_add(&(struct eventlog_news){
		.level = state == LIVENESS_RUNNING ? LOG_LEVEL_INFO
						   : LOG_LEVEL_ERROR,
		.source = EVENT_DATAPLANE,
		.subject = "dataplane",
		.before = liveness_name(at->logged),
		.after = liveness_name(state),
		.why = state == LIVENESS_SILENT
			       ? "no heartbeat: plans and commands wait"
			       : NULL});
	at->logged = state;
}

static void
note_hung(struct attachment *at, uint16_t w, bool hung)
{
	char subject[32], why[96] = "";

	if (hung == at->hung[w])
		return;
	snprintf(subject, sizeof(subject), "worker %u", w);
	if (hung)
		snprintf(why, sizeof(why),
			 "it has not come round for %u s: its sessions stand "
			 "still",
			 at->worker[w].still_ms / 1000);
	eventlog_add(&(struct eventlog_news){
		.level = hung ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		.source = EVENT_DATAPLANE,
		.subject = subject,
		.before = liveness_name(hung ? LIVENESS_RUNNING
					     : LIVENESS_SILENT),
		.after = liveness_name(hung ? LIVENESS_SILENT
					    : LIVENESS_RUNNING),
		.why = why});
	at->hung[w] = hung;
}

/* Log a worker that hangs while another thread does not.  The main thread may
 * be silent because of that worker, as it waits for all workers when it takes a
 * plan up.  The data plane ends itself for such a worker, but only after 30
 * s. */
static void
look_at_workers(struct attachment *at, uint64_t now)
{
	const uint16_t workers = at->region->header.workers;
	const bool locked = at->dataplane.state != LIVENESS_STOPPED;
	bool alive = attachment_running(at);

	for (uint16_t w = 0; w < workers && w < MX_WORKERS_MAX; w++) {
		liveness_step(
			&at->worker[w], locked,
			atomic_load_explicit(&at->region->worker[w].heartbeat,
					     memory_order_relaxed),
			now, LIVENESS_WORKER_SILENT_MS);
		alive |= at->worker[w].state == LIVENESS_RUNNING;
	}
	for (uint16_t w = 0; w < workers && w < MX_WORKERS_MAX; w++)
		note_hung(at, w,
			  alive && at->worker[w].state == LIVENESS_SILENT);
}

void
attachment_look(struct attachment *at)
{
	const uint64_t now = clock_ms();

	if (at->region == NULL) {
		at->dataplane.state = LIVENESS_STOPPED;
	} else {
		liveness_step(&at->dataplane, mx_region_has_dataplane(at->fd),
			      atomic_load_explicit(&at->region->ack.heartbeat,
						   memory_order_relaxed),
			      now, LIVENESS_SILENT_MS);
		look_at_workers(at, now);
	}
	log_liveness(at);
}

/* Map the file of plans behind the region, and let the region go if that fails.
 */
static struct mx_region *
open_plans(struct attachment *at, struct mx_region *region, int fd,
	   struct mx_plan_writer *plans)
{
	const int error = mx_plan_writer_open(plans, at->instance, region);

	if (error == 0)
		return region;
	mx_region_close(region, fd);
	errno = -error;
	return NULL;
}

/* Write the file of plans anew if it was removed. */
static void
keep_plans(struct attachment *at)
{
	if (mx_plan_writer_keep(&at->plans, at->instance, at->region) == 1)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL, at->plans.path,
			      "was removed: written anew; find out who removes "
			      "files there");
}

/* Attach to the region that has the name now, if there is one. */
static bool
attach(struct attachment *at)
{
	struct mx_plan_writer plans;
	int fd;
	struct mx_region *region = mx_region_attach(at->instance, &fd);

	if (region != NULL)
		region = open_plans(at, region, fd, &plans);
	if (region == NULL) {
		if (at->region == NULL)
			log_attach_failure(at, at->error == ESTALE &&
							       errno == ENOENT
						       ? ESTALE
						       : errno);
		return false;
	}
	attachment_end(at);
	at->region = region;
	at->fd = fd;
	at->plans = plans;
	at->failures = 0;
	at->error = 0;
	return true;
}

bool
attachment_poll(struct attachment *at)
{
	const bool replaced =
		at->region != NULL && mx_region_replaced(at->instance, at->fd);
	bool attached = false;

	/* A live data plane writes a removed region anew.  Both planes share
	 * the old one until then. */
	if (replaced && !mx_region_has_dataplane(at->fd)) {
		attachment_end(at);
		at->error = ESTALE;
	}
	if (replaced || at->region == NULL)
		attached = attach(at);
	if (at->region != NULL)
		keep_plans(at);
	attachment_look(at);
	return attached;
}

void
attachment_end(struct attachment *at)
{
	if (at->region != NULL) {
		mx_region_close(at->region, at->fd);
		mx_plan_writer_close(&at->plans);
	}
	at->region = NULL;
}
