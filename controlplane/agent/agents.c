/* SPDX-License-Identifier: BSD-3-Clause */
#include "agents.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "descriptors.h"
#include "eventlog.h"
#include "log.h"
#include "wish.h"

/* The agent of one backend, and who asks it. */
struct entry {
	struct agents *agents;
	struct asker *asker; /* NULL: in the operator's maintenance */
	struct asker_task task;
	uint16_t id;
	struct agent agent;
};

struct agents {
	struct probes *turns;
	struct state *state;
	struct monitor *monitor;
	void (*changed)(void *arg);
	void *arg;
	bool followed; /* what the state file kept of agents was taken */
	struct entry *entry[MX_BACKENDS_MAX + 1]; /* by id; NULL: none */
};

/* Put what counts of an agent's wish into the state, unless the operator ignores
 * it.  Returns whether that changes anything. */
static bool
put(struct agents *agents, uint16_t id)
{
	static const struct agent_wish nothing = {.percent = 100};
	struct backend *backend = &agents->state->backend[id];
	const struct entry *entry = agents->entry[id];
	const bool counts = entry != NULL && agent_is_known(&entry->agent) &&
			    !backend->override.agent_ignored;
	const struct agent_wish was =
		backend->has_agent ? backend->agent : nothing;
	const enum admin_state before = state_admin(backend);
	char label[STATE_LABEL_MAX], subject[STATE_LABEL_MAX + 8];
	char from[AGENT_WORDS_MAX], to[AGENT_WORDS_MAX];

	if (!agent_put(agents->state, id, counts ? &entry->agent.counts : NULL))
		return false;
	if (state_admin(backend) != before)
		backend->since_s = clock_wall_s();
	agent_words(&was, from);
	agent_words(&backend->agent, to);
	snprintf(subject, sizeof(subject), "backend %s",
		 state_label(backend, label));
	if (strcmp(from, to) != 0)
		eventlog_add(&(struct eventlog_news){
			.level = LOG_LEVEL_INFO,
			.source = EVENT_AGENT,
			.subject = subject,
			.what = "agent",
			.before = from,
			.after = to,
			.why = backend->agent.text,
		});
	/* In maintenance a backend is not checked. */
	if ((before == ADMIN_MAINT) != (state_admin(backend) == ADMIN_MAINT) &&
	    monitor_follow(agents->monitor) < 0)
		log_line(LOG_LEVEL_ERROR, "not enough memory for all probes");
	return true;
}

/* Tell the first word that is none, an agent that does not answer any more, and one
 * that answers again: once for each change. */
static void
tell(const struct agents *agents, uint16_t id, const struct agent *before,
     const struct agent *after)
{
	char label[STATE_LABEL_MAX], subject[STATE_LABEL_MAX + 8];

	snprintf(subject, sizeof(subject), "agent %s",
		 state_label(&agents->state->backend[id], label));
	if (agent_is_silent(after) && !agent_is_silent(before))
		eventlog_tell(LOG_LEVEL_WARN, EVENT_AGENT, subject,
			      "does not answer: %s%s%s; %s",
			      asker_end_text(after->end),
			      after->error != 0 ? ": " : "",
			      after->error != 0 ? strerror(after->error) : "",
			      agent_is_known(after)
				      ? "what it said last still counts"
				      : "it restricts nothing");
	else if (agent_is_silent(before) && !agent_is_silent(after))
		eventlog_tell(LOG_LEVEL_INFO, EVENT_AGENT, subject,
			      "answers again");
	/* A word that changes with each line is told once. */
	if (after->fault[0] != '\0' && before->fault[0] == '\0')
		eventlog_tell(LOG_LEVEL_WARN, EVENT_AGENT, subject,
			      "says '%s', which is no word of an agent",
			      after->fault);
}

static void
on_answer(void *arg, const struct asker_answer *answer)
{
	struct entry *entry = arg;
	struct agents *agents = entry->agents;
	const struct backend *backend = &agents->state->backend[entry->id];
	const struct agent before = entry->agent;

	agent_take(&entry->agent, answer,
		   backend->config != NULL ? backend->config->weight : 0,
		   clock_ms());
	tell(agents, entry->id, &before, &entry->agent);
	if (put(agents, entry->id))
		agents->changed(agents->arg);
}

struct agents *
agents_new(struct event_base *base, struct state *state,
	   struct monitor *monitor, void (*changed)(void *arg), void *arg)
{
	struct agents *agents = calloc(1, sizeof(*agents));

