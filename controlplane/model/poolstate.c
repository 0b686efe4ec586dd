/* SPDX-License-Identifier: BSD-3-Clause */
#include "poolstate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "eventlog.h"
#include "reason.h"

static const char *const names[] = {
	[POOL_OK] = "ok",
	[POOL_DEGRADED] = "degraded",
	[POOL_EMPTY] = "EMPTY",
};
static_assert(sizeof(names) / sizeof(names[0]) == POOL_STATES,
	      "one name per state");

const char *
pool_state_name(enum pool_state pool_state)
{
	assert(pool_state < POOL_STATES);
	return names[pool_state];
}

bool
backend_is_well(const struct backend *b)
{
	return b->why == WEIGHT_STANDBY ||
	       (b->why == WEIGHT_ZERO && b->config->weight == 0) ||
	       (weight_serves(b->why) && b->why != WEIGHT_KEPT &&
		!b->degraded && !b->flawed);
}

enum pool_state
pool_state(const struct state *state, uint16_t pool, uint16_t *serving)
{
	const uint16_t members = state->config->pool[pool].backend_count;
	uint16_t count = 0;
	bool well = true;

	for (uint16_t i = 0; i < members; i++) {
		const struct backend *b =
			&state->backend[state->pool[pool].member[i]];
		if (b->effective_weight > 0)
			count++;
		well = well && backend_is_well(b);
	}
	if (serving != NULL)
		*serving = count;
	if (count == 0)
		return POOL_EMPTY;
	return well ? POOL_OK : POOL_DEGRADED;
}

static enum pool_service
service_of(const struct pool *pool)
{
	if (pool->empty)
		return POOL_SERVES_NOT;
	return pool->soft ? POOL_SERVES_SOFT : POOL_SERVES;
}

void
pool_services(const struct state *state,
	      enum pool_service service[static MX_POOLS_MAX])
{
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		service[p] = service_of(&state->pool[p]);
}

void
pool_services_tell(const struct state *state,
		   const enum pool_service before[static MX_POOLS_MAX])
{
	static const struct {
		enum log_level level;
		const char *word;
		const char *why;
	} rows[] = {
		[POOL_SERVES] = {LOG_LEVEL_INFO, "serving", NULL},
		[POOL_SERVES_SOFT] =
			{LOG_LEVEL_WARN, "soft",
			 "every backend that could serve is soft; they go on "
			 "getting new sessions"},
		[POOL_SERVES_NOT] = {LOG_LEVEL_ERROR, "EMPTY",
				     "no usable backend"},
	};
	char subject[MX_NAME_MAX + 8];

	for (uint16_t p = 0; p < state->config->pool_count; p++) {
		const enum pool_service now = service_of(&state->pool[p]);

		if (now == before[p])
			continue;
		snprintf(subject, sizeof(subject), "pool %s",
			 state->config->pool[p].name);
		eventlog_add(
			&(struct eventlog_news){.level = rows[now].level,
						.source = EVENT_CONTROL,
						.subject = subject,
						.before = rows[before[p]].word,
						.after = rows[now].word,
						.why = rows[now].why});
	}
}

/* Is this the verdict that explains the reason of a weight? */
static bool
explains(enum verdict verdict, enum weight_reason why)
{
	switch (verdict) {
	case VERDICT_DEGRADED:
		return why == weight_less(FACTOR_DEGRADED) ||
		       why == weight_less(FACTOR_CERTIFICATE);
	case VERDICT_SOFT:
		return why == WEIGHT_SOFT || why == WEIGHT_KEPT ||
		       why == WEIGHT_DOWN;
	case VERDICT_DOWN:
		return why == WEIGHT_DOWN;
	default:
		return false;
	}
}

/* What the last check, or the agent, adds to the reason of a weight.  Returns
 * text. */
static const char *
detail(const struct backend *b, char text[static POOLSTATE_WHY_MAX])
{
	const struct last_check *check = &b->check;
	const bool nothing = check->known &&
			     reason_kind(check->reason) == REASON_SAYS_NOTHING;

	text[0] = '\0';
	if (b->passive.out && (b->why == WEIGHT_SOFT || b->why == WEIGHT_KEPT))
		snprintf(text, POOLSTATE_WHY_MAX, ", sessions fail: %s",
			 passive_text(b->passive.last));
	else if (b->why >= WEIGHT_AGENT_MAINT && b->why <= WEIGHT_AGENT_ZERO)
		snprintf(text, POOLSTATE_WHY_MAX, "%s%s",
			 b->agent.text[0] != '\0' ? ": " : "", b->agent.text);
	else if (b->why == WEIGHT_DOWN && !check->known)
		snprintf(text, POOLSTATE_WHY_MAX, ", not checked yet");
	else if (b->why == WEIGHT_DOWN && verdict_passes(check->verdict))
		snprintf(text, POOLSTATE_WHY_MAX,
			 ", too few checks passed yet");
	else if (check->known && (nothing || explains(check->verdict, b->why)))
		snprintf(text, POOLSTATE_WHY_MAX, "%s%s%s%s",
			 nothing && b->why != WEIGHT_DOWN ? ", not checked: "
							  : ", ",
			 reason_text(check->reason),
			 check->reply[0] != '\0' ? ": " : "", check->reply);
	else if (b->override.end_sessions)
		snprintf(text, POOLSTATE_WHY_MAX, ", sessions end");
	return text;
}

/* The note of the wish that this reason comes from, or NULL. */
static const struct wish_note *
note_of(const struct backend *b)
{
	if (b->why == WEIGHT_DRAINING || b->why == WEIGHT_MAINTENANCE)
		return &b->override.note[WISH_ADMIN];
	if (b->why == WEIGHT_ZERO && b->override.weight_set)
		return &b->override.note[WISH_WEIGHT];
	return NULL;
}

const char *
backend_note(const struct backend *b, char text[static POOLSTATE_NOTE_MAX])
{
	const struct wish_note *note = note_of(b);
	const struct moment now = moment_now();

	text[0] = '\0';
	if (note != NULL && note_text(note, &now, &text[2])[0] != '\0')
		memcpy(text, ": ", 2);
	return text;
}

static const char *
write_why(const struct backend *b, const char *note,
	  char text[static POOLSTATE_WHY_MAX])
{
	char more[POOLSTATE_WHY_MAX], percent[32] = "";

	if (b->why >= WEIGHT_LESS && b->why < WEIGHT_KEPT)
		snprintf(percent, sizeof(percent), ", %u %% of its weight",
			 b->percent[b->why - WEIGHT_LESS]);
	snprintf(text, POOLSTATE_WHY_MAX, "%s%s%s%s",
		 weight_reason_text(b->why), percent, detail(b, more), note);
	return text;
}

const char *
backend_why(const struct backend *b, char text[static POOLSTATE_WHY_MAX])
{
	char note[POOLSTATE_NOTE_MAX];

	return write_why(b, backend_note(b, note), text);
}

const char *
backend_public_why(const struct backend *b, char text[static POOLSTATE_WHY_MAX])
{
	return write_why(b, "", text);
}
