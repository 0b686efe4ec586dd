/* SPDX-License-Identifier: BSD-3-Clause */
#include "clientcount.h"

#include <errno.h>
#include <stdlib.h>

#include "traffic.h"

/* Counters of hashes: 4 MiB. */
#define HASHES (1u << 20)

/* Of so many hashes at most the clients are counted one by one. */
#define HASHES_KEPT 4096u

/* Counts up to this are told apart when hashes are chosen. */
#define COUNTS 1024u

#define RECENT_S 10

struct client_ids
client_ids_of(const struct mx_client_limits *limits, uint8_t service,
	      const struct mx_addr *client)
{
	const uint8_t bits =
		mx_addr_is4(client) ? limits->prefix4 : limits->prefix6;

	return (struct client_ids){
		.address = {*client, 128, service},
		.prefix = {mx_addr_first(client, bits), bits, service},
		.has_prefix = limits->prefix_sessions != 0 ||
			      limits->prefix_per_10s != 0,
	};
}

static uint32_t *
counter_of(const struct client_top *top, const struct client_id *id)
{
	return &top->hashes[client_hash(id) % HASHES];
}

/* Does session i of the chunk count?  One that is held does: see limit.h.  One
 * that has ended tells when it began. */
static bool
is_begun(const struct session_reader *file, uint32_t i)
{
	const uint8_t state = session_reader_state(file, i);

	return state == MX_SESSION_HELD ||
	       mx_session_is_begun(state,
				   mx_forward_is_direct(file->session[i].kind &
							MX_SESSION_MODE));
}

static bool
is_recent(const struct session_reader *file, uint32_t i, uint32_t now_s)
{
	return now_s - file->session[i].opened_s <= RECENT_S &&
	       (is_begun(file, i) ||
		mx_session_is_over(session_reader_state(file, i)));
}

/* The ids of the client of session i, if it is of a service.  Returns false if it
 * is not. */
static bool
find_ids(const struct client_top *top, const struct session_reader *file,
	 uint32_t i, struct client_ids *ids)
{
	const uint8_t service = file->session[i].service;

	if (service >= MX_SERVICES_MAX)
		return false;
	const struct mx_addr client = session_reader_ends(file, i).client;
	*ids = client_ids_of(&top->limits[service], service, &client);
	return true;
}

static void
count_hash(void *arg, const struct session_reader *file, uint32_t i)
{
	const struct client_top *top = arg;
	struct client_ids ids;

	if (!is_begun(file, i) || !find_ids(top, file, i, &ids))
		return;
	++*counter_of(top, &ids.address);
	if (ids.has_prefix)
		++*counter_of(top, &ids.prefix);
}

/* Choose the least count of a hash, so that not too many have it. */
static uint32_t
choose_least(const uint32_t *hashes)
{
	uint32_t with[COUNTS + 1] = {0};
	uint32_t kept = 0, least = COUNTS;

	for (uint32_t i = 0; i < HASHES; i++)
		with[hashes[i] < COUNTS ? hashes[i] : COUNTS]++;
	kept = with[COUNTS];
	while (least > 1 && kept + with[least - 1] <= HASHES_KEPT)
		kept += with[--least];
	return least;
}

static void
count_row(struct client_row *row, const struct session_reader *file, uint32_t i,
	  uint32_t now_s)
{
	row->sessions += is_begun(file, i);
	row->recent += is_recent(file, i, now_s);
}

static void
count_client(const struct client_top *top, const struct client_id *id,
	     const struct session_reader *file, uint32_t i)
{
	const bool many = *counter_of(top, id) >= top->least;
	struct client_row *row = many ? client_rows_get(top->rows, id)
				      : client_rows_find(top->rows, id);

	if (row != NULL)
		count_row(row, file, i, top->now_s);
}

static void
count_session(void *arg, const struct session_reader *file, uint32_t i)
{
	const struct client_top *top = arg;
	struct client_ids ids;

	if ((!is_begun(file, i) && !is_recent(file, i, top->now_s)) ||
	    !find_ids(top, file, i, &ids))
		return;
	count_client(top, &ids.address, file, i);
	if (ids.has_prefix)
		count_client(top, &ids.prefix, file, i);
}

/* The row of a refused client as a worker has it.  The worker may be writing
 * it. */
