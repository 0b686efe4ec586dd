/* SPDX-License-Identifier: BSD-3-Clause */
#include "outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "folder.h"

bool
outcome_is_unseen(const struct publish_outcome *outcome)
{
	return !outcome->attached && outcome->error != 0 &&
	       outcome->error != ENOENT && outcome->error != ESTALE;
}

bool
outcome_in_force(const struct publish_outcome *outcome)
{
	return outcome->running && !outcome->pending && !outcome->unbuilt &&
	       outcome->answered && outcome->fault == MX_PLAN_OK &&
	       outcome->adopted == outcome->generation;
}

static void
describe_missing_region(int error, char text[static OUTCOME_TEXT_MAX])
{
	if (error == 0 || error == ENOENT)
		snprintf(text, OUTCOME_TEXT_MAX,
			 "no data plane is running: start mxsteer-dataplane");
	else if (error == ESTALE)
		snprintf(text, OUTCOME_TEXT_MAX,
			 "the region of the data plane is gone: restart "
			 "mxsteer-dataplane");
	else if (error == EPROTO)
		snprintf(text, OUTCOME_TEXT_MAX,
			 "mxsteer-dataplane is of another version: restart it "
			 "with this one");
	else if (error == EBUSY)
		snprintf(text, OUTCOME_TEXT_MAX,
			 "another mxsteer-controlplane has the data plane: "
			 "stop one of the two");
	else
		snprintf(text, OUTCOME_TEXT_MAX,
			 "the region of the data plane cannot be mapped: %s",
			 mx_folder_error(-error));
}

const char *
outcome_absence(const struct publish_outcome *outcome,
		char text[static OUTCOME_TEXT_MAX])
{
	if (!outcome->attached) {
		describe_missing_region(outcome->error, text);
		return text;
	}
	switch (outcome->liveness) {
	case LIVENESS_STOPPED:
		snprintf(text, OUTCOME_TEXT_MAX, "no data plane is running");
		return text;
	case LIVENESS_STARTING:
		snprintf(text, OUTCOME_TEXT_MAX,
			 "the data plane is starting still");
		return text;
	case LIVENESS_SILENT:
		snprintf(text, OUTCOME_TEXT_MAX,
			 "the data plane is silent: its process is there, and "
			 "has given no heartbeat for %u s",
			 outcome->silent_ms / 1000);
		return text;
	default:
		return NULL;
	}
}

const char *
outcome_obstacle(const struct publish_outcome *outcome,
		 char text[static OUTCOME_TEXT_MAX])
{
	if (outcome_absence(outcome, text) != NULL)
		return text;
	if (outcome->unbuilt)
		snprintf(text, OUTCOME_TEXT_MAX,
			 "no plan can be made of it: the log says why");
	else if (!outcome->answered)
		snprintf(text, OUTCOME_TEXT_MAX,
			 "the data plane has not taken up generation %" PRIu64
			 " yet",
			 outcome->generation);
	else if (outcome->fault != MX_PLAN_OK)
		snprintf(text, OUTCOME_TEXT_MAX,
			 "generation %" PRIu64
			 " was refused by the data plane: %s; generation "
			 "%" PRIu64 " stays in force",
			 outcome->generation,
			 mx_plan_fault_text(outcome->fault), outcome->adopted);
	else
		snprintf(text, OUTCOME_TEXT_MAX,
			 "the plan that says so is on its way");
	return text;
}
