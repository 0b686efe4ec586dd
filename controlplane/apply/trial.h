/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TRIAL_H
#define MX_TRIAL_H

/* A configuration on trial: it is in force until a time, and stays if an operator
 * confirms it before.  Otherwise the one before comes back by itself.
 *
 *   none -> on trial       apply with a time; the history on disk has it first
 *   on trial -> none       confirm: it stays
 *                          undo, or the time is over: the one before is in force
 *   on trial -> overdue    the time is over, and the one before is refused as
 *                          things are now: it is tried again and again
 *
 * A control plane that ends meanwhile comes back with the one before: see
 * applyfirst.h.  Nothing else is applied during a trial.
 *
 * Threads    the event loop. */
#include <event2/event.h>

#include "apply.h"

#define TRIAL_LEAST_S 1
#define TRIAL_MOST_S (24 * 3600)
#define TRIAL_AGAIN_MS 10000

struct trial {
	struct applier *applier;
	struct timer *timer;
	uint32_t seconds;
	int64_t until_s; /* CLOCK_REALTIME, for people */
	bool overdue;
	char refusal[MX_CONFIG_ERROR_TEXT_MAX]; /* overdue: why */
};

/* Returns 0 or -ENOMEM. */
int trial_init(struct trial *trial, struct event_base *base,
	       struct applier *applier);
void trial_end(struct trial *trial);

/* The revision on trial has been put in force: its time begins. */
void trial_begin(struct trial *trial, uint32_t seconds);

/* Keep the revision on trial.  Returns 0; or -errno: it is kept, and the history on
 * disk does not say so. */
int trial_confirm(struct trial *trial, const char *by);

/* Put the one before in force now.  Returns 0; or -EINVAL with the reason in
 * *errors: the trial goes on. */
int trial_go_back(struct trial *trial, enum revision_fate fate, const char *by,
		  struct mx_config_errors *errors);

/* "revision 7 is on trial until 12:00:05 (...)", for messages. */
#define TRIAL_TEXT_MAX 256
const char *trial_text(const struct trial *trial,
		       char text[static TRIAL_TEXT_MAX]);

#endif /* MX_TRIAL_H */
