/* SPDX-License-Identifier: BSD-3-Clause */
#include "changes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "endpoint.h"
#include "inheritance.h"
#include "override.h"
#include "traffic.h"

/* The most lines of one kind that are written; further ones are only
 * counted. */
#define LINES_MAX 16

struct changes {
	const struct state *before;
	const struct state *after;
	const struct mx_region *region; /* NULL: there are no counters */
	bool counted;                   /* the sessions of addresses are
					 * counted */
	FILE *out;
	uint32_t lines; /* of the kind that is being written */
};

/* May another line of this kind be written?  Otherwise it is only counted. */
static bool
may_write(struct changes *c)
{
	return c->lines++ < LINES_MAX;
}

static void
end_kind(struct changes *c, const char *kind)
{
	if (c->lines > LINES_MAX)
		fprintf(c->out, "%s: and %u more\n", kind,
			c->lines - LINES_MAX);
	c->lines = 0;
}

static bool
is_new(const struct changes *c, uint16_t id)
{
	return c->after->backend[id].config != NULL &&
	       !inherit_was_configured(&c->before->backend[id]);
}

static bool
has_left(const struct changes *c, uint16_t id)
{
	return inherit_was_configured(&c->before->backend[id]) &&
	       c->after->backend[id].config == NULL;
}

static bool
is_newly_retired(const struct changes *c, const struct retired_address *row)
{
	for (uint16_t i = 0; i < c->before->retired.count; i++)
		if (mx_endpoint_equal(&c->before->retired.row[i].at, &row->at))
			return false;
	return true;
}

/* "VIP 198.51.100.26:25" */
static void
write_address(const struct changes *c, const struct retired_address *row)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	fprintf(c->out, "%s %s", row->at.port_be != 0 ? "VIP" : "SNAT address",
		row->at.port_be != 0 ? mx_endpoint_format(&row->at, text)
				     : mx_addr_format(&row->at.addr, text));
}

/* "backend mx/a (10.0.2.11:25)" */
static void
write_backend(const struct changes *c, const struct backend *b)
{
	char label[STATE_LABEL_MAX], address[MX_ENDPOINT_TEXT_MAX];

	fprintf(c->out, "backend %s (%s)", state_label(b, label),
		mx_endpoint_format(&b->address, address));
}

static void
write_override(const struct changes *c, const struct backend *b)
{
	const struct override *override = &b->override;

	if (override->admin != ADMIN_READY)
		fputs(admin_name(override->admin), c->out);
	if (override->weight_set)
		fprintf(c->out, "%sweight %u",
			override->admin != ADMIN_READY ? " and " : "",
			override->weight);
}

static void
write_count(const struct changes *c, uint64_t sessions)
{
	fprintf(c->out, " with %" PRIu64 " session%s", sessions,
		sessions == 1 ? "" : "s");
}

/* An address whose sessions are unknown is retired as well.  Its sessions are
 * counted once there is a data plane. */
static void
write_retired_addresses(struct changes *c, bool in_use)
{
	for (uint16_t i = 0; i < c->after->retired.count; i++) {
		const struct retired_address *row = &c->after->retired.row[i];
		const bool used = !c->counted || row->slots > 0;

		if (used != in_use || !is_newly_retired(c, row) ||
		    !may_write(c))
			continue;
		fputs(in_use ? "retired: " : "ends: ", c->out);
		write_address(c, row);
		if (in_use && c->counted)
			write_count(c, row->sessions);
		fputs(in_use ? ", owned until they end, takes no new ones\n"
			     : ", no session uses it\n",
		      c->out);
	}
}

static void
write_retired_backends(struct changes *c, bool in_use)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &c->after->backend[id];
		const uint64_t sessions =
			traffic_backend_sessions(c->region, id);

		if (!has_left(c, id) || (sessions > 0) != in_use ||
		    !may_write(c))
			continue;
		fputs(in_use ? "retired: " : "ends: ", c->out);
		write_backend(c, b);
		if (in_use)
			write_count(c, sessions);
		fputs(in_use ? ", takes no new ones" : ", it has no session",
		      c->out);
		if (override_is_set(&b->override)) {
			fputs("; its override is kept while it is retired: ",
			      c->out);
			write_override(c, b);
		}
		fputc('\n', c->out);
	}
}

static void
write_overrides(struct changes *c)
{
	char label[STATE_LABEL_MAX];

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &c->after->backend[id];

		if (!is_new(c, id) || !override_is_set(&b->override) ||
		    !may_write(c))
			continue;
		const uint16_t from =
			inherit_overrides_of(c->before, c->after, id);
		fputs("goes on: ", c->out);
		write_override(c, b);
		fputs(" of ", c->out);
		write_backend(c, b);
		if (from != MX_BACKEND_NONE)
			fprintf(c->out, ", as of %s until now",
				state_label(&c->before->backend[from], label));
		fputc('\n', c->out);
	}
	end_kind(c, "goes on");
}

/* A pool without a backend that is up takes no sessions until a backend is
 * up. */
static void
write_empty_pools(struct changes *c)
{
	const struct mx_config *config = c->after->config;

	for (uint16_t p = 0; p < config->pool_count; p++) {
		const struct mx_config_pool *pool = &config->pool[p];
		bool any_new = false;
		bool serves = false;

		for (uint16_t i = 0; i < pool->backend_count; i++) {
			const uint16_t id = c->after->pool[p].member[i];
			any_new |= is_new(c, id);
			serves |= health_serves(&c->after->backend[id].health);
		}
		if (any_new && !serves && may_write(c))
			fprintf(c->out,
				"begins: warning: pool %s has no backend that "
				"is up: new sessions are refused until %u "
				"check%s of one %s passed\n",
				pool->name, pool->check.rise,
				pool->check.rise == 1 ? "" : "s",
				pool->check.rise == 1 ? "has" : "have");
	}
}

static void
write_beginnings(struct changes *c)
{
	write_empty_pools(c);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &c->after->backend[id];

		if (!is_new(c, id) || health_serves(&b->health) ||
		    !may_write(c))
			continue;
		fputs("begins: ", c->out);
		write_backend(c, b);
		fputs(" from down, until its checks pass\n", c->out);
	}
	end_kind(c, "begins");
}

char *
changes_text(const struct state *before, const struct state *after,
	     const struct publisher *publisher, bool counted)
{
	char *text = NULL;
	size_t length;
	struct changes c = {
		.before = before,
		.after = after,
		.region = publisher_region(publisher),
		.counted = counted,
		.out = open_memstream(&text, &length),
	};

	if (c.out == NULL)
		return NULL;
	write_retired_addresses(&c, true);
	write_retired_backends(&c, true);
	end_kind(&c, "retired");
	write_retired_addresses(&c, false);
	write_retired_backends(&c, false);
	end_kind(&c, "ends");
	write_overrides(&c);
	write_beginnings(&c);
	if (fclose(c.out) != 0) {
		free(text);
		return NULL;
	}
	if (length > 0)
		text[length - 1] = '\0';
	return text;
}
