/* SPDX-License-Identifier: BSD-3-Clause */
#include "denying.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changereply.h"
#include "clock.h"
#include "log.h"
#include "reply.h"
#include "rules.h"

/* A rule for more than a year is one for good. */
#define FOR_S_MAX (366 * 24 * 3600)

static const struct {
	char unit;
	int64_t seconds;
} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 24 * 3600}};

/* A time such as 90s, 10m, 2h or 7d; 0 if it is none. */
static int64_t
read_time(const char *text)
{
	const size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 8 || text[digits] == '\0' ||
	    text[digits + 1] != '\0')
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == text[digits]) {
			const int64_t seconds =
				strtoll(text, NULL, 10) * units[i].seconds;
			return seconds <= FOR_S_MAX ? seconds : 0;
		}
	return 0;
}

/* The arguments are "PREFIX", or "PREFIX for TIME". */
static bool
read_rule(const struct request *request, int argc, char **argv,
	  struct deny_rule *rule)
{
	struct mx_deny_fault fault;

	if (rule_parse(argv[0], &rule->at, &fault) != 0) {
		reply_usage(request, "%s", fault.text);
		return false;
	}
	rule->until_s = 0;
	if (argc == 1)
		return true;
	const int64_t for_s = argc == 3 && strcmp(argv[1], "for") == 0
				      ? read_time(argv[2])
				      : 0;
	if (for_s == 0) {
		reply_usage(request,
			    "expected PREFIX for TIME, such as 192.0.2.0/24 "
			    "for 90s, 10m, 2h or 7d, up to 366d");
		return false;
	}
	rule->until_s = clock_wall_s() + for_s;
	return true;
}

static void
put_rule(const struct request *request, int argc, char **argv, bool denied)
{
	struct desk *desk = request->desk;
	struct deny_rule rule = {.denied = denied};
	char prefix[MX_PREFIX_TEXT_MAX], text[RULE_TEXT_MAX];
	char who[CALLER_TEXT_MAX];
	const struct caller caller = ctl_caller(request->ctl);

	if (!read_rule(request, argc, argv, &rule))
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
	log_line(LOG_LEVEL_INFO, "%s is %s%s%s, by command of %s%s%s", prefix,
		 denied ? "denied" : "allowed", argc == 3 ? " for " : "",
		 argc == 3 ? argv[2] : "", caller_text(&caller, who),
		 hazard[0] != '\0' ? "; " : "", hazard);
	desk->changed(desk->arg);
	reply_when_settled(request, "%s is %s%s%s%s%s", prefix,
			   denied ? "denied" : "allowed",
			   argc == 3 ? " for " : "", argc == 3 ? argv[2] : "",
			   hazard[0] != '\0' ? "; " : "", hazard);
}

void
command_deny(const struct request *request, int argc, char **argv)
{
	put_rule(request, argc, argv, true);
}

void
command_allow(const struct request *request, int argc, char **argv)
{
	put_rule(request, argc, argv, false);
}

void
command_forget(const struct request *request, int argc, char **argv)
{
	struct desk *desk = request->desk;
	struct deny_rule rule;
	char prefix[MX_PREFIX_TEXT_MAX], who[CALLER_TEXT_MAX];
	const struct caller caller = ctl_caller(request->ctl);

	if (!read_rule(request, argc, argv, &rule))
		return;
	mx_prefix_format(&rule.at, prefix);
	if (!rules_forget(desk->state, &rule.at)) {
		reply_error(request,
			    "no command denied or allowed %s; see show denied",
			    prefix);
		return;
	}
	log_line(LOG_LEVEL_INFO,
		 "%s is neither denied nor allowed by command, "
		 "by command of %s",
		 prefix, caller_text(&caller, who));
	desk->changed(desk->arg);
	reply_when_settled(request, "%s is as the lists say", prefix);
}
