/* SPDX-License-Identifier: BSD-3-Clause */
/* `show discovery`: what DNS was asked, what it said, who belongs to each pool by
 * it, and what is not taken. */
#include "showdiscovery.h"

#include "apply.h"
#include "clock.h"
#include "derive.h"
#include "discovery.h"
#include "endpoint.h"
#include "mtaname.h"
#include "state.h"
#include "table.h"

static json_t *
ago(int64_t then_s)
{
	const int64_t ago_s = clock_wall_s() - then_s;

	return then_s == 0 ? json_null() : json_integer(ago_s > 0 ? ago_s : 0);
}

static json_t *
seconds_until(uint64_t then_ms)
{
	const uint64_t now_ms = clock_ms();

	return json_integer(
		then_ms > now_ms ? (json_int_t)((then_ms - now_ms + 999) / 1000)
				 : 0);
}

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
pool_row(const struct discovery_pool *pool)
{
	return json_pack(
		"{s:s s:s s:s s:b s:o s:o s:o s:I s:I s:i s:o s:o}", "pool",
		pool->pool, "mx", pool->config.mx, "resolvers", pool->servers,
		"trust", pool->config.trust == MX_SWITCH_ON, "asked_ago_s",
		ago(pool->asked_s), "answered_ago_s", ago(pool->answered_s),
		"next_s", seconds_until(pool->next_ms), "inquiries",
		(json_int_t)pool->inquiries, "failures",
		(json_int_t)pool->failures, "members", pool->members.count,
		"held", text_or_null(pool->held), "notes",
		text_or_null(pool->notes));
}

static json_t *
target_row(const struct discovery_pool *pool, const char *name,
	   const char *host, uint16_t preference, const struct mx_addr *addr)
{
	char text[MX_ENDPOINT_TEXT_MAX];
	const struct mx_endpoint at = {*addr, htons(pool->config.port)};

	return json_pack("{s:s s:s s:s s:s s:i}", "pool", pool->pool, "backend",
			 name, "host", host, "address",
			 mx_endpoint_format(&at, text), "preference",
			 preference);
}

/* Where the rows of one pool come from, and go to. */
struct listing {
	const struct state *state;
	const struct discovery_pool *pool;
	struct derive_source source;
	uint16_t p; /* index of the pool in the file */
	json_t *rows;
	uint32_t not_taken;
};

/* Add a row of an address that cannot be a backend. */
static void
add_refused(struct listing *to, json_t *row, const char *why)
{
	json_object_set_new(row, "state", json_sprintf("not taken: %s", why));
	json_array_append_new(to->rows, row);
	to->not_taken++;
}

/* What a member that can be a backend is. */
static const char *
member_state(const struct listing *to, const struct member *member,
	     const char *name)
{
	char label[2 * MX_NAME_MAX + 1];

	if (member->former)
		return "of the file before, until DNS has named others";
	if (member->missed > 0)
		return "gone from DNS, stays for now";
	if (derive_is_of_file(&to->source.file->pool[to->p], &member->addr))
		return "in DNS, and a backend of the file";
	snprintf(label, sizeof(label), "%s/%s", to->pool->pool, name);
	if (state_find(to->state, label) == MX_BACKEND_NONE)
		return "not in force";
	return member->remembered ? "of the last good answer" : "in DNS";
}

static void
add_member(struct listing *to, const struct member *member)
{
	char name[MX_NAME_MAX];

	mtaname_of(member, name);
	const char *why =
		derive_refusal(&to->source, to->p, name, &member->addr);
	json_t *row = target_row(to->pool, name, member->host,
				 member->preference, &member->addr);

	json_object_set_new(row, "missed", json_integer(member->missed));
	json_object_set_new(row, "expires_s",
			    member->missed > 0 ? seconds_until(member->gone_ms)
					       : json_null());
	if (why != NULL) {
		add_refused(to, row, why);
		return;
	}
	json_object_set_new(row, "state",
			    json_string(member_state(to, member, name)));
	json_array_append_new(to->rows, row);
}

