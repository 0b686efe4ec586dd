/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENTRANCE_H
#define MX_ENTRANCE_H

/* What a control plane takes before it works: the instance of its configuration,
 * the role, its user, and the names of its files.
 * Threads    main. */
#include <event2/event.h>
#include <stdbool.h>

#include "config.h"
#include "filenames.h"
#include "rolewatch.h"

struct control_options {
	const char *config_path;
	const char *expected;    /* instance of that file; NULL: any */
	const char *socket_path; /* NULL: /run/mxsteer/<instance>.sock */
	const char *state_dir;
	bool confined; /* become the control plane's user (identity.h) */
};

struct entrance {
	char instance[MX_NAME_MAX];
	struct rolewatch *role; /* the caller frees it; NULL: not claimed */
	struct filenames names;
};

/* Claim the instance, become its user, and name its files.  Logs what is wrong.
 * Returns 0 or -errno; the role may be claimed in either case. */
int entrance_claim(struct entrance *entrance, struct event_base *base,
		   const struct control_options *options);

/* Log the errors of a configuration that a start cannot do without. */
void entrance_log_errors(const struct mx_config_errors *errors);

#endif /* MX_ENTRANCE_H */
