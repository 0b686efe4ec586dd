/* SPDX-License-Identifier: BSD-3-Clause */
#include "applyqueue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "denialread.h"
#include "log.h"
#include "veto.h"

/* A file that waits.  Only the first one is read. */
struct applying {
	char path[PATH_MAX];
	apply_done done;
	void *arg;
	struct mx_config *config; /* NULL: not read yet */
	uint64_t ticket;          /* for its lists */
	struct mx_config_errors errors;
	struct applying *next;
};

/* The end of the queue, or NULL if it is full. */
static struct applying **
find_end(struct applier *applier)
{
	struct applying **link = &applier->applying;

	for (int i = 0; *link != NULL; i++) {
		if (i == APPLYING_MAX - 1)
			return NULL;
		link = &(*link)->next;
	}
	return link;
}

/* Take the first file out of the queue and report its end. */
static void
end_first(struct applier *applier, int error)
{
	struct applying *first = applier->applying;

	applier->applying = first->next;
	first->done(first->arg, error, &first->errors);
	free(first);
}

/* Read the first file and ask for its lists.  Returns 0 or -errno. */
static int
begin_first(struct applier *applier)
{
	struct applying *first = applier->applying;

	first->config = mx_config_load(first->path, &first->errors);
	if (first->config == NULL)
		return -EINVAL;
	first->ticket = denials_ask(applier->denials, first->config);
	return 0;
}

void
apply_go_on(struct applier *applier)
{
	while (applier->applying != NULL) {
		struct applying *first = applier->applying;
		int error = 0;

		if (first->config == NULL)
			error = begin_first(applier);
		if (error == 0 &&
		    !denials_are_read(applier->denials, first->config,
				      first->ticket))
			return;
		if (error == 0)
			error = apply_config(applier, first->path,
					     first->config, &first->errors);
		end_first(applier, error);
	}
}

void
apply_file(struct applier *applier, const char *path, apply_done done,
	   void *arg)
{
	struct mx_config_errors errors = {0};
	struct applying **end = find_end(applier);
	struct applying *last = end != NULL ? calloc(1, sizeof(*last)) : NULL;

	if (last == NULL) {
		veto_add(&errors, "%s: %s", path,
			 end == NULL ? "too many files wait to be applied"
				     : "not enough memory");
		done(arg, end == NULL ? -EBUSY : -ENOMEM, &errors);
		return;
	}
	strncat(last->path, path, sizeof(last->path) - 1);
	last->done = done;
	last->arg = arg;
	*end = last;
	if (applier->applying == last)
		apply_go_on(applier);
}

void
apply_log_errors(const struct mx_config_errors *errors)
{
	for (uint16_t i = 0; i < errors->count && i < MX_CONFIG_ERRORS_MAX; i++)
		log_line(LOG_LEVEL_ERROR, "%s", errors->text[i]);
	log_line(LOG_LEVEL_ERROR, "config stays as it was");
}

void
apply_end(struct applier *applier)
{
	while (applier->applying != NULL) {
		struct applying *first = applier->applying;

		mx_config_free(first->config);
		veto_add(&first->errors, "%s: the control plane is stopping",
			 first->path);
		/* It is taken out of the queue there. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		end_first(applier, -ECANCELED);
	}
}
