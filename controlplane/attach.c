/* SPDX-License-Identifier: BSD-3-Clause */
#include "attach.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "log.h"

/* A region is laid out in some steps: only a lasting failure is worth a line */
#define FAILURES_TO_LOG 5

bool
attachment_running(const struct attachment *at)
{
	if (at->region == NULL)
		return false;
	const pid_t pid = atomic_load_explicit(
		&at->region->header.dataplane_pid, memory_order_relaxed);

	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

struct publish_outcome
attachment_outcome(const struct attachment *at)
{
	const struct mx_region *region = at->region;
	struct publish_outcome outcome = {.attached = region != NULL};

	if (region == NULL)
		return outcome;
	const struct mx_region_ack *ack = &region->ack;
	outcome.running = attachment_running(at);
	outcome.generation =
		atomic_load_explicit(&region->generation, memory_order_relaxed);
	/* Acquire: the rest of the answer was written before it. */
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
		log_line(LOG_LEVEL_WARN, "waiting for mxsteer-dataplane: "
					 "it has not been started yet");
	else if (error == EBUSY)
		log_line(LOG_LEVEL_ERROR,
			 "another mxsteer-controlplane serves %s: stop it",
			 at->instance);
	else if (error == EPROTO)
		log_line(LOG_LEVEL_ERROR,
			 "mxsteer-dataplane is of another version: "
			 "restart it with this one");
	else
		log_line(LOG_LEVEL_ERROR, "cannot map the region: %s",
			 strerror(error));
}

static void
log_running(struct attachment *at)
{
	const bool running = attachment_running(at);

	if (running != at->was_running)
		log_line(running ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
			 running ? "dataplane stopped -> running"
				 : "dataplane running -> stopped");
	at->was_running = running;
}

bool
attachment_poll(struct attachment *at)
{
	bool attached = false;

	if (at->region != NULL && mx_region_replaced(at->instance, at->fd))
		attachment_end(at);
	if (at->region == NULL) {
		at->region = mx_region_attach(at->instance, &at->fd);
		attached = at->region != NULL;
		if (attached)
			at->failures = 0;
		else
			log_attach_failure(at, errno);
	}
	log_running(at);
	return attached;
}

void
attachment_end(struct attachment *at)
{
	if (at->region != NULL)
		mx_region_close(at->region, at->fd);
	at->region = NULL;
}
