/* SPDX-License-Identifier: BSD-3-Clause */
#include "listreader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A build stops within a second.  A thread that takes longer may wait for a file
 * on a disk that does not answer. */
#define STOP_WAIT_MS 1000

/* What the thread works on.  While it runs, the loop touches nothing of this
 * but `stop`. */
struct work {
	struct list_job job; /* points into this struct */
	char instance[MX_NAME_MAX];
	struct mx_hash_key key;
	struct mx_config config;
	struct mx_config_deny deny;
	atomic_bool stop;
	atomic_bool given_up; /* by the thread or the loop */
	int wake_fd;
	int error;
	struct list_built built;
};

struct list_reader {
	list_reader_done done;
	void *arg;
	int wake_fd;
	struct event *woken;
	pthread_t thread;  /* while work is not NULL */
	struct work *work; /* NULL: no read is under way */
};

/* The thread or the loop is done with the work.  Returns true for the second of
 * them, who frees it: the loop mostly, which waits for the thread. */
static bool
give_up(struct work *work)
{
	/* Release and acquire: the second one has all that the first wrote. */
	return atomic_exchange_explicit(&work->given_up, true,
					memory_order_acq_rel);
}

static void *
run(void *arg)
{
	struct work *work = arg;

	work->error = list_build(&work->job, &work->built);
	if (give_up(work)) {
		close(work->wake_fd);
		free(work);
	} else {
		/* The counter cannot be full, so this neither fails nor
		 * waits. */
		eventfd_write(work->wake_fd, 1);
	}
	return NULL;
}

/* Wait for the thread, which has ended or is about to. */
static struct work *
join(struct list_reader *reader)
{
	struct work *work = reader->work;
	eventfd_t count;

	pthread_join(reader->thread, NULL);
	eventfd_read(reader->wake_fd, &count);
	reader->work = NULL;
	return work;
}

static void
on_woken(evutil_socket_t fd, short what, void *arg)
{
	struct list_reader *reader = arg;

	(void)fd, (void)what;
	if (reader->work == NULL)
		return;
	struct work *work = join(reader);
	reader->done(reader->arg, work->error, &work->built);
	free(work);
}

struct list_reader *
list_reader_new(struct event_base *base, list_reader_done done, void *arg)
{
	struct list_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->done = done;
	reader->arg = arg;
	reader->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (reader->wake_fd >= 0)
		reader->woken =
			event_new(base, reader->wake_fd, EV_READ | EV_PERSIST,
				  on_woken, reader);
	if (reader->woken == NULL || event_add(reader->woken, NULL) < 0) {
		list_reader_free(reader);
		errno = ENOMEM;
		return NULL;
	}
	return reader;
}

/* Stop the read that is under way.  A thread that does not end is left alone. */
static void
stop(struct list_reader *reader)
{
	struct pollfd ended = {.fd = reader->wake_fd, .events = POLLIN};

	/* Relaxed: see listbuild.c. */
	atomic_store_explicit(&reader->work->stop, true, memory_order_relaxed);
	poll(&ended, 1, STOP_WAIT_MS);
	if (give_up(reader->work)) {
		free(join(reader));
	} else {
		pthread_detach(reader->thread);
		reader->wake_fd = -1; /* the thread closes it */
	}
}

void
list_reader_free(struct list_reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->woken != NULL)
		event_free(reader->woken);
	if (reader->work != NULL)
		stop(reader);
	if (reader->wake_fd >= 0)
		close(reader->wake_fd);
	free(reader);
}

static struct work *
work_new(const struct list_job *job, int wake_fd)
{
	struct work *work = calloc(1, sizeof(*work));

	if (work == NULL)
		return NULL;
	strncat(work->instance, job->instance, sizeof(work->instance) - 1);
	work->key = *job->key;
	work->config = *job->config;
	work->deny = *job->deny;
	work->wake_fd = wake_fd;
	work->job = (struct list_job){.kind = job->kind,
				      .instance = work->instance,
				      .key = &work->key,
				      .config = &work->config,
				      .deny = &work->deny,
				      .stop = &work->stop};
	return work;
}

/* Start a thread that no signal interrupts: they are for the event loop. */
static int
start_thread(pthread_t *thread, struct work *work)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int error = pthread_create(thread, NULL, run, work);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

int
list_reader_begin(struct list_reader *reader, const struct list_job *job)
{
	if (reader->work != NULL)
		return -EBUSY;
	struct work *work = work_new(job, reader->wake_fd);
	if (work == NULL)
		return -ENOMEM;
	const int error = start_thread(&reader->thread, work);
	if (error != 0)
		free(work);
	else
		reader->work = work;
	return error;
}

bool
list_reader_is_busy(const struct list_reader *reader)
{
	return reader->work != NULL;
}
