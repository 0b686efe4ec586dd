/* SPDX-License-Identifier: BSD-3-Clause */
#include "completing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "eventlog.h"
#include "prefix.h"
#include "reply.h"
#include "sessions.h"

/* The values that are listed, and how they must begin. */
struct listing {
	const struct state *state;
	const char *beginning;
	json_t *values;
};

static void
add(struct listing *listing, const char *value)
{
	const size_t length = strlen(listing->beginning);

	if (strncmp(value, listing->beginning, length) == 0)
		json_array_append_new(listing->values, json_string(value));
}

static void
list_pools(struct listing *listing)
{
	const struct mx_config *config = listing->state->config;

	for (uint16_t p = 0; p < config->pool_count; p++)
		add(listing, config->pool[p].name);
}

static void
list_backends(struct listing *listing)
{
	const struct state *state = listing->state;
	char label[STATE_LABEL_MAX];

	for (uint16_t p = 0; p < state->config->pool_count; p++)
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++)
			add(listing,
			    state_label(
				    &state->backend[state->pool[p].member[i]],
				    label));
}

/* Patterns that mean the MTAs of a name in all pools.  They are listed where one
 * was begun. */
static void
list_patterns(struct listing *listing)
{
	const struct mx_config *config = listing->state->config;
	char pattern[MX_NAME_MAX + 2];

	if (listing->beginning[0] != '*')
		return;
	for (uint16_t p = 0; p < config->pool_count; p++)
		for (uint16_t i = 0; i < config->pool[p].backend_count; i++) {
			snprintf(pattern, sizeof(pattern), "*/%s",
				 config->pool[p].backend[i].name);
			add(listing, pattern);
		}
}

static void
list_targets(struct listing *listing)
{
	list_backends(listing);
	list_patterns(listing);
}

/* Hosts are called by the names of their MTAs.  They are listed where one was
 * begun, or each MTA would be there twice. */
static void
list_hosts(struct listing *listing)
{
	const struct mx_config *config = listing->state->config;
	char host[MX_NAME_MAX + 1];

	if (listing->beginning[0] != '@')
		return;
	for (uint16_t p = 0; p < config->pool_count; p++)
		for (uint16_t i = 0; i < config->pool[p].backend_count; i++) {
			snprintf(host, sizeof(host), "@%s",
				 config->pool[p].backend[i].name);
			add(listing, host);
		}
}

static void
list_services(struct listing *listing)
{
	const struct mx_config *config = listing->state->config;

	for (uint16_t s = 0; s < config->service_count; s++)
		add(listing, config->service[s].name);
}

/* The states of sessions. */
static void
list_states(struct listing *listing)
{
	for (int s = MX_SESSION_FREE + 1; s < MX_SESSION_STATES; s++)
		add(listing, mx_session_state_name((uint8_t)s));
}

/* The sources of events. */
static void
list_sources(struct listing *listing)
{
	for (int s = 0; s < EVENT_SOURCES; s++)
		add(listing, eventlog_source_name((enum event_source)s));
}

static void
list_subjects(struct listing *listing)
{
	list_pools(listing);
	list_backends(listing);
	list_services(listing);
}

static void
list_vips(struct listing *listing)
{
	const struct mx_config *config = listing->state->config;
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t s = 0; s < config->service_count; s++)
		for (uint16_t v = 0; v < config->service[s].vip_count; v++)
			add(listing, mx_endpoint_format(
					     &config->service[s].vip[v], text));
}

/* The prefixes that were denied or allowed by command: for `forget`. */
static void
list_prefixes(struct listing *listing)
{
	const struct state *state = listing->state;
	char text[MX_PREFIX_TEXT_MAX];

	for (uint16_t r = 0; r < state->deny_rules; r++)
		add(listing, mx_prefix_format(&state->deny_rule[r].at, text));
}

static const struct {
	const char *kind;
	void (*list)(struct listing *listing);
	enum level level; /* who may see them */
} lists[] = {
	/* clang-format off */
	{"@HOST",        list_hosts, LEVEL_READ},
	{"POOL",         list_pools, LEVEL_READ},
	{"POOL/BACKEND", list_targets, LEVEL_READ},
	{"PREFIX",       list_prefixes, LEVEL_OPERATE},
	{"SERVICE",      list_services, LEVEL_READ},
	{"SOURCE",       list_sources, LEVEL_READ},
	{"STATE",        list_states, LEVEL_READ},
	{"SUBJECT",      list_subjects, LEVEL_READ},
	{"VIP:PORT",     list_vips, LEVEL_READ},
	/* clang-format on */
};

/* Send the values, one a line. */
static void
reply_lines(const struct request *request, const json_t *values)
{
	char *text = NULL;
	size_t length, i;
	json_t *value;

	FILE *out = open_memstream(&text, &length);
	if (out == NULL) {
		reply_error(request, "not enough memory");
		return;
	}
	json_array_foreach(values, i, value)
		fprintf(out, "%s\n", json_string_value(value));
	fclose(out);
	ctl_reply(request->ctl, ANSWER_OK, text, length);
	free(text);
}

void
command_complete(const struct request *request,
		 const struct arguments *arguments)
{
	const char *kind = arguments_get(arguments, "KIND");
	const char *beginning = arguments_get(arguments, "BEGINNING");
	struct listing listing = {
		.state = request->desk->state,
		.beginning = beginning != NULL ? beginning : "",
		.values = json_array(),
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(kind, lists[i].kind) == 0 &&
		    ctl_level(request->ctl) >= lists[i].level)
			lists[i].list(&listing);
	if (request->json) {
		reply_json(request, ANSWER_OK,
			   json_pack("{s:o}", "values", listing.values));
		return;
	}
	reply_lines(request, listing.values);
	json_decref(listing.values);
}
