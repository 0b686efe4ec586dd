/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OUTCOME_H
#define MX_OUTCOME_H

/* The outcome of the last plan: is it in force, and if not, why.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liveness.h"
#include "plan.h"

#define OUTCOME_TEXT_MAX 256

struct publish_outcome {
	uint64_t generation; /* the last one published; 0: none yet */
	uint64_t adopted;    /* the one in force; 0: none yet */
	bool attached;       /* there is a region */
	int error;           /* errno of a missing region; ESTALE: it is gone */
	enum liveness_state liveness;
	uint32_t silent_ms; /* since the last heartbeat */
	bool running;       /* there is a live data plane */
	bool pending;       /* the state has changes that the last plan lacks */
	bool unbuilt;       /* the state allows no plan */
	bool answered;      /* the data plane has looked at `generation` */
	enum mx_plan_fault fault;
	double took_ms;
	uint16_t workers;
};

/* Is there a region that this program cannot map?  Then whether a data plane
 * runs is not known. */
bool outcome_is_unseen(const struct publish_outcome *outcome);

/* Does a live data plane work by the plan published last? */
bool outcome_in_force(const struct publish_outcome *outcome);

/* Why the plan is not in force, for the operator.  Returns text. */
const char *outcome_obstacle(const struct publish_outcome *outcome,
			     char text[static OUTCOME_TEXT_MAX]);

/* Why there is no live data plane; NULL if there is one. */
const char *outcome_absence(const struct publish_outcome *outcome,
			    char text[static OUTCOME_TEXT_MAX]);

#endif /* MX_OUTCOME_H */
