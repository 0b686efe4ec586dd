/* SPDX-License-Identifier: BSD-3-Clause */
#include "admission.h"

#include <stdio.h>

#include "apply.h"
#include "plural.h"
#include "prefix.h"
#include "publish.h"
#include "rules.h"
#include "state.h"

/* Is a client one without limits, which no deny list denies? */
static bool
is_allowed(const struct sources *sources, const struct mx_plan *plan,
	   uint16_t service_id, const struct mx_addr *client)
{
	const struct mx_service *row = &plan->service[service_id];
	const struct deny_rule *rule = rules_find(sources->state, client);

	return (rule != NULL && !rule->denied) ||
	       mx_plan_allows(plan, &row->clients, client) ||
	       denials_allow(sources->applier->denials, row, client);
}

/* "100 at once, any in 10 s; its prefix: any at once, any in 10 s" */
static json_t *
limits_text(const struct mx_client_limits *limits)
{
	const uint32_t limit[] = {limits->sessions, limits->per_10s,
				  limits->prefix_sessions,
				  limits->prefix_per_10s};
	char text[4][16];

	for (int i = 0; i < 4; i++)
		if (limit[i] == 0)
			snprintf(text[i], sizeof(text[i]), "any");
		else
			snprintf(text[i], sizeof(text[i]), "%u", limit[i]);
	return json_sprintf("%s at once, %s in 10 s; its prefix: %s at once, "
			    "%s in 10 s",
			    text[0], text[1], text[2], text[3]);
}

json_t *
admission_limit(json_t *data, const struct sources *sources,
		const struct mx_plan *plan, uint16_t service_id,
		const struct client_pair *has)
{
	const struct mx_client_limits *limits =
		&plan->service[service_id].clients;

	if (!limits->used)
		return NULL;
	const bool exempt =
		is_allowed(sources, plan, service_id, &has->address.id.addr);
	json_object_set_new(data, "client_sessions",
			    json_integer((json_int_t)has->address.sessions));
	json_object_set_new(data, "client_refused",
			    json_integer((json_int_t)has->address.refused));
	json_object_set_new(data, "client_limits",
			    exempt ? json_string("any number: it is allowed")
				   : limits_text(limits));
	if (exempt)
		return NULL;
	if ((limits->sessions != 0 &&
	     has->address.sessions >= limits->sessions) ||
	    (limits->per_10s != 0 && has->address.recent >= limits->per_10s))
		return json_sprintf(
			"this client has %u %s, %u of them begun in the "
			"last 10 s, and may have no more; see show clients",
			has->address.sessions,
			plural(has->address.sessions, "session", "sessions"),
			has->address.recent);
	if ((limits->prefix_sessions != 0 &&
	     has->prefix.sessions >= limits->prefix_sessions) ||
	    (limits->prefix_per_10s != 0 &&
	     has->prefix.recent >= limits->prefix_per_10s))
		return json_sprintf(
			"the prefix of this client has %u %s, %u of them "
			"begun in the last 10 s, and may have no more; see "
			"show clients",
			has->prefix.sessions,
			plural(has->prefix.sessions, "session", "sessions"),
			has->prefix.recent);
	return NULL;
}

json_t *
admission_denial(const struct sources *sources, const struct mx_plan *plan,
		 uint16_t service_id, const struct mx_addr *client)
{
	const struct service *service = &sources->state->service[service_id];
	const struct deny_rule *rule = rules_find(sources->state, client);
	const struct moment now = moment_now();
	char prefix[MX_PREFIX_TEXT_MAX], note[NOTE_TEXT_MAX];

	if (rule != NULL && rule->denied) {
		note_text(&rule->note, &now, note);
		return json_sprintf("%s is denied by command%s%s%s%s",
				    mx_prefix_format(&rule->at, prefix),
				    rule->program[0] != '\0' ? ", " : "",
				    rule->program, note[0] != '\0' ? ", " : "",
				    note);
	}
	if (rule == NULL && service->config != NULL &&
	    denials_deny(sources->applier->denials, &plan->service[service_id],
			 client) &&
	    !is_allowed(sources, plan, service_id, client))
		return json_sprintf("the deny list %s denies it",
				    service->config->deny.file);
	return NULL;
}