/* Add an address of the last answer if it cannot be a backend. */
static void
add_found(struct listing *to, const struct finding_address *found)
{
	const struct finding_host *host = &to->pool->last->host[found->host];
	char name[MX_NAME_MAX];

	mtaname_make(host->name, &found->addr, name);
	const char *why =
		derive_refusal(&to->source, to->p, name, &found->addr);
	if (why != NULL && !membership_has(&to->pool->members, &found->addr))
		add_refused(to,
			    target_row(to->pool, name, host->name,
				       host->preference, &found->addr),
			    why);
}

/* Add the members of a pool, and what is not taken.  Returns how much is not. */
static uint32_t
add_pool(json_t *rows, const struct sources *sources,
	 const struct discovery_pool *pool)
{
	struct listing to = {
		.state = sources->state,
		.pool = pool,
		.source = discovery_source(pool->all, pool->all->file),
		.rows = rows};
	const struct finding *finding = pool->last;

	while (strcmp(to.source.file->pool[to.p].name, pool->pool) != 0)
		to.p++;
	for (uint16_t i = 0; i < pool->members.count; i++)
		add_member(&to, &pool->members.member[i]);
	for (uint16_t i = 0; finding != NULL && i < finding->addresses; i++)
		add_found(&to, &finding->address[i]);
	return to.not_taken;
}

static json_t *
discovery_rows(const struct sources *sources, const struct arguments *arguments,
	       struct report_result *result)
{
	const struct applier *applier = sources->applier;
	const struct discovery *discovery = applier->discovery;
	json_t *pools = json_array(), *members = json_array();

	(void)arguments, (void)result;
	for (uint16_t i = 0; i < discovery->count; i++) {
		json_t *row = pool_row(discovery->pool[i]);

		json_object_set_new(row, "not_taken",
				    json_integer(add_pool(members, sources,
							  discovery->pool[i])));
		json_array_append_new(pools, row);
	}
	return json_pack("{s:o s:o s:o}", "pools", pools, "members", members,
			 "not_in_force", text_or_null(applier->refusal));
}

/* Print a sentence for each pool that has a text at the key. */
static void
print_texts(FILE *out, const json_t *pools, const char *key, const char *end)
{
	size_t i;
	json_t *row;

	/* clang-format off */
	json_array_foreach(pools, i, row) {
		/* clang-format on */
		const char *text = json_string_value(json_object_get(row, key));

		if (text != NULL)
			fprintf(out, "pool %s: %s%s\n",
				json_string_value(json_object_get(row, "pool")),
				text, end);
	}
}

static const struct table_column pools_columns[] = {
	{"pool", "POOL"},
	{"mx", "MX OF", 2},
	{"resolvers", "ASKED OF", 4},
	{"asked_ago_s", "ASKED S AGO", 3},
	{"answered_ago_s", "TAKEN S AGO", 2},
	{"next_s", "NEXT IN S", 4},
	{"inquiries", "INQUIRIES", 5},
	{"failures", "FAILED", 1},
	{"members", "MEMBERS", 1},
	{"not_taken", "NOT TAKEN", 1},
};
static const struct table pools_table = TABLE("pools", pools_columns);

static const struct table_column members_columns[] = {
	{"pool", "POOL"},
	{"backend", "BACKEND"},
	{"host", "HOST", 1},
	{"address", "ADDRESS", 2},
	{"preference", "PREFERENCE", 3},
	{"state", "STATE", .state = true},
};
static const struct table members_table = TABLE("members", members_columns);

static void
print_discovery(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *pools = json_object_get(data, "pools");
	const json_t *members = json_object_get(data, "members");
	const char *refusal =
		json_string_value(json_object_get(data, "not_in_force"));

	if (json_array_size(pools) == 0) {
		fputs("no pool has discover: DNS names no backends\n", out);
		return;
	}
	table_print(out, pools, &pools_table, style);
	print_texts(out, pools, "held", ": the pool stays as it is");
	print_texts(out, pools, "notes", "");
	if (refusal != NULL)
		fprintf(out, "not in force: %s\n", refusal);
	if (json_array_size(members) > 0)
		table_print(out, members, &members_table, style);
}

const struct report report_discovery = {
	discovery_rows, print_discovery, {&pools_table, &members_table}};