static bool
refused_of(const struct mx_region *region, uint32_t n,
	   struct mx_refused_client *copy)
{
	*copy = region->worker[n / MX_REFUSED_CLIENTS_MAX]
			.refused_client[n % MX_REFUSED_CLIENTS_MAX];
	return copy->bits != 0 && copy->bits <= 128 &&
	       copy->service < MX_SERVICES_MAX;
}

static uint32_t
refused_rows(const struct mx_region *region)
{
	return traffic_workers(region) * MX_REFUSED_CLIENTS_MAX;
}

static void
add_refused(struct client_row *row, const struct mx_refused_client *refused)
{
	row->refused += refused->count;
	row->early += refused->early;
	if (refused->last_s > row->noticed_s)
		row->noticed_s = refused->last_s;
}

static void
enter_refused(struct client_rows *rows, const struct mx_region *region)
{
	struct mx_refused_client refused;

	for (uint32_t n = 0; n < refused_rows(region); n++) {
		if (!refused_of(region, n, &refused))
			continue;
		const struct client_id id = {
			mx_addr_first(&refused.addr, refused.bits),
			refused.bits, refused.service};
		struct client_row *row = client_rows_get(rows, &id);
		if (row != NULL)
			add_refused(row, &refused);
	}
}

int
client_top_begin(struct client_top *top, const struct publisher *publisher,
		 uint32_t now_s)
{
	const struct mx_plan *plan = publisher_plan(publisher);

	top->now_s = now_s;
	top->rows = calloc(1, sizeof(*top->rows));
	top->hashes = calloc(HASHES, sizeof(*top->hashes));
	if (top->rows == NULL || top->hashes == NULL)
		return -ENOMEM;
	/* A new plan in between must not change what a prefix is. */
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		top->limits[id] = plan->service[id].clients;
	enter_refused(top->rows, publisher_region(publisher));
	return session_walk_begin(&top->walk, publisher);
}

enum session_walk_state
client_top_slice(struct client_top *top)
{
	const enum session_walk_state state = session_walk_slice(
		&top->walk, top->least == 0 ? count_hash : count_session, top);

	if (state != SESSION_WALK_DONE || top->least != 0)
		return state;
	top->least = choose_least(top->hashes);
	return session_walk_begin(&top->walk, top->walk.publisher) == 0
		       ? SESSION_WALK_GOES_ON
		       : SESSION_WALK_LOST;
}

void
client_top_end(struct client_top *top)
{
	session_walk_end(&top->walk);
	free(top->hashes);
	free(top->rows);
}

static void
find_refused(struct client_row *row, const struct mx_region *region)
{
	struct mx_refused_client refused;

	for (uint32_t n = 0; n < refused_rows(region); n++)
		if (refused_of(region, n, &refused) &&
		    refused.bits == row->id.bits &&
		    refused.service == row->id.service &&
		    mx_addr_equal(&refused.addr, &row->id.addr))
			add_refused(row, &refused);
}

/* Count session i of the chunk, if it is of the client of a row. */
static void
count_if(struct client_row *row, const struct session_reader *file, uint32_t i,
	 uint32_t now_s)
{
	const struct mx_addr its = session_reader_ends(file, i).client;
	const struct mx_addr first = mx_addr_first(&its, row->id.bits);

	if (file->session[i].service == row->id.service &&
	    mx_addr_equal(&first, &row->id.addr))
		count_row(row, file, i, now_s);
}

static void
count_pair(void *arg, const struct session_reader *file, uint32_t i)
{
	struct client_pair *pair = arg;

	count_if(&pair->address, file, i, pair->now_s);
	if (pair->prefix.used)
		count_if(&pair->prefix, file, i, pair->now_s);
}

int
client_pair_begin(struct client_pair *pair, const struct publisher *publisher,
		  const struct client_ids *ids, uint32_t now_s)
{
	const struct mx_region *region = publisher_region(publisher);

	*pair = (struct client_pair){
		.address = {.id = ids->address, .used = true},
		.prefix = {.id = ids->prefix, .used = ids->has_prefix},
		.now_s = now_s,
	};
	find_refused(&pair->address, region);
	find_refused(&pair->prefix, region);
	return session_walk_begin(&pair->walk, publisher);
}

enum session_walk_state
client_pair_slice(struct client_pair *pair)
{
	return session_walk_slice(&pair->walk, count_pair, pair);
}

void
client_pair_end(struct client_pair *pair)
{
	session_walk_end(&pair->walk);
}
