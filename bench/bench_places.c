/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of session tables and port maps.  Method: a full table of 4,096
 * sessions, which stays in the cache, and one of 2^20, which does not; the
 * order of look-ups is not that of insertion.  Look- ups go in bursts, with the
 * passes and prefetches of a packet's; inserts and removals change a part of a
 * full table to and fro.  Huge pages, if the system gives them.  Ports are one
 * worker's share of an address, given back in another order than they were
 * taken.
 *
 *   taskset -c 1 build/bench/bench_places [--json] */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "packet.h"
#include "portmap.h"
#include "rssowner.h"
#include "session.h"
#include "timed.h"

#define CACHED 4096u
#define LARGE (1u << 20)

static struct session_table table;
static bool six;
static uint32_t churned; /* sessions that come and go */

/* Session n, and flow LARGE + n, which no session is of. */
static struct mx_flow flow[2 * LARGE];
static struct mx_flow4 flow4[2 * LARGE];
static struct mx_session *session[LARGE];

/* Everything that the product does for session n. */
static uint64_t
hash_of(uint32_t n)
{
	const struct mx_hash_key *key = &table.file->key;

	return six ? mx_hash_client6(key, flow[n].src.byte, flow[n].src_port_be)
		   : mx_hash_client4(key, flow4[n].src_be,
				     flow4[n].src_port_be);
}

/* The passes of burst.c: read, seek, act. */
static void
find_burst(uint32_t first)
{
	struct packet_info info[BURST_MAX];

	for (uint32_t i = 0; i < BURST_MAX; i++) {
		info[i].hash = hash_of(first + i);
		session_prefetch(&table, info[i].hash);
	}
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		info[i].session = session_seek(&table, info[i].hash);
		if (info[i].session == SESSION_NONE)
			continue;
		session_prefetch_at(&table, info[i].session, false);
		if (six)
			rte_prefetch0(mx_session_wide_of(table.file,
							 info[i].session));
	}
	for (uint32_t i = 0; i < BURST_MAX; i++)
		timed_use((uintptr_t)(six ? session_find_at(&table,
							    info[i].session,
							    info[i].hash,
							    session_client_is6,
							    &flow[first + i])
					  : session_find_at(
						    &table, info[i].session,
						    info[i].hash,
						    session_client_is4,
						    &flow4[first + i])));
}

static void
insert(uint32_t n)
{
	const struct mx_session_wide wide = {flow[n].src, flow[n].dst,
					     flow[n].src, flow[n].dst};
	const struct mx_session filled = {
		.client_be = flow4[n].src_be,
		.vip_be = flow4[n].dst_be,
		.client_port_be = flow4[n].src_port_be,
		.vip_port_be = flow4[n].dst_port_be,
		.deadline_s = UINT32_MAX,
		.kind = six ? MX_SESSION_CLIENT6 | MX_SESSION_SERVER6 : 0,
	};

	session[n] = session_insert(&table, &filled, six ? &wide : NULL,
				    MX_SESSION_ESTABLISHED);
	assert(session[n] != NULL);
}

/* All ports differ: so do the products of an odd number and 32-bit numbers. */
static void
draw_flows(void)
{
	for (uint32_t n = 0; n < 2 * LARGE; n++) {
		flow4[n] = (struct mx_flow4){
			.src_be = n * 0x9e3779b1u,
			.dst_be = htonl(0xc6336419),
			.src_port_be = (uint16_t)timed_draw(),
			.dst_port_be = htons(25),
		};
		flow[n] = (struct mx_flow){
			.src = {{0x20, 0x01}},
			.dst = {{0x20, 0x01, [15] = 25}},
			.src_port_be = flow4[n].src_port_be,
			.dst_port_be = flow4[n].dst_port_be,
		};
		memcpy(&flow[n].src.byte[8], &flow4[n].src_be,
		       sizeof(flow4[n].src_be));
	}
}

static bool
keep_all(void *arg, struct mx_session *s, uint32_t index)
{
	(void)arg, (void)s, (void)index;
	return true;
}

static void
open_table(uint32_t count)
{
	const size_t bytes = MX_SESSIONS_SIZE(count, six);
	struct mx_sessions_file *file =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (file == MAP_FAILED)
		abort();
	madvise(file, bytes, MADV_HUGEPAGE);
	file->count = count;
	file->wide = six;
	file->key = (struct mx_hash_key){{timed_draw(), timed_draw()}};
	if (session_table_attach(&table, file, keep_all, NULL) != 0)
		abort();
	/* In the order of a stride that meets every number once. */
	for (uint32_t i = 0; i < count; i++)
		insert(i * 0x9e3779b1u & (count - 1));
}

static void
close_table(void)
{
	const size_t bytes = MX_SESSIONS_SIZE(table.count, six);

	session_table_detach(&table);
	munmap(table.file, bytes);
}

