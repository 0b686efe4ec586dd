/* SPDX-License-Identifier: BSD-3-Clause */
#include "emptying.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

int
emptying_begin(struct emptying *emptying, const struct state *state,
	       const struct publisher *publisher, uint16_t names_max)
{
	*emptying = (struct emptying){
		.state = state,
		.publisher = publisher,
		.name = calloc(names_max, sizeof(*emptying->name))};
	return emptying->name == NULL ? -ENOMEM : 0;
}

void
emptying_end(struct emptying *emptying)
{
	free(emptying->name);
}

void
emptying_add(struct emptying *emptying, const char *label)
{
	struct emptying_name *name = &emptying->name[emptying->names++];
	const char *slash = strchr(label, '/');

	if (slash == NULL)
		return; /* it names nothing */
	snprintf(name->pool, sizeof(name->pool), "%.*s", (int)(slash - label),
		 label);
	snprintf(name->name, sizeof(name->name), "%s", slash + 1);
}

void
emptying_add_box(struct emptying *emptying)
{
	emptying->box = true;
}

static bool
is_named(const struct emptying *emptying, const struct backend *b)
{
	if (emptying->box)
		return true;
	for (uint16_t i = 0; i < emptying->names; i++)
		if (strcmp(emptying->name[i].name, b->name) == 0 &&
		    strcmp(emptying->name[i].pool, b->pool) == 0)
			return true;
	return false;
}

/* Is it retired, at the address of one of the first `named` ids? */
static bool
is_former(const struct emptying *emptying, const struct backend *b,
	  uint16_t named)
{
	for (uint16_t i = 0; b->retired && i < named; i++) {
		const struct backend *other =
			&emptying->state->backend[emptying->id[i]];

		if (other->config != NULL &&
		    mx_endpoint_equal(&other->address, &b->address))
			return true;
	}
	return false;
}

/* Find the ids anew after each configuration. */
static void
follow(struct emptying *emptying)
{
	const struct backend *all = emptying->state->backend;

	if (emptying->found && emptying->applied == emptying->state->applied)
		return;
	emptying->found = true;
	emptying->applied = emptying->state->applied;
	emptying->ids = 0;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (all[id].used && is_named(emptying, &all[id]))
			emptying->id[emptying->ids++] = id;
	const uint16_t named = emptying->ids;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (all[id].used && !is_named(emptying, &all[id]) &&
		    is_former(emptying, &all[id], named))
			emptying->id[emptying->ids++] = id;
}

struct emptying_tally
emptying_look(struct emptying *emptying)
{
	const struct mx_region *region = publisher_region(emptying->publisher);
	const struct mx_plan *plan = publisher_plan(emptying->publisher);
	struct emptying_tally tally = {.known = false};

	follow(emptying);
	for (uint16_t i = 0; i < emptying->ids; i++) {
		const uint16_t id = emptying->id[i];
		const struct backend *b = &emptying->state->backend[id];

		tally.known |= b->used;
		tally.ready |=
			b->config != NULL && b->override.admin == ADMIN_READY;
		tally.serves |= plan != NULL && plan->backend[id].serves;
		if (region == NULL)
			continue;
		const struct mx_flow_count count = traffic_backend(region, id);
		tally.sessions += traffic_sessions(&count);
		tally.sealed += count.sealed;
		tally.half_open += traffic_half_open(&count);
		tally.opened += count.opened;
	}
	if (emptying->box) {
		tally.ready = !emptying->state->box.drain;
		tally.serves = tally.ready;
	}
	return tally;
}

bool
emptying_is_done(const struct emptying *emptying,
		 const struct emptying_tally *tally)
{
	return !tally->ready && !tally->serves && tally->sessions == 0 &&
	       tally->half_open == 0 && publisher_in_force(emptying->publisher);
}

const char *
emptying_text(const struct emptying *emptying,
	      char text[static EMPTYING_TEXT_MAX])
{
	const struct mx_region *region = publisher_region(emptying->publisher);
	char label[STATE_LABEL_MAX];
	size_t used = 0;

	text[0] = '\0';
	for (uint16_t i = 0; i < emptying->ids && region != NULL; i++) {
		const struct mx_flow_count count =
			traffic_backend(region, emptying->id[i]);
		const uint64_t sessions = traffic_sessions(&count);

		if (sessions == 0 ||
		    used + STATE_LABEL_MAX + 24 >= EMPTYING_TEXT_MAX)
			continue;
		used += (size_t)snprintf(
			&text[used], EMPTYING_TEXT_MAX - used, "%s%s %" PRIu64,
			used > 0 ? ", " : "",
			state_label(&emptying->state->backend[emptying->id[i]],
				    label),
			sessions);
	}
	return text;
}
