/* SPDX-License-Identifier: BSD-3-Clause */
#include "rolewatch.h"

#include <errno.h>
#include <stdlib.h>

#include "eventlog.h"
#include "folder.h"
#include "log.h"
#include "role.h"
#include "timer.h"

#define LOOK_INTERVAL_MS 200

struct rolewatch {
	struct event_base *base;
	struct timer *look;
	struct mx_role role;
	int error; /* the error that was logged last; 0: none */
	bool lost;
};

static void
on_look(void *arg)
{
	struct rolewatch *watch = arg;
	char holder[MX_ROLE_HOLDER_MAX];
	const int error = mx_role_keep(&watch->role);

	if (error == 1)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL, "controlplane",
			      "the lock of instance %s was removed: made anew; "
			      "find out who removes files in %s",
			      watch->role.instance, MX_FOLDER_BASE);
	if (error == -EBUSY) {
		log_line(LOG_LEVEL_ERROR,
			 "the files of instance %s were removed, and another "
			 "mxsteer-controlplane (%s) serves it now: "
			 "ending",
			 watch->role.instance,
			 mx_role_holder(&watch->role, holder));
		watch->lost = true;
		event_base_loopbreak(watch->base);
	} else if (error < 0 && error != watch->error) {
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "controlplane",
			      "the lock " MX_FOLDER_BASE
			      "/mxsteer-control.%s was removed and cannot be "
			      "made anew: %s",
			      watch->role.instance, mx_folder_error(error));
	}
	watch->error = error < 0 ? error : 0;
}

static bool
claim(struct rolewatch *watch, const char *instance)
{
	char holder[MX_ROLE_HOLDER_MAX];
	const int error =
		mx_role_claim(&watch->role, MX_ROLE_CONTROLPLANE, instance);

	if (error == -EBUSY)
		log_line(LOG_LEVEL_ERROR,
			 "another mxsteer-controlplane (%s) serves "
			 "instance %s: stop it first",
			 mx_role_holder(&watch->role, holder), instance);
	else if (error != 0)
		log_line(LOG_LEVEL_ERROR,
			 MX_FOLDER_BASE "/mxsteer-control.%s: %s", instance,
			 mx_folder_error(error));
	else if (watch->role.name_fd < 0)
		log_line(LOG_LEVEL_WARN,
			 "another user has bound the socket "
			 "@mxsteer.%s.controlplane: find out who",
			 instance);
	return error == 0;
}

struct rolewatch *
rolewatch_new(struct event_base *base, const char *instance)
{
	struct rolewatch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->base = base;
	if (!claim(watch, instance)) {
		free(watch);
		return NULL;
	}
	watch->look = timer_new(base, on_look, watch);
	if (watch->look == NULL ||
	    timer_repeat(watch->look, LOOK_INTERVAL_MS) < 0) {
		rolewatch_free(watch);
		return NULL;
	}
	return watch;
}

void
rolewatch_free(struct rolewatch *watch)
{
	timer_free(watch->look);
	if (!watch->lost)
		mx_role_release(&watch->role);
	free(watch);
}

bool
rolewatch_is_lost(const struct rolewatch *watch)
{
	return watch->lost;
}
