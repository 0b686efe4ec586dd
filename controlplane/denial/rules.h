/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RULES_H
#define MX_RULES_H

/* Prefixes that the operator denies or allows by command, for good or for a
 * time.  They are in the state, so that they outlive a restart.
 *
 * Of all rules that cover a client the longest decides.  A rule comes before
 * every list.
 *
 * Threads    the event loop. */
#include "denytext.h"
#include "prefix.h"
#include "state.h"

/* Read a prefix or an address.  Returns 0, or -EINVAL with *fault. */
int rule_parse(const char *text, struct mx_config_prefix *out,
	       struct mx_deny_fault *fault);

/* Add a rule, in place of one with the same prefix.  Returns 0 or -ENOSPC. */
int rules_put(struct state *state, const struct deny_rule *rule);

/* Returns false if there is no rule with this prefix. */
bool rules_forget(struct state *state, const struct mx_config_prefix *at);

/* The rule with this prefix, or NULL. */
const struct deny_rule *rules_at(const struct state *state,
				 const struct mx_config_prefix *at);

/* Forget the rules whose time is over.  Returns true if there were any. */
bool rules_expire(struct state *state, int64_t now_s);

/* The rule that decides on an address, or NULL. */
const struct deny_rule *rules_find(const struct state *state,
				   const struct mx_addr *addr);

#define RULE_TEXT_MAX 128

/* Say what a rule denies that is hardly meant: a large part of all addresses,
 * or an MTA that no longer rule allows.  Writes "it is ..." or "it has ...",
 * or an empty text.  Returns text. */
const char *rules_hazard(const struct state *state,
			 const struct deny_rule *rule,
			 char text[static RULE_TEXT_MAX]);

#endif /* MX_RULES_H */
