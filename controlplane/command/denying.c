/* SPDX-License-Identifier: BSD-3-Clause */
#include "denying.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "changereply.h"
#include "duration.h"
#include "endings.h"
#include "endsessions.h"
#include "eventlog.h"
#include "reply.h"
#include "rules.h"
#include "timer.h"
#include "wishing.h"

/* As long as the shortest time between two plans: see publish.c. */
#define SOON_MS 100

/* Read PREFIX and "--by PROGRAM". */
static bool
read_subject(const struct request *request, const struct arguments *arguments,
	     struct deny_rule *rule)
{
	const char *program = arguments_get(arguments, "--by PROGRAM");
	struct mx_deny_fault fault;

	if (rule_parse(arguments_get(arguments, "PREFIX"), &rule->at, &fault) !=
	    0) {
		reply_usage(request, "%s", fault.text);
		return false;
	}
	if (program != NULL && !rule_is_program(program)) {
		reply_usage(request,
			    "--by: expected the name of a program, up to %d "
			    "letters, digits and any of _.-",
			    DENY_PROGRAM_MAX - 1);
		return false;
	}
	snprintf(rule->program, sizeof(rule->program), "%s",
		 program != NULL ? program : "");
	return true;
}

/* A second prefix, a number alone, or a word that begins a time is no reason:
 * somebody meant something else.  Reply, and return true. */
static bool
is_no_reason(const struct request *request, const char *reason)
{
	static const char *const begin[] = {"for", "until"};
	char word[MX_PREFIX_TEXT_MAX] = "";
	struct mx_config_prefix prefix;
	struct mx_deny_fault fault;

	sscanf(reason, "%49s", word);
	bool wrong = rule_parse(word, &prefix, &fault) == 0 ||
		     (word[0] != '\0' &&
		      strspn(reason, "0123456789") == strlen(reason));
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		wrong = wrong || strcmp(word, begin[i]) == 0;
	if (wrong)
		reply_usage(request,
			    "expected PREFIX for TIME, such as 192.0.2.0/24 "
			    "for 90s, 10m, 1h30m or 7d, up to 366d, and the "
			    "reason behind it; one prefix in a command");
	return wrong;
}

static bool
read_rule(const struct request *request, const struct arguments *arguments,
	  struct deny_rule *rule)
{
	return read_subject(request, arguments, rule) &&
	       wishing_note(request, arguments, &rule->note) &&
	       !is_no_reason(request, rule->note.reason);
}

/* Add the event of a rule. */
static void
tell(const struct request *request, const struct deny_rule *rule,
     const char *after, const char *why)
{
	char prefix[MX_PREFIX_TEXT_MAX], who[NOTE_WHO_MAX];
	char by[NOTE_WHO_MAX + DENY_PROGRAM_MAX + 16];

	snprintf(by, sizeof(by), "%s%scommand of %s", rule->program,
		 rule->program[0] != '\0' ? ", " : "",
		 wishing_who(request, who));
	eventlog_add(&(struct eventlog_news){
		.level = LOG_LEVEL_INFO,
		.source = rule_source(rule),
		.subject = mx_prefix_format(&rule->at, prefix),
		.after = after,
		.why = why,
		.by = by});
}

static const char *
verdict_of(const struct deny_rule *rule)
{
	return rule->denied ? "denied" : "allowed";
}

/* A rule stands against that of a program.  The program has what it wants if both
 * say the same. */
static void
reply_objection(const struct request *request, const struct deny_rule *rule,
		const struct deny_rule *stands)
{
	const struct moment now = moment_now();
	char prefix[MX_PREFIX_TEXT_MAX], other[MX_PREFIX_TEXT_MAX];
	char note[NOTE_TEXT_MAX];

	mx_prefix_format(&rule->at, prefix);
	mx_prefix_format(&stands->at, other);
	note_text(&stands->note, &now, note);
	if (stands->denied == rule->denied)
		reply_message(request, "%s stays %s: %s", prefix,
			      verdict_of(rule), note);
	else
		reply_error(request,
			    "%s is not %s: %s is %s by command (%s), and a "
			    "program overrules no person",
			    prefix, verdict_of(rule), other, verdict_of(stands),
			    note);
}

/* Does the rule deny what is hardly meant?  If so, reply. */
static bool
is_refused(const struct request *request, const struct deny_rule *rule)
{
	char prefix[MX_PREFIX_TEXT_MAX], text[RULE_TEXT_MAX];

	if (rules_hazard(request->desk->state, rule, text)[0] == '\0')
		return false;
	reply_error(request,
		    "%s is not denied: %s.  Nothing was changed; --force "
		    "denies it all the same",
		    mx_prefix_format(&rule->at, prefix), text);
	return true;
}

/* Let the plan and the state file follow a rule.  A program may give a thousand
 * commands one after another: those of a while are in one plan, and none waits for
 * it. */
static void
reply_put(const struct request *request, const struct deny_rule *rule,
	  const char *message)
{
	struct desk *desk = request->desk;

	if (rule->program[0] != '\0') {
		if (!timer_is_set(desk->soon))
			timer_set(desk->soon, SOON_MS);
		reply_noted(request, "%s: noted for the next plan", message);
	} else {
		desk->changed(desk->arg);
		reply_when_settled(request, "%s", message);
	}
}

#define REPLACED_MAX (NOTE_TEXT_MAX + DENY_PROGRAM_MAX + 32)

/* Write " (until now: ...)" of the rule with the same prefix, which another one takes
 * the place of.  A program renews its own rules often, and that is no news.  Nothing is
 * written if there is none. */