static void
find_from(uint32_t first)
{
	for (uint32_t n = 0; n < table.count; n += BURST_MAX)
		find_burst(first + n);
}

static void
find_all(void *arg)
{
	(void)arg;
	find_from(0);
}

static void
find_none(void *arg)
{
	(void)arg;
	find_from(LARGE);
}

static void
remove_some(void *arg)
{
	(void)arg;
	for (uint32_t n = 0; n < churned; n++) {
		if (session[n] == NULL)
			continue;
		session_remove(&table, session[n]);
		session[n] = NULL;
	}
}

static void
insert_some(void *arg)
{
	(void)arg;
	for (uint32_t n = 0; n < churned; n++)
		if (session[n] == NULL)
			insert(n);
}

static void
expire_none(void *arg)
{
	(void)arg;
	uint32_t steps = table.count;

	timed_use((uintptr_t)session_expired(&table, 0, &steps));
}

static void
measure_sessions(struct figures *figures, uint32_t count, bool wide)
{
	const uint32_t rounds = LARGE / count;
	const char *size = count == LARGE ? "1 M" : "4 k";
	char name[64];
	struct timed rows[] = {
		{"found", find_all, NULL, NULL, count, rounds},
		{"not there", find_none, NULL, NULL, count, rounds},
		{"inserted", insert_some, remove_some, NULL, 0, rounds},
		{"removed", remove_some, insert_some, NULL, 0, rounds},
		{"looked at for expiry", expire_none, NULL, NULL, count,
		 rounds},
	};

	six = wide;
	churned = count / 4;
	open_table(count);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "session %s, %c, of %s",
			 rows[i].name, six ? '6' : '4', size);
		rows[i].name = name;
		if (rows[i].ops == 0)
			rows[i].ops = churned;
		timed_add(figures, &rows[i]);
	}
	close_table();
}

/* Ports. */
static struct portmap map;
static struct rss_owner rss_owner;
static uint64_t classes;
static uint32_t entry[PORTMAP_ENTRIES(1)];
static uint16_t taken[MX_LOCAL_PORTS];
static uint32_t taken_count;
static uint32_t takes; /* as many as there are */

static void
take_all(void *arg)
{
	(void)arg;
	while (taken_count < takes)
		taken[taken_count++] = portmap_take_of(&map, 1, classes);
}

static void
give_all(void *arg)
{
	(void)arg;
	while (taken_count > 0)
		portmap_give(&map, taken[--taken_count]);
}

static void
shuffle_taken(void *arg)
{
	take_all(arg);
	for (uint32_t i = taken_count - 1; i > 0; i--) {
		const uint32_t other = (uint32_t)timed_draw() % (i + 1);
		const uint16_t port = taken[i];

		taken[i] = taken[other];
		taken[other] = port;
	}
}

static void
find_ports(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < takes; i++)
		timed_use(portmap_find(&map, taken[i]));
}

/* Make the first of `workers` workers.  With more than one, it takes only ports
 * that bring a server's replies to it. */
static void
measure_ports(struct figures *figures, uint16_t workers)
{
	const struct mx_addr local = mx_addr_from4(htonl(0x0a000264));
	const struct mx_addr server = mx_addr_from4(htonl(0x0a00020b));
	const struct mx_hash_key key = {{timed_draw(), timed_draw()}};
	struct timed rows[] = {
		{"taken", take_all, give_all, NULL, 0, 2},
		{"given back", give_all, shuffle_taken, NULL, 0, 2},
		{"looked up", find_ports, shuffle_taken, NULL, 0, 2},
	};
	char name[64];

	rss_owner_make(&rss_owner, &key, 0, workers);
	rss_owner.predicted = workers > 1;
	classes = rss_owner_here(&rss_owner, &server, htons(25), &local);
	portmap_make(&map, &local, 0, workers, entry);
	portmap_sort(&map, rss_owner_port_bytes(&rss_owner, &local));
	portmap_link(&map, 7);
	taken_count = 0;
	for (uint16_t port; (port = portmap_take_of(&map, 1, classes)) != 0;)
		taken[taken_count++] = port;
	takes = taken_count;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "port %s%s", rows[i].name,
			 workers > 1 ? ", one of 4 workers" : "");
		rows[i].name = name;
		rows[i].ops = takes;
		timed_add(figures, &rows[i]);
	}
}

int
main(int argc, char **argv)
{
	struct figures figures = figures_begin(argc, argv);

	draw_flows();
	measure_sessions(&figures, CACHED, false);
	measure_sessions(&figures, CACHED, true);
	measure_sessions(&figures, LARGE, false);
	measure_sessions(&figures, LARGE, true);
	measure_ports(&figures, 1);
	measure_ports(&figures, 4);
	figures_end(&figures);
	return 0;
}
