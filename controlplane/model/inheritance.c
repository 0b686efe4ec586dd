/* SPDX-License-Identifier: BSD-3-Clause */
#include "inheritance.h"

#include <string.h>

#include "override.h"

static bool
same_label(const struct backend *a, const struct backend *b)
{
	return strcmp(a->pool, b->pool) == 0 && strcmp(a->name, b->name) == 0;
}

static bool
same_address(const struct backend *a, const struct backend *b)
{
	return mx_endpoint_equal(&a->address, &b->address);
}

/* Has a backend of this label a place in the configuration? */
static bool
label_is_configured(const struct state *state, const struct backend *b)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (state->backend[id].config != NULL &&
		    same_label(&state->backend[id], b))
			return true;
	return false;
}

/* Find the backend that had this address.  One that left is preferred: it was
 * renamed. */
static uint16_t
find_address(const struct state *before, const struct state *next,
	     const struct backend *b)
{
	uint16_t found = MX_BACKEND_NONE;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *old = &before->backend[id];

		if (!inherit_was_configured(old) || !same_address(old, b))
			continue;
		if (next->backend[id].config == NULL)
			return id;
		if (found == MX_BACKEND_NONE)
			found = id;
	}
	return found;
}

/* Find the backend that bore this label.  One that was configured is preferred
 * to one that is retired with an override. */
static uint16_t
find_label(const struct state *before, const struct backend *b)
{
	uint16_t found = MX_BACKEND_NONE;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *old = &before->backend[id];

		if (!old->used || !same_label(old, b))
			continue;
		if (inherit_was_configured(old))
			return id;
		if (override_is_set(&old->override))
			found = id;
	}
	return found;
}

uint16_t
inherit_overrides_of(const struct state *before, const struct state *next,
		     uint16_t id)
{
	const struct backend *b = &next->backend[id];
	const uint16_t same = find_label(before, b);

	if (same != MX_BACKEND_NONE)
		return same;
	const uint16_t there = find_address(before, next, b);
	if (there == MX_BACKEND_NONE ||
	    label_is_configured(next, &before->backend[there]))
		return MX_BACKEND_NONE;
	return there;
}

static void
take_health(struct backend *b, const struct backend *from)
{
	b->health = from->health;
	b->ramp = from->ramp;
	b->soft = from->soft;
	b->passive = from->passive;
	b->balance = from->balance;
	b->degraded = from->degraded;
	b->flawed = from->flawed;
	b->check = from->check;
	b->since_s = from->since_s;
	b->profile = from->profile;
	b->certificate_mark = from->certificate_mark;
	b->certificate_mark_s = from->certificate_mark_s;
	b->has_agent = from->has_agent;
	b->agent = from->agent;
	b->load_percent = from->load_percent;
}

void
inherit(const struct state *before, struct state *next)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct backend *b = &next->backend[id];

		if (b->config == NULL ||
		    inherit_was_configured(&before->backend[id]))
			continue;
		const uint16_t there = find_address(before, next, b);
		if (there != MX_BACKEND_NONE)
			take_health(b, &before->backend[there]);
		const uint16_t from = inherit_overrides_of(before, next, id);
		if (from == MX_BACKEND_NONE)
			continue;
		override_restore(b, &before->backend[from].override);
		/* An override counts once: when a new id takes it over, the old
		 * id loses it. */
		if (next->backend[from].config == NULL)
			override_forget(&next->backend[from]);
	}
}
