/* SPDX-License-Identifier: BSD-3-Clause */
#include "clientcount.h"

#include <stdlib.h>

#include "sessionreader.h"
#include "traffic.h"

/* Counters of hashes: 4 MiB. */
#define HASHES (1u << 20)

/* Of so many hashes at most the clients are counted one by one. */
#define HASHES_KEPT 4096u

/* Counts up to this are told apart when hashes are chosen. */
#define COUNTS 1024u

#define RECENT_S 10

/* One reading of the session files. */
struct scan {
	const struct mx_plan *plan;
	struct client_rows *rows;
	uint32_t *hashes; /* sessions by the hash of their client */
	uint32_t least;   /* the count of a hash that is looked into */
	uint32_t now_s;
};

struct client_ids
client_ids_of(const struct mx_plan *plan, uint8_t service,
	      const struct mx_addr *client)
{
	const struct mx_client_limits *limits = &plan->service[service].clients;
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
counter_of(const struct scan *scan, const struct client_id *id)
{
	return &scan->hashes[client_hash(id) % HASHES];
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

static void
hash_chunk(const struct scan *scan, const struct session_reader *file)
{
	for (uint32_t i = 0; i < file->count; i++) {
		const uint8_t service = file->session[i].service;

		if (!is_begun(file, i) || service >= MX_SERVICES_MAX)
			continue;
		const struct mx_addr client =
			session_reader_ends(file, i).client;
		const struct client_ids ids =
			client_ids_of(scan->plan, service, &client);
		++*counter_of(scan, &ids.address);
		if (ids.has_prefix)
			++*counter_of(scan, &ids.prefix);
	}
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
count_client(const struct scan *scan, const struct client_id *id,
	     const struct session_reader *file, uint32_t i)
{
	const bool many = *counter_of(scan, id) >= scan->least;
	struct client_row *row = many ? client_rows_get(scan->rows, id)
				      : client_rows_find(scan->rows, id);

	if (row != NULL)
		count_row(row, file, i, scan->now_s);
}

static void
count_chunk(const struct scan *scan, const struct session_reader *file)
{
	for (uint32_t i = 0; i < file->count; i++) {
		const uint8_t service = file->session[i].service;

		if (service >= MX_SERVICES_MAX ||
		    (!is_begun(file, i) && !is_recent(file, i, scan->now_s)))
			continue;
		const struct mx_addr client =
			session_reader_ends(file, i).client;
		const struct client_ids ids =
			client_ids_of(scan->plan, service, &client);
		count_client(scan, &ids.address, file, i);
		if (ids.has_prefix)
			count_client(scan, &ids.prefix, file, i);
	}
}

static bool
read_files(const struct scan *scan, const struct mx_region *region,
	   void (*chunk)(const struct scan *, const struct session_reader *))
{
	struct session_reader *file = session_reader_open(region);

	if (file == NULL)
		return false;
	while (session_reader_next(file))
		chunk(scan, file);
	session_reader_close(file);
	return true;
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

bool
client_count_top(struct client_rows *rows, const struct mx_region *region,
		 const struct mx_plan *plan, uint32_t now_s)
{
	struct scan scan = {
		.plan = plan,
		.rows = rows,
		.hashes = calloc(HASHES, sizeof(*scan.hashes)),
		.now_s = now_s,
	};

	enter_refused(rows, region);
	bool done =
		scan.hashes != NULL && read_files(&scan, region, hash_chunk);
	if (done) {
		scan.least = choose_least(scan.hashes);
		done = read_files(&scan, region, count_chunk);
	}
	free(scan.hashes);
	return done;
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

bool
client_count_one(struct client_pair *pair, const struct mx_region *region,
		 const struct client_ids *ids, uint32_t now_s)
{
	struct session_reader *file = session_reader_open(region);

	*pair = (struct client_pair){
		.address = {.id = ids->address, .used = true},
		.prefix = {.id = ids->prefix, .used = ids->has_prefix},
	};
	if (file == NULL)
		return false;
	while (session_reader_next(file))
		for (uint32_t i = 0; i < file->count; i++) {
			if (session_reader_state(file, i) == MX_SESSION_FREE)
				continue;
			count_if(&pair->address, file, i, now_s);
			if (pair->prefix.used)
				count_if(&pair->prefix, file, i, now_s);
		}
	session_reader_close(file);
	find_refused(&pair->address, region);
	find_refused(&pair->prefix, region);
	return true;
}
