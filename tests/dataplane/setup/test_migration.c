/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions survive a data plane of another shape if one worker can have both
 * directions.  The others are counted by reason.
 * Method: real session files of one shape, filled with made-up sessions, are
 * moved to files of another shape, and compared. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "keptlog.h"
#include "migration.h"
#include "portmap.h"
#include "rssowner.h"
#include "runner.h"
#include "sessionfiles.h"
#include "worker.h"

#define SESSIONS 600u

static const struct mx_hash_key key = {{0x0123456789abcdef, 0xfedcba987654321}};
static char instance[MX_NAME_MAX];
static struct session_file files[MX_WORKERS_MAX];
static struct migration migration;

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "migration-%d", getpid());
}

static void
close_all(void)
{
	for (uint16_t i = 0; i < MX_WORKERS_MAX; i++)
		if (files[i].map != NULL)
			session_file_close(&files[i]);
}

static void
teardown(void)
{
	close_all();
	session_file_prune(instance, 0);
	migration_free(&migration);
}

/* A shape, as an initializer: gcc warns of functions that return such a struct.
 */
#define SHAPE(of_workers, sessions_max, ipv6)                                  \
	{                                                                      \
		.count = (sessions_max) / (of_workers),                        \
		.workers = (of_workers), .wide = (ipv6),                       \
	}

static void
open_all(const struct mx_sessions_file *like)
{
	for (uint16_t i = 0; i < like->workers; i++) {
		struct mx_sessions_file own = *like;
		struct mx_hash_key found = key;

		own.worker = i;
		ck_assert_int_eq(
			session_file_open(&files[i], instance, &own, &found),
			0);
	}
}

/* Session number n: the address and ports of its client are unique. */
static struct mx_session
session(uint32_t n, enum mx_forward mode, uint8_t state)
{
	return (struct mx_session){
		.client_be = rte_cpu_to_be_32(0x0a000000 + n * 7919),
		.vip_be = rte_cpu_to_be_32(0xc6336419),
		.client_port_be = rte_cpu_to_be_16((uint16_t)(2000 + n * 31)),
		.vip_port_be = RTE_BE16(25),
		.server_be = rte_cpu_to_be_32(0x0a00020b),
		.local_be = rte_cpu_to_be_32(0x0a000264),
		.server_port_be = RTE_BE16(25),
		.local_port_be = rte_cpu_to_be_16((uint16_t)(1024 + n * 97)),
		.backend = 1,
		.deadline_s = 1000000 + n,
		.state = state,
		.kind = (uint8_t)mode,
		.client_seq = n,
	};
}

static uint16_t
client_worker(const struct mx_session *s, uint16_t workers)
{
	const struct mx_flow4 flow = {s->client_be, s->vip_be,
				      s->client_port_be, s->vip_port_be};
	struct rss_owner rss_owner;

	rss_owner_make(&rss_owner, &key, 0, workers);
	return mx_flow_owner4(&rss_owner.owners, &flow);
}

static uint16_t
port_worker(const struct mx_session *s, uint16_t workers)
{
	return portmap_owner(rte_be_to_cpu_16(s->local_port_be), workers);
}

/* Fill the open files, as a data plane of so many workers would: a session is
 * where its client's segments go.  Every other place stays free. */
static void
fill(uint16_t workers, uint32_t sessions, enum mx_forward mode, uint8_t state)
{
	uint32_t next[MX_WORKERS_MAX] = {0};

	for (uint32_t n = 0; n < sessions; n++) {
		const struct mx_session s = session(n, mode, state);
		const uint16_t w =
			workers == 1 ? 0 : client_worker(&s, workers);

		files[w].map->session[next[w]] = s;
		next[w] += 2;
		ck_assert_uint_lt(next[w], files[w].map->count + 2);
	}
}

/* Move the sessions of the files to files of another shape. */
static void
move_to(const struct mx_sessions_file *like)
{
	close_all();
	ck_assert_int_eq(migration_take(&migration, instance, like, NULL), 0);
	ck_assert(migration.needed);
	session_file_prune(instance, like->workers);
	open_all(like);
	for (uint16_t i = 0; i < like->workers; i++)
		session_file_reset(&files[i], &migration.key);
	migration_give(&migration, files, like->workers);
}

/* Count the sessions in the files.  Each must be where its client's segments
 * go, and unchanged. */
