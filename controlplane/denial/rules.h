/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RULES_H
#define MX_RULES_H

/* Prefixes that the operator denies or allows by command, for good or for a
 * time.  They are in the state, so that they outlive a restart.
 *
 * Of all rules that cover a client the longest decides.  A rule comes before
 * every list.
 *
 * Programs such as fail2ban give commands too.  Their rules do not overrule
 * people: see rules_objection().  Their events have a source of their own, so
 * that a thousand of them push out none of others.
 *
 * Threads    the event loop. */
#include "denytext.h"
#include "eventlog.h"
#include "prefix.h"
#include "state.h"

/* Read a prefix or an address.  Returns 0, or -EINVAL with *fault. */
int rule_parse(const char *text, struct mx_config_prefix *out,
	       struct mx_deny_fault *fault);

/* Programs may give only so many rules: the others are for people, who need them
 * most when a program gives too many. */
#define RULES_OF_PROGRAMS_MAX (MX_DENY_RULES_MAX - 128)

/* Add a rule, in place of one with the same prefix.  What that one refused stays
 * counted if both deny, or both allow; or else the count begins anew.
 * Returns 0; -ENOSPC if there are MX_DENY_RULES_MAX; or -EDQUOT if it is of a
 * program, and programs have RULES_OF_PROGRAMS_MAX. */
int rules_put(struct state *state, const struct deny_rule *rule);

/* Returns false if there is no rule with this prefix. */
bool rules_forget(struct state *state, const struct mx_config_prefix *at);

/* The rule with this prefix, or NULL. */
const struct deny_rule *rules_at(const struct state *state,
				 const struct mx_config_prefix *at);

/* Forget the rules whose time is over; each is an event.  Call this every second.
 * Returns true if there were any. */
bool rules_expire(struct state *state, const struct moment *now);

/* The rule for which that of a program is not put.  It is one of a person that says
 * the opposite of the whole prefix, or of more.  Or it has the same prefix, says
 * the same, is not of this program, and lasts at least as long.
 * Returns NULL if there is none, or if a person gives the rule. */
const struct deny_rule *rules_objection(const struct state *state,
					const struct deny_rule *rule,
					const struct moment *now);

/* Is it a name of a program: letters, digits and any of "_.-"? */
bool rule_is_program(const char *name);

/* Whose event it is, if a command gives the rule. */
enum event_source rule_source(const struct deny_rule *rule);

/* The rule that decides on an address, or NULL. */
const struct deny_rule *rules_find(const struct state *state,
				   const struct mx_addr *addr);

/* Do rules deny all addresses of a prefix? */
bool rules_deny_all(const struct state *state,
		    const struct mx_config_prefix *at);

/* How many rules are of programs. */
uint16_t rules_of_programs(const struct state *state);

#define RULE_GIVER_MAX (DENY_PROGRAM_MAX + NOTE_WHO_MAX + 2)

/* Who gave a rule: "alice (uid 1000)", or "fail2ban, root (uid 0)".  A program is
 * what the command says, and the user is what the kernel says.  Returns text. */
const char *rule_giver(const struct deny_rule *rule,
		       char text[static RULE_GIVER_MAX]);

#define RULE_TEXT_MAX 160

/* Say how many rules there are and may be.  Returns whether one of both limits is
 * near: at most a tenth of it is left. */
bool rules_are_many(const struct state *state, char text[static RULE_TEXT_MAX]);

/* Say what a rule denies, or would deny, that is hardly meant: a large part of all
 * addresses; an MTA that no longer rule allows; or a snat address, which is the
 * client of all mail in the logs of MTAs that read no PROXY header.  Writes
 * "it is ..." or "it has ...", or an empty text.  Returns text. */
const char *rules_hazard(const struct state *state,
			 const struct deny_rule *rule,
			 char text[static RULE_TEXT_MAX]);

#endif /* MX_RULES_H */
