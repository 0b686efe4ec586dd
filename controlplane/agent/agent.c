/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent.h"

#include <stdio.h>
#include <string.h>

static const struct agent_wish none = {.admin = ADMIN_READY, .percent = 100};

void
agent_begin(struct agent *agent, const struct mx_endpoint *address)
{
	*agent = (struct agent){
		.address = *address, .said = none, .counts = none};
}

void
agent_keep(struct agent *agent, const struct agent_wish *wish)
{
	agent->kept = true;
	agent->said = agent->counts = *wish;
}

const char *
agent_state(const struct agent *agent)
{
	if (agent_is_silent(agent))
		return agent_is_known(agent) ? "stale" : "silent";
	if (agent->heard)
		return "ok";
	return agent->kept ? "kept" : "new";
}

const char *
agent_words(const struct agent_wish *wish, char text[static AGENT_WORDS_MAX])
{
	const bool admin = wish->admin != ADMIN_READY;
	char most[24] = "";

	if (wish->sessions_max > 0)
		snprintf(most, sizeof(most), " maxconn:%u", wish->sessions_max);
	snprintf(text, AGENT_WORDS_MAX, "%s%s%s%u%%%s",
		 admin ? admin_name(wish->admin) : "", admin ? " " : "",
		 wish->down ? "down " : "", wish->percent, most);
	return text;
}

/* A weight as a percentage of another one.  A weight that is not 0 does not
 * become 0. */
static uint16_t
percent_of(uint32_t weight, uint32_t whole)
{
	const uint32_t percent =
		whole == 0 ? 100 : (weight * 100 + whole / 2) / whole;

	if (percent == 0 && weight > 0)
		return 1;
	return percent < AGENTLINE_PERCENT_MAX ? (uint16_t)percent
					       : AGENTLINE_PERCENT_MAX;
}

/* Change the kinds of wishes that the line has. */
static void
merge(struct agent_wish *wish, const struct agentline *line, uint16_t weight)
{
	if (line->says_health)
		wish->down = line->down;
	if (line->says_admin)
		wish->admin = line->admin;
	if (line->says_percent)
		wish->percent = line->percent;
	if (line->says_weight)
		wish->percent = percent_of(line->weight, weight);
	if (line->says_sessions)
		wish->sessions_max = line->sessions_max;
	snprintf(wish->text, sizeof(wish->text), "%s", line->text);
}

static bool
is_near(uint16_t percent, uint16_t other)
{
	const int gap = (int)percent - (int)other;

	return gap < AGENT_STEP && gap > -AGENT_STEP;
}

/* Returns the lower one of two limits; 0 means no limit. */
static uint32_t
lower_limit(uint32_t a, uint32_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

static struct agent_wish
stricter(const struct agent_wish *a, const struct agent_wish *b)
{
	return (struct agent_wish){
		.admin = a->admin > b->admin ? a->admin : b->admin,
		.down = a->down || b->down,
		.percent = a->percent < b->percent ? a->percent : b->percent,
		.sessions_max = lower_limit(a->sessions_max, b->sessions_max),
	};
}

static bool
is_same(const struct agent_wish *a, const struct agent_wish *b)
{
	return a->admin == b->admin && a->down == b->down &&
	       a->percent == b->percent && a->sessions_max == b->sessions_max;
}

/* What counts from now on. */
static bool
settle(struct agent *agent, bool first, uint64_t now_ms)
{
	struct agent_wish next = agent->said;

	if (!first && is_near(next.percent, agent->counts.percent) &&
	    agent->counts.percent != 0 && next.percent != 0 &&
	    next.percent != 100)
		next.percent = agent->counts.percent;
	if (!first && now_ms - agent->changed_ms < AGENT_CALM_MS)
		next = stricter(&next, &agent->counts);
	memcpy(next.text, agent->said.text, sizeof(next.text));
	const bool changed = !is_same(&next, &agent->counts);
	if (changed)
		agent->changed_ms = now_ms;
	agent->counts = next;
	return changed;
}

static bool
miss(struct agent *agent, enum asker_end end)
{
	agent->end = end;
	/* A fault of this host says nothing about the agent. */
	if (end != ASKER_LOCAL_FAULT && agent->misses < UINT16_MAX)
		agent->misses++;
	return false;
}

bool
agent_take(struct agent *agent, const struct asker_answer *answer,
	   uint16_t weight, uint64_t now_ms)
{
	struct agentline line;
	const bool first = !agent_is_known(agent);

	agent->error = answer->error;
	if (answer->end != ASKER_LINE)
		return miss(agent, answer->end);
	agentline_parse(&line, answer->line, answer->length);
	agentline_print(agent->line, sizeof(agent->line), answer->line,
			answer->length);
	memcpy(agent->fault, line.fault, sizeof(agent->fault));
	if (!agentline_says(&line) && line.fault[0] != '\0')
		return miss(agent, ASKER_NO_WORD);
	agent->end = ASKER_LINE;
	agent->heard = true;
	agent->misses = 0;
	agent->heard_ms = now_ms;
	if (agent->kept && agentline_says(&line)) {
		agent->said = none;
		agent->kept = false;
	}
	merge(&agent->said, &line, weight);
	return settle(agent, first, now_ms);
}