static uint32_t
arrived(const struct mx_sessions_file *like)
{
	uint32_t count = 0;

	for (uint16_t w = 0; w < like->workers; w++) {
		ck_assert_mem_eq(&files[w].map->key, &key, sizeof(key));
		for (uint32_t i = 0; i < like->count; i++) {
			const struct mx_session *s = &files[w].map->session[i];
			if (s->state == MX_SESSION_FREE)
				continue;
			const struct mx_session was =
				session(s->client_seq, s->kind, s->state);
			ck_assert_mem_eq(s, &was, sizeof(was));
			count++;
		}
	}
	return count;
}

START_TEST(another_sessions_max_keeps_every_session)
{
	static const uint32_t sizes[] = {SESSIONS, 100000};
	const struct mx_sessions_file from = SHAPE(1, 2 * SESSIONS, false);
	const struct mx_sessions_file to = SHAPE(1, sizes[_i], false);

	open_all(&from);
	fill(1, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
	move_to(&to);
	ck_assert_uint_eq(arrived(&to), SESSIONS);
	ck_assert_uint_eq(migration.was.count, 2 * SESSIONS);
}
END_TEST

START_TEST(sessions_that_go_on_come_before_those_that_are_over)
{
	const struct mx_sessions_file from = SHAPE(1, 2 * SESSIONS, false);
	const struct mx_sessions_file to = SHAPE(1, SESSIONS / 2, false);

	open_all(&from);
	fill(1, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_CLOSING);
	for (uint32_t n = 0; n < SESSIONS; n += 2)
		files[0].map->session[2 * n].state = MX_SESSION_ESTABLISHED;
	move_to(&to);
	ck_assert_uint_eq(arrived(&to), SESSIONS / 2);
	for (uint32_t i = 0; i < to.count; i++)
		ck_assert_uint_eq(files[0].map->session[i].state,
				  MX_SESSION_ESTABLISHED);
	ck_assert_uint_eq(migration.without_room, SESSIONS / 2);
	keptlog_begin();
	migration_say(&migration);
	keptlog_end();
	ck_assert_str_eq(keptlog_text(),
			 "info sessions: 300 of 600 move to a table of another "
			 "shape (before: 1 workers, sessions-max 1200)\n"
			 "warn 300 sessions are lost: sessions-max is too "
			 "small for them\n");
}
END_TEST

START_TEST(one_worker_takes_over_from_many)
{
	const struct mx_sessions_file from = SHAPE(4, 8 * SESSIONS, false);
	const struct mx_sessions_file to = SHAPE(1, 8 * SESSIONS, false);

	open_all(&from);
	fill(4, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
	move_to(&to);
	ck_assert_uint_eq(arrived(&to), SESSIONS);
	ck_assert_uint_eq(migration.was.workers, 4);
}
END_TEST

/* Sessions of fullnat go on if their replies reach their client's worker. */
START_TEST(many_workers_take_over_what_one_of_them_can_have)
{
	const struct mx_sessions_file from = SHAPE(1, 2 * SESSIONS, false);
	const struct mx_sessions_file to = SHAPE(3, 12 * SESSIONS, false);
	uint32_t expected = 0;

	open_all(&from);
	fill(1, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
	move_to(&to);
	for (uint32_t n = 0; n < SESSIONS; n++) {
		const struct mx_session s =
			session(n, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
		expected += client_worker(&s, 3) == port_worker(&s, 3);
	}
	ck_assert_uint_gt(expected, SESSIONS / 6);
	ck_assert_uint_eq(arrived(&to), expected);
	ck_assert_uint_eq(migration.of_two_workers, SESSIONS - expected);
	for (uint16_t w = 0; w < 3; w++)
		for (uint32_t i = 0; i < to.count; i++) {
			const struct mx_session *s = &files[w].map->session[i];
			if (s->state == MX_SESSION_FREE)
				continue;
			ck_assert_uint_eq(client_worker(s, 3), w);
			ck_assert_uint_eq(port_worker(s, 3), w);
		}
}
END_TEST

START_TEST(sessions_without_a_local_port_all_go_on)
{
	static const enum mx_forward modes[] = {MX_FORWARD_NAT, MX_FORWARD_DSR,
						MX_FORWARD_TUNNEL};
	const struct mx_sessions_file from = SHAPE(1, 2 * SESSIONS, false);
	const struct mx_sessions_file to = SHAPE(3, 12 * SESSIONS, false);

	open_all(&from);
	fill(1, SESSIONS, modes[_i], MX_SESSION_ESTABLISHED);
	move_to(&to);
	ck_assert_uint_eq(arrived(&to), SESSIONS);
	for (uint16_t w = 0; w < 3; w++) {
		const struct mx_session *s = &files[w].map->session[0];
		const uint64_t hash =
			mx_hash_client4(&key, s->client_be, s->client_port_be);
		ck_assert_uint_eq(s->kind == MX_FORWARD_NAT
					  ? mx_nat_owner(hash, 3)
					  : client_worker(s, 3),
				  w);
	}
}
END_TEST

START_TEST(the_first_ipv6_address_ends_no_session_and_the_last_only_its_own)
{
	const struct mx_sessions_file narrow = SHAPE(1, 2 * SESSIONS, false);
	const struct mx_sessions_file wide = SHAPE(1, 2 * SESSIONS, true);

	open_all(&narrow);
	fill(1, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
	move_to(&wide);
	ck_assert_uint_eq(arrived(&wide), SESSIONS);
	files[0].map->session[5].kind |= MX_SESSION_CLIENT6;
	migration_free(&migration);
	move_to(&narrow);
	ck_assert_uint_eq(arrived(&narrow), SESSIONS - 1);
	ck_assert_uint_eq(migration.without_ipv6, 1);
}
END_TEST

START_TEST(files_of_the_wanted_shape_are_left_alone)
{
	const struct mx_sessions_file like = SHAPE(2, 4 * SESSIONS, false);

	open_all(&like);
	fill(2, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
	close_all();
	ck_assert_int_eq(migration_take(&migration, instance, &like, NULL), 0);
	ck_assert(!migration.needed);
	ck_assert_ptr_null(migration.session);
}
END_TEST

START_TEST(a_file_that_says_it_is_larger_than_it_is_gives_nothing)
{
	const struct mx_sessions_file from = SHAPE(1, 2 * SESSIONS, false);
	const struct mx_sessions_file to = SHAPE(1, SESSIONS, false);

	open_all(&from);
	fill(1, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
	files[0].map->count = UINT32_MAX;
	close_all();
	ck_assert_int_eq(migration_take(&migration, instance, &to, NULL), 0);
	ck_assert_uint_eq(migration.count, 0);
}
END_TEST

/* The file system has room for the old files and not for the new one. */
START_TEST(a_start_that_finds_no_room_puts_the_sessions_back)
{
	static struct mx_config config;
	static char path[MX_WORKERS_MAX][MX_PATH_MAX];
	const struct mx_sessions_file like = SHAPE(2, 4 * SESSIONS, false);
	const struct rlimit small = {1 << 20, RLIM_INFINITY};
	struct mx_hash_key found = {{9, 9}};
	struct rlimit before;

	open_all(&like);
	fill(2, SESSIONS, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
	close_all();
	snprintf(config.instance, sizeof(config.instance), "%s", instance);
	config.dataplane.worker_count = 1;
	config.dataplane.sessions_max = 1000000;
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	const int error = session_files_open(files, &config, &found, path);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_lt(error, 0);
	open_all(&like);
	ck_assert(files[0].kept && files[1].kept);
	uint32_t lost = 0;
	for (uint32_t n = 0; n < SESSIONS; n++) {
		const struct mx_session s =
			session(n, MX_FORWARD_FULLNAT, MX_SESSION_ESTABLISHED);
		lost += client_worker(&s, 2) != port_worker(&s, 2);
	}
	ck_assert_uint_eq(arrived(&like), SESSIONS - lost);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("migration");
	TCase *cases = tcase_create("migration");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, another_sessions_max_keeps_every_session, 0,
			    2);
	tcase_add_test(cases,
		       sessions_that_go_on_come_before_those_that_are_over);
	tcase_add_test(cases, one_worker_takes_over_from_many);
	tcase_add_test(cases, many_workers_take_over_what_one_of_them_can_have);
	tcase_add_loop_test(cases, sessions_without_a_local_port_all_go_on, 0,
			    3);
	tcase_add_test(
		cases,
		the_first_ipv6_address_ends_no_session_and_the_last_only_its_own);
	tcase_add_test(cases,
		       a_start_that_finds_no_room_puts_the_sessions_back);
	tcase_add_test(cases, files_of_the_wanted_shape_are_left_alone);
	tcase_add_test(cases,
		       a_file_that_says_it_is_larger_than_it_is_gives_nothing);
	suite_add_tcase(s, cases);
	return s;
}
