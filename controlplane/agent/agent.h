/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_AGENT_H
#define MX_AGENT_H

/* What is known of the agent of one backend: what it asks for, what of that
 * counts, and whether it still answers.
 *
 * Lines      A line changes the kinds of wishes that it has; see agentline.h.
 * Calm       A stricter wish counts at once.  A wish that lifts a restriction
 *            counts when AGENT_CALM_MS have passed since the last change.  A
 *            percentage that differs by less than AGENT_STEP does not count,
 *            except from 0, to 0 and to 100.  So an agent that changes its mind each second
 *            causes two plans in ten seconds, and its MTA stays restricted.
 * Stale      After AGENT_MISSES askings in vain the last wish goes on counting,
 *            and is called stale.  A host without time to answer is the last one
 *            that should get more mail; a host that is off fails its checks.  The
 *            operator ends a stale wish: `agent POOL/BACKEND ignore`.
 * Restart    The state file has what counted.  It goes on counting until the agent
 *            says something, which takes its place as a whole: an agent that
 *            was started again meanwhile may not know that it asked for a drain.
 *
 * Threads    pure functions on the caller's memory: any. */
#include <stdbool.h>
#include <stdint.h>

#include "agentline.h"
#include "asker.h"
#include "weight.h"

#define AGENT_MISSES 3
#define AGENT_CALM_MS 10000
#define AGENT_STEP 5 /* percent */

struct agent {
	struct mx_endpoint address; /* where it is asked */
	bool heard;                 /* it has answered */
	bool kept;         /* its wish is all of before this process began */
	uint16_t misses;   /* askings in vain since its last answer */
	uint64_t heard_ms; /* clock_ms() of its last answer */
	enum asker_end end;
	int error;                      /* errno of the last asking, or 0 */
	char line[AGENTLINE_TEXT_MAX];  /* its last line; printable */
	char fault[AGENTLINE_WORD_MAX]; /* the first word that is none, or "" */
	struct agent_wish said;         /* what all its lines ask for */
	struct agent_wish counts;       /* what of that counts */
	uint64_t changed_ms;            /* when counts changed */
};

/* An agent that was not asked yet: it asks for nothing. */
void agent_begin(struct agent *agent, const struct mx_endpoint *address);

/* This counted before this process began. */
void agent_keep(struct agent *agent, const struct agent_wish *wish);

/* Take an answer.  weight: that of the file, for a line that says a weight
 * instead of a percentage.  Returns whether agent->counts has changed. */
bool agent_take(struct agent *agent, const struct asker_answer *answer,
		uint16_t weight, uint64_t now_ms);

/* Was it asked in vain so often that its wish may be out of date? */
static inline bool
agent_is_silent(const struct agent *agent)
{
	return agent->misses >= AGENT_MISSES;
}

/* Is it known what it asks for? */
static inline bool
agent_is_known(const struct agent *agent)
{
	return agent->heard || agent->kept;
}

/* Its state for people and programs: before the first answer "new", or "kept" if
 * its wish was; "ok"; "silent" if its wish is not known, or else "stale". */
const char *agent_state(const struct agent *agent);

/* A wish in the words of agents, such as "drain down 50%".  Returns text. */
#define AGENT_WORDS_MAX 48
const char *agent_words(const struct agent_wish *wish,
			char text[static AGENT_WORDS_MAX]);

#endif /* MX_AGENT_H */
