/* SPDX-License-Identifier: BSD-3-Clause */
#include "override.h"

#include <inttypes.h>

#include "clock.h"
#include "log.h"

struct override
override_put(struct state *state, uint16_t id, const struct override *override,
	     const char *who)
{
	struct backend *backend = &state->backend[id];
	const struct override before = backend->override;
	const uint16_t weight_before = state_weight(backend);
	char label[STATE_LABEL_MAX];

	backend->override = *override;
	const uint16_t weight = state_weight(backend);
	if (override->admin != before.admin)
		log_line(LOG_LEVEL_INFO, "backend %s %s -> %s, by %s",
			 state_label(backend, label), admin_name(before.admin),
			 admin_name(override->admin), who);
	if (override->end_sessions != before.end_sessions)
		log_line(LOG_LEVEL_INFO, "backend %s: sessions %s, by %s",
			 state_label(backend, label),
			 override->end_sessions ? "end behind their mails"
						: "end by themselves",
			 who);
	if (weight != weight_before)
		log_line(LOG_LEVEL_INFO, "backend %s weight %u -> %u, by %s",
			 state_label(backend, label), weight_before, weight,
			 who);
	return before;
}

void
override_end(struct state *state, const char *label, uint64_t sessions,
	     const char *who)
{
	uint16_t id[MX_BACKENDS_MAX];
	const uint16_t count = state_ids(state, label, id);

	for (uint16_t i = 0; i < count; i++)
		state->backend[id[i]].ended_s = (uint32_t)clock_s();
	log_line(LOG_LEVEL_INFO, "backend %s: %" PRIu64 " sessions end, by %s",
		 label, sessions, who);
}

void
override_restore(struct backend *backend, const struct override *override)
{
	backend->override = *override;
}

void
override_forget(struct backend *backend)
{
	backend->override = (struct override){.admin = ADMIN_READY};
}

void
override_recall_end(struct backend *backend, uint32_t ended_s)
{
	if (ended_s > backend->ended_s && ended_s <= clock_s())
		backend->ended_s = ended_s;
}
