/* SPDX-License-Identifier: BSD-3-Clause */
#include "targets.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "discovery.h"
#include "endpoint.h"

/* What is looked for. */
struct search {
	const struct state *state;
	const struct discovery *discovery;
	const char *text;
	struct mx_addr address; /* of the host */
};

typedef bool (*is_meant)(const struct search *search, const struct backend *b);

bool
targets_are_many(const char *text)
{
	return text[0] == '@' || strpbrk(text, "*?[") != NULL;
}

static bool
has_label(const struct search *search, const struct backend *b)
{
	char label[STATE_LABEL_MAX];

	return strcmp(state_label(b, label), search->text) == 0;
}

static bool
fits_pattern(const struct search *search, const struct backend *b)
{
	char label[STATE_LABEL_MAX];

	return fnmatch(search->text, state_label(b, label),
		       FNM_PATHNAME | FNM_NOESCAPE) == 0;
}

static bool
has_address(const struct search *search, const struct backend *b)
{
	return mx_addr_equal(&b->address.addr, &search->address);
}

static bool
has_host(const struct search *search, const struct backend *b)
{
	const char *name = &search->text[1];
	const char *host = search->discovery != NULL
				   ? discovery_host(search->discovery, b->pool,
						    &b->address)
				   : NULL;

	return strcmp(b->name, name) == 0 ||
	       (host != NULL && strcasecmp(host, name) == 0);
}

/* Is it at the address of a backend of that host? */
static bool
shares_host(const struct search *search, const struct backend *b)
{
	if (has_host(search, b))
		return true;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *other = &search->state->backend[id];

		if (other->config != NULL &&
		    mx_addr_equal(&other->address.addr, &b->address.addr) &&
		    has_host(search, other))
			return true;
	}
	return false;
}

static void
find(const struct search *search, is_meant meant, struct targets *found)
{
	const struct state *state = search->state;

	found->count = 0;
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++) {
			const uint16_t id = state->pool[p].member[i];

			if (meant(search, &state->backend[id]))
				found->id[found->count++] = id;
		}
}

bool
targets_find(const struct state *state, const struct discovery *discovery,
	     const char *text, struct targets *found)
{
	struct search search = {
		.state = state, .discovery = discovery, .text = text};

	if (text[0] == '@')
		find(&search,
		     mx_addr_parse(&text[1], &search.address) == 0
			     ? has_address
			     : shares_host,
		     found);
	else
		find(&search, targets_are_many(text) ? fits_pattern : has_label,
		     found);
	return found->count > 0;
}

static uint16_t
mark(const struct state *state, const char *label,
     bool meant[static MX_BACKENDS_MAX + 1])
{
	uint16_t ids[MX_BACKENDS_MAX];
	const uint16_t count = state_ids(state, label, ids);

	for (uint16_t i = 0; i < count; i++)
		meant[ids[i]] = true;
	return count;
}

bool
targets_sessions(const struct state *state, const struct discovery *discovery,
		 const char *text, bool meant[static MX_BACKENDS_MAX + 1])
{
	struct targets targets = {.count = 0};
	char label[STATE_LABEL_MAX];

	if (!targets_find(state, discovery, text, &targets))
		return !targets_are_many(text) && mark(state, text, meant) > 0;
	for (uint16_t i = 0; i < targets.count; i++)
		mark(state, state_label(&state->backend[targets.id[i]], label),
		     meant);
	return true;
}
