/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDINGS_H
#define MX_ENDINGS_H

/* The commands that end the sessions of clients at once; see endsessions.h
 *
 * Threads    the event loop. */
#include "request.h"

struct ending;
struct deny_rule;

void command_end_sessions_from(const struct request *request,
			       const struct arguments *arguments);
void command_end_session(const struct request *request,
			 const struct arguments *arguments);

/* Of `deny --end-sessions`: end the sessions of the clients of a prefix that rules
 * deny.  Returns NULL after a reply, if that cannot be done now: no rule should be
 * put then. */
struct ending *endings_of_rule(const struct request *request,
			       const struct deny_rule *rule);

/* The rule is put, and the message says so: count its sessions, end them, and
 * reply. */
void endings_begin(struct ending *ending, const char *message);

/* The rule was not put, and the caller replies. */
void endings_give_up(struct ending *ending);

#endif /* MX_ENDINGS_H */
