/* SPDX-License-Identifier: BSD-3-Clause */
#include "gauge.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "now.h"
#include "proc.h"

#define PROC_BYTES_MAX 4096 /* the lines that count are the first ones */

struct gauge {
	struct gauge_task task;
	pthread_mutex_t lock;     /* over view and measured_ms */
	pthread_cond_t has_first; /* measured_ms is not 0 any more */
	struct gauge_view view;
	uint64_t measured_ms; /* 0: never */
	uint64_t begun_ms;

	/* Only the thread uses these: */
	struct measures measures;
	struct cpu_times cpu;
	uint64_t queue_ms; /* 0: never counted */
	uint16_t said;     /* percent */
	int admin_error;   /* logged last; 0: none */
	int queue_error;
};

static void
measure_cpu(struct gauge *gauge)
{
	char text[PROC_BYTES_MAX];
	struct cpu_times now;

	if (!proc_read("/proc/stat", text, sizeof(text)) ||
	    !proc_cpu(text, &now)) {
		gauge->measures.has_cpu = false;
		return;
	}
	struct measures *m = &gauge->measures;
	const double busy = proc_busy(&gauge->cpu, &now, m->cpu);
	/* The first reading is the average since the boot. */
	m->cpu = m->has_cpu ? proc_average(m->cpu, busy) : busy;
	m->has_cpu = true;
	gauge->cpu = now;
}

static void
measure_memory(struct gauge *gauge)
{
	char text[PROC_BYTES_MAX];

	gauge->measures.has_memory =
		proc_read("/proc/meminfo", text, sizeof(text)) &&
		proc_memory(text, &gauge->measures.memory);
}

/* Log a fault when it comes, and not each second. */
static void
note_fault(int *noted, int error, const char *path)
{
	if (error != 0 && error != *noted)
		log_line(LOG_LEVEL_WARN, "%s: %s", path,
			 error == -EINVAL
				 ? "expected ready, drain or maint; the state "
				   "before goes on"
				 : strerror(-error));
	*noted = error;
}

/* A queue that cannot be counted does not count.  It is tried again. */
static void
measure_queues(struct gauge *gauge)
{
	uint64_t sum = 0;
	int fault = 0;

	for (uint16_t i = 0; i < gauge->task.queues; i++) {
		uint64_t messages;
		const int error = queue_count(&gauge->task.queue[i],
					      QUEUE_LOOK_MAX, &messages);

		if (error != 0)
			note_fault(&gauge->queue_error, error,
				   gauge->task.queue[i].path);
		fault = error != 0 ? error : fault;
		sum += messages;
	}
	if (fault == 0)
		gauge->queue_error = 0;
	gauge->measures.has_queue = fault == 0 && gauge->task.queues > 0;
	gauge->measures.queue = sum;
}

/* What people see beside the percentage. */
static void
describe(const struct gauge *gauge, char text[static REPLY_TEXT_MAX])
{
	const struct measures *m = &gauge->measures;
	size_t used = 0;

	text[0] = '\0';
	if (m->has_cpu)
		used += (size_t)snprintf(text, REPLY_TEXT_MAX, "cpu %.0f%%",
					 m->cpu * 100);
	if (m->has_memory)
		used += (size_t)snprintf(text + used, REPLY_TEXT_MAX - used,
					 "%smemory %.0f%%", used > 0 ? " " : "",
					 m->memory * 100);
	if (m->has_queue)
		snprintf(text + used, REPLY_TEXT_MAX - used, "%squeue %" PRIu64,
			 used > 0 ? " " : "", m->queue);
}

/* Read the admin state, and let balancers know it at once: the queues may be on a
 * disk that does not answer. */
static void
read_admin(struct gauge *gauge)
{
	struct adminfile admin = gauge->view.admin;
	const int error = adminfile_read(gauge->task.admin_path, &admin);

	note_fault(&gauge->admin_error, error, gauge->task.admin_path);
	/* Not behind the lock: a log may not take the line at once. */
	if (admin.admin != gauge->view.admin.admin)
		log_line(LOG_LEVEL_INFO, "%s -> %s%s%s",
			 admin_word(gauge->view.admin.admin),
			 admin_word(admin.admin),
			 admin.why[0] != '\0' ? ": " : "", admin.why);
	pthread_mutex_lock(&gauge->lock);
	gauge->view.admin = admin;
	if (error == 0)
		gauge->view.knows_admin = true;
	pthread_mutex_unlock(&gauge->lock);
}

static void
measure(struct gauge *gauge)
{
	const struct adminfile *admin = &gauge->view.admin;
	char why[REPLY_TEXT_MAX];
	const uint64_t now_ms = now();

	read_admin(gauge);
	measure_cpu(gauge);
	measure_memory(gauge);
	if (!gauge->task.scale.queue_off &&
	    (gauge->queue_ms == 0 ||
	     now_ms - gauge->queue_ms >= GAUGE_QUEUE_S * 1000)) {
		measure_queues(gauge);
		gauge->queue_ms = now_ms;
	}
	gauge->said = score_settle(
		gauge->said, score_of(&gauge->measures, &gauge->task.scale));
	if (admin->why[0] != '\0')
		memcpy(why, admin->why, sizeof(why));
	else
		describe(gauge, why);
	pthread_mutex_lock(&gauge->lock);
	gauge->view.percent = gauge->said;
	memcpy(gauge->view.why, why, sizeof(why));
	gauge->measured_ms = now_ms;
	pthread_cond_signal(&gauge->has_first);
	pthread_mutex_unlock(&gauge->lock);
}

static void *
measure_for_ever(void *arg)
{
	const struct timespec second = {.tv_sec = 1};

	for (;;) {
		measure(arg);
		nanosleep(&second, NULL);
	}
	return NULL;
}

/* An answer that comes before the first measure would give the MTA little mail. */
static void
wait_for_first(struct gauge *gauge)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)GAUGE_FIRST_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&gauge->lock);
	while (gauge->measured_ms == 0 &&
	       pthread_cond_timedwait(&gauge->has_first, &gauge->lock,
				      &until) == 0)
		;
	pthread_mutex_unlock(&gauge->lock);
}

struct gauge *
gauge_new(const struct gauge_task *task)
{
	struct gauge *gauge = calloc(1, sizeof(*gauge));
	pthread_condattr_t monotonic;
	sigset_t all, before;
	pthread_t thread;

	if (gauge == NULL)
		return NULL;
	gauge->task = *task;
	gauge->begun_ms = now();
	pthread_mutex_init(&gauge->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&gauge->has_first, &monotonic);
	/* Signals are for the thread that answers. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int error =
		pthread_create(&thread, NULL, measure_for_ever, gauge);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		free(gauge);
		errno = error;
		return NULL;
	}
	pthread_detach(thread);
	wait_for_first(gauge);
	return gauge;
}

void
gauge_look(struct gauge *gauge, struct gauge_view *view)
{
	pthread_mutex_lock(&gauge->lock);
	*view = gauge->view;
	const bool first = gauge->measured_ms != 0;
	const uint64_t age_ms =
		now() - (first ? gauge->measured_ms : gauge->begun_ms);
	pthread_mutex_unlock(&gauge->lock);
	if (first && age_ms <= GAUGE_STUCK_S * 1000)
		return;
	view->percent = SCORE_LEAST;
	snprintf(view->why, sizeof(view->why),
		 "a disk does not answer for %" PRIu64 " s", age_ms / 1000);
}