static void
describe_replaced(const struct state *state, const struct deny_rule *rule,
		  char text[static REPLACED_MAX])
{
	const struct deny_rule *former = rules_at(state, &rule->at);
	const struct moment now = moment_now();
	char note[NOTE_TEXT_MAX];

	text[0] = '\0';
	if (former == NULL || (former->program[0] != '\0' &&
			       strcmp(former->program, rule->program) == 0))
		return;
	note_text(&former->note, &now, note);
	snprintf(text, REPLACED_MAX, " (until now: %s%s%s%s%s)",
		 verdict_of(former), former->program[0] != '\0' ? ", " : "",
		 former->program, note[0] != '\0' ? ", " : "", note);
}

/* The rule is put: tell it.  ending: of the sessions that there are now, or NULL. */
static void
finish(const struct request *request, const struct deny_rule *rule,
       const char *replaced, struct ending *ending)
{
	const struct state *state = request->desk->state;
	char prefix[MX_PREFIX_TEXT_MAX], text[RULE_TEXT_MAX], after[16];
	char time[DURATION_TEXT_MAX];
	char why[NOTE_TEXT_MAX + RULE_TEXT_MAX + REPLACED_MAX];
	char message[ENDING_WHAT_MAX];

	const char *hazard = rules_hazard(state, rule, text);
	note_why(&rule->note, why);
	const size_t used = strlen(why);
	snprintf(why + used, sizeof(why) - used, "%s%s%s",
		 used > 0 && hazard[0] != '\0' ? ", " : "", hazard,
		 used > 0 || hazard[0] != '\0' ? replaced
					       : replaced + (*replaced == ' '));
	snprintf(after, sizeof(after), "is %s", verdict_of(rule));
	tell(request, rule, after, why);
	duration_text(rule->note.until.for_s, time);
	snprintf(message, sizeof(message), "%s is %s%s%s%s%s%s",
		 mx_prefix_format(&rule->at, prefix), verdict_of(rule),
		 deadline_is_set(&rule->note.until) ? " for " : "",
		 deadline_is_set(&rule->note.until) ? time : "", replaced,
		 hazard[0] != '\0' ? "; " : "", hazard);
	if (ending == NULL) {
		reply_put(request, rule, message);
		return;
	}
	request->desk->changed(request->desk->arg);
	endings_begin(ending, message);
}

/* The rule was not put. */
static void
reply_full(const struct request *request, int error)
{
	if (error == -EDQUOT)
		reply_error(request,
			    "programs have %u rules already, as many as may "
			    "be; %u are kept for people: see show denied, and "
			    "forget PREFIX; or use a deny list",
			    RULES_OF_PROGRAMS_MAX,
			    MX_DENY_RULES_MAX - RULES_OF_PROGRAMS_MAX);
	else
		reply_error(request,
			    "there are %u rules already, as many as may be: "
			    "see show denied, and forget PREFIX; or use a deny "
			    "list",
			    MX_DENY_RULES_MAX);
}

/* A program may give a thousand rules, and there is room for few endings: if one
 * wants that, reply, and return true. */
static bool
refuse_ending(const struct request *request, const struct deny_rule *rule,
	      bool ends)
{
	if (!ends || rule->program[0] == '\0')
		return false;
	reply_usage(request,
		    "--end-sessions is for people: with --by, sessions go on");
	return true;
}

static void
put_rule(const struct request *request, const struct arguments *arguments,
	 bool denied)
{
	struct state *state = request->desk->state;
	struct deny_rule rule = {.denied = denied};
	const struct moment now = moment_now();
	const bool ends = arguments_has(arguments, "--end-sessions");
	char replaced[REPLACED_MAX];

	if (!read_rule(request, arguments, &rule) ||
	    refuse_ending(request, &rule, ends))
		return;
	const struct deny_rule *stands = rules_objection(state, &rule, &now);
	if (stands != NULL) {
		reply_objection(request, &rule, stands);
		return;
	}
	if (!arguments_has(arguments, "--force") && is_refused(request, &rule))
		return;
	struct ending *ending = ends ? endings_of_rule(request, &rule) : NULL;
	if (ends && ending == NULL)
		return;
	describe_replaced(state, &rule, replaced);
	const int error = rules_put(state, &rule);
	if (error == 0) {
		finish(request, &rule, replaced, ending);
		return;
	}
	if (ending != NULL)
		endings_give_up(ending);
	reply_full(request, error);
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
	struct state *state = request->desk->state;
	struct deny_rule rule = {.denied = false};
	char prefix[MX_PREFIX_TEXT_MAX], message[MX_PREFIX_TEXT_MAX + 32];

	if (!read_subject(request, arguments, &rule))
		return;
	const struct deny_rule *known = rules_at(state, &rule.at);
	mx_prefix_format(&rule.at, prefix);
	if (known == NULL) {
		reply_error(request,
			    "no command denied or allowed %s; see show denied",
			    prefix);
		return;
	}
	if (rule.program[0] != '\0' &&
	    strcmp(known->program, rule.program) != 0) {
		reply_error(request,
			    "%s is not of %s, and stays as it is; see show "
			    "denied",
			    prefix, rule.program);
		return;
	}
	rules_forget(state, &rule.at);
	tell(request, &rule, "is neither denied nor allowed by command", NULL);
	snprintf(message, sizeof(message), "%s is as the lists say", prefix);
	reply_put(request, &rule, message);
}
