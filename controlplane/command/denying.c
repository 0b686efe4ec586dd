/* SPDX-License-Identifier: BSD-3-Clause */
#include "denying.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "clock.h"
#include "duration.h"
#include "eventlog.h"
#include "reply.h"
#include "rules.h"

/* Read "PREFIX [for TIME]". */
static bool
read_rule(const struct request *request, const struct arguments *arguments,
	  struct deny_rule *rule)
{
	struct mx_deny_fault fault;

	if (rule_parse(arguments_get(arguments, "PREFIX"), &rule->at, &fault) !=
	    0) {
		reply_usage(request, "%s", fault.text);
		return false;
	}
	const char *time = arguments_get(arguments, "TIME");
	rule->until_s = 0;
	if (time == NULL)
		return true;
	const int64_t for_s = duration_parse(time);
	if (for_s == 0) {
		reply_usage(request,
			    "expected PREFIX for TIME, such as 192.0.2.0/24 "
			    "for 90s, 10m, 1h30m or 7d, up to 366d");
		return false;
	}
	rule->until_s = clock_wall_s() + for_s;
	return true;
}

/* Add the event of a rule. */
static void
tell(const struct request *request, const char *prefix, const char *after,
     const char *why)
{
	const struct caller caller = ctl_caller(request->ctl);
	char who[CALLER_TEXT_MAX], by[CALLER_TEXT_MAX + 16];

	snprintf(by, sizeof(by), "command of %s", caller_text(&caller, who));
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_OPERATOR,
					     .subject = prefix,
					     .after = after,
					     .why = why,
					     .by = by});
}

static void
put_rule(const struct request *request, const struct arguments *arguments,
	 bool denied)
{
	struct desk *desk = request->desk;
	struct deny_rule rule = {.denied = denied};
	const char *time = arguments_get(arguments, "TIME");
	char prefix[MX_PREFIX_TEXT_MAX], text[RULE_TEXT_MAX], after[64];

	if (!read_rule(request, arguments, &rule))
		return;
	if (rules_put(desk->state, &rule) != 0) {
		reply_error(request,
			    "there are %u rules already: see show denied, and "
			    "forget PREFIX; or use a deny list",
			    MX_DENY_RULES_MAX);
		return;
	}
	const char *hazard = rules_hazard(
		desk->state, rules_at(desk->state, &rule.at), text);
	mx_prefix_format(&rule.at, prefix);
	snprintf(after, sizeof(after), "is %s%s%s",
		 denied ? "denied" : "allowed", time != NULL ? " for " : "",
		 time != NULL ? time : "");
	tell(request, prefix, after, hazard);
	desk->changed(desk->arg);
	reply_when_settled(request, "%s is %s%s%s%s%s", prefix,
			   denied ? "denied" : "allowed",
			   time != NULL ? " for " : "",
			   time != NULL ? time : "",
			   hazard[0] != '\0' ? "; " : "", hazard);
}

void
command_deny(const struct request *request, const struct arguments *arguments)
{
	put_rule(request, arguments, true);
}

void
command_allow(const struct request *request, const struct arguments *arguments)
{
	put_rule(request, arguments, false);
}

void
command_forget(const struct request *request, const struct arguments *arguments)
{
	struct desk *desk = request->desk;
	struct deny_rule rule;
	char prefix[MX_PREFIX_TEXT_MAX];

	if (!read_rule(request, arguments, &rule))
		return;
	mx_prefix_format(&rule.at, prefix);
	if (!rules_forget(desk->state, &rule.at)) {
		reply_error(request,
			    "no command denied or allowed %s; see show denied",
			    prefix);
		return;
	}
	tell(request, prefix, "is neither denied nor allowed by command", NULL);
	desk->changed(desk->arg);
	reply_when_settled(request, "%s is as the lists say", prefix);
}
