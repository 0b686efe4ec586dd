/* SPDX-License-Identifier: BSD-3-Clause */
#include "inforce.h"

void
inforce_set(json_t *data, const struct publisher *publisher)
{
	const struct publish_outcome outcome = publisher_outcome(publisher);
	const bool in_force = outcome_in_force(&outcome);
	char text[OUTCOME_TEXT_MAX];

	json_object_set_new(data, "in_force", json_boolean(in_force));
	json_object_set_new(
		data, "obstacle",
		in_force ? json_null()
			 : json_string(outcome_obstacle(&outcome, text)));
}

void
inforce_print(FILE *out, const json_t *data)
{
	const char *obstacle =
		json_string_value(json_object_get(data, "obstacle"));

	if (obstacle != NULL)
		fprintf(out, "This is not in force: %s.\n", obstacle);
}

void
inforce_set_absence(json_t *data, const struct publisher *publisher)
{
	const struct publish_outcome outcome = publisher_outcome(publisher);
	char text[OUTCOME_TEXT_MAX];
	const char *absence = outcome_absence(&outcome, text);

	json_object_set_new(data, "absence",
			    absence != NULL ? json_string(absence)
					    : json_null());
}

void
inforce_print_absence(FILE *out, const json_t *data)
{
	const char *absence =
		json_string_value(json_object_get(data, "absence"));

	if (absence != NULL)
		fprintf(out, "These are the last counts: %s.\n", absence);
}