	if (agents == NULL)
		return NULL;
	agents->turns = probes_new(base, descriptors_share().agents);
	if (agents->turns == NULL) {
		free(agents);
		return NULL;
	}
	agents->state = state;
	agents->monitor = monitor;
	agents->changed = changed;
	agents->arg = arg;
	return agents;
}

static void
entry_free(struct entry *entry)
{
	if (entry == NULL)
		return;
	asker_free(entry->asker);
	free(entry);
}

/* Take the entry of an agent's address out of the list: that of `id`, or else that
 * of a backend which left the configuration, as when its pool was renamed.
 * Returns NULL if no entry has this address. */
static struct entry *
take_entry(struct agents *agents, uint16_t id,
	   const struct mx_endpoint *address)
{
	for (uint16_t i = 0; i <= MX_BACKENDS_MAX; i++) {
		struct entry **place = &agents->entry[i == 0 ? id : i];
		struct entry *found = *place;

		if (found != NULL &&
		    (i == 0 || agents->state->backend[i].config == NULL) &&
		    mx_endpoint_equal(&found->agent.address, address)) {
			*place = NULL;
			return found;
		}
	}
	return NULL;
}

/* The entry of an agent that is to be asked in this way; what is known of the
 * agent stays.  Returns NULL if there is no memory. */
static struct entry *
entry_of(struct agents *agents, uint16_t id, const struct asker_task *task)
{
	struct entry *entry = take_entry(agents, id, &task->endpoint);

	if (entry == NULL) {
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL)
			return NULL;
		entry->agents = agents;
		agent_begin(&entry->agent, &task->endpoint);
		if (!agents->followed && agents->state->backend[id].has_agent)
			agent_keep(&entry->agent,
				   &agents->state->backend[id].agent);
	} else if (entry->task.interval_ms != task->interval_ms ||
		   strcmp(entry->task.send, task->send) != 0) {
		asker_free(entry->asker);
		entry->asker = NULL;
	}
	entry->task = *task;
	entry->id = id;
	return entry;
}

/* Ask, or ask no longer.  Returns 0 or -ENOMEM. */
static int
follow_maintenance(struct entry *entry)
{
	const struct agents *agents = entry->agents;
	const struct backend *b = &agents->state->backend[entry->id];

	if (b->override.admin == ADMIN_MAINT) {
		asker_free(entry->asker);
		entry->asker = NULL;
	} else if (entry->asker == NULL) {
		entry->asker = asker_new(agents->turns, &entry->task, on_answer,
					 entry);
		if (entry->asker == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* Have the agents of a pool asked, and enter them by id. */
static int
follow_pool(struct agents *agents, uint16_t p, struct entry **by_id)
{
	const struct mx_config_pool *pool = &agents->state->config->pool[p];
	int error = 0;

	for (uint16_t i = 0; i < pool->backend_count && pool->agent.port != 0;
	     i++) {
		const uint16_t id = agents->state->pool[p].member[i];
		struct asker_task task = {
			.endpoint = pool->backend[i].address,
			.interval_ms = pool->agent.interval_ms,
		};
		task.endpoint.port_be = htons(pool->agent.port);
		memcpy(task.send, pool->agent.send, sizeof(task.send));
		by_id[id] = entry_of(agents, id, &task);
		if (by_id[id] == NULL || follow_maintenance(by_id[id]) < 0)
			error = -ENOMEM;
	}
	return error;
}

int
agents_follow(struct agents *agents)
{
	struct entry *by_id[MX_BACKENDS_MAX + 1] = {NULL};
	int error = 0;

	for (uint16_t p = 0; p < agents->state->config->pool_count; p++)
		if (follow_pool(agents, p, by_id) < 0)
			error = -ENOMEM;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		entry_free(agents->entry[id]);
	memcpy(agents->entry, by_id, sizeof(by_id));
	agents->followed = true;
	bool changed = false;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (agents->state->backend[id].used)
			changed |= put(agents, id);
	if (changed)
		agents->changed(agents->arg);
	return error;
}

const struct agent *
agents_get(const struct agents *agents, uint16_t id)
{
	return agents->entry[id] != NULL ? &agents->entry[id]->agent : NULL;
}

void
agents_free(struct agents *agents)
{
	if (agents == NULL)
		return;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		entry_free(agents->entry[id]);
	probes_free(agents->turns);
	free(agents);
}
