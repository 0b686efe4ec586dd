/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturewatch.h"

#include <errno.h>
#include <string.h>

#include "log.h"

static uint16_t
workers_of(const struct capturewatch *watch)
{
	return watch->runtime->watchdog.workers;
}

static void
free_captures(struct capturewatch *watch)
{
	for (uint16_t i = 0; i < workers_of(watch); i++) {
		capture_free(watch->capture[i]);
		watch->capture[i] = NULL;
	}
}

static int
make_captures(struct capturewatch *watch)
{
	struct mx_capture_file *file = watch->file.file;

	for (uint16_t i = 0; i < workers_of(watch); i++) {
		watch->capture[i] =
			capture_make(&watch->file.filter, &file->ring[i]);
		if (watch->capture[i] == NULL) {
			free_captures(watch);
			return -ENOMEM;
		}
	}
	return 0;
}

static bool
is_over(const struct capturewatch *watch, uint32_t now_s)
{
	return now_s >= atomic_load_explicit(&watch->file.file->lease_s,
					     memory_order_relaxed) ||
	       !mx_capture_is_named(&watch->file);
}

/* Let the workers capture, or with captures of NULL stop them. */
static void
give(struct capturewatch *watch)
{
	for (uint16_t i = 0; i < workers_of(watch); i++)
		/* Release: with the pointer the whole capture is visible. */
		atomic_store_explicit(&watch->runtime->worker[i]->capture,
				      watch->state == CAPTUREWATCH_ON
					      ? watch->capture[i]
					      : NULL,
				      memory_order_release);
}

static void
look_for_file(struct capturewatch *watch, uint32_t now_s)
{
	int error = mx_capture_attach(&watch->file, watch->instance,
				      workers_of(watch));

	if (error == -ENOENT)
		return;
	if (error == 0 && is_over(watch, now_s))
		error = -ETIMEDOUT;
	if (error == 0)
		error = make_captures(watch);
	if (error == 0) {
		watch->state = CAPTUREWATCH_ON;
		give(watch);
		/* First, so that who has heard of the capture finds this. */
		log_line(LOG_LEVEL_INFO, "capture: begins");
		mx_capture_take(&watch->file);
		return;
	}
	if (watch->file.file != NULL)
		mx_capture_close(&watch->file);
	/* Without its name the file is not tried again. */
	mx_capture_unlink(watch->instance);
	if (error != -ETIMEDOUT)
		log_line(LOG_LEVEL_WARN, "capture: cannot begin: %s",
			 error == -EPROTO ? "the control plane is of another "
					    "version, or knows other workers"
					  : strerror(-error));
}

static void
begin_end(struct capturewatch *watch)
{
	/* A lease is over if the control plane was killed. */
	if (mx_capture_is_named(&watch->file))
		mx_capture_unlink(watch->instance);
	watch->state = CAPTUREWATCH_ENDING;
	give(watch);
	watch->token = rte_rcu_qsbr_start(watch->runtime->quiescent);
	log_line(LOG_LEVEL_INFO, "capture: ends");
}

static void
finish(struct capturewatch *watch)
{
	free_captures(watch);
	mx_capture_close(&watch->file);
	watch->state = CAPTUREWATCH_OFF;
}

void
capturewatch_carry(struct capturewatch *watch)
{
	if (watch->state == CAPTUREWATCH_ON &&
	    mx_capture_carry(&watch->file) != 0)
		begin_end(watch);
}

void
capturewatch_poll(struct capturewatch *watch, uint32_t now_s)
{
	switch (watch->state) {
	case CAPTUREWATCH_OFF:
		look_for_file(watch, now_s);
		break;
	case CAPTUREWATCH_ON:
		if (is_over(watch, now_s))
			begin_end(watch);
		break;
	case CAPTUREWATCH_ENDING:
		if (rte_rcu_qsbr_check(watch->runtime->quiescent, watch->token,
				       false) == 1)
			finish(watch);
		break;
	}
}

void
capturewatch_end(struct capturewatch *watch)
{
	if (watch->state != CAPTUREWATCH_OFF)
		finish(watch);
}
