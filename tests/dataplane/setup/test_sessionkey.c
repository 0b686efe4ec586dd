/* SPDX-License-Identifier: BSD-3-Clause */
/* In a group the sessions have the key of the secret.  Sessions that are there go on
 * under that key, each at the worker that gets its client's segments by it.
 * Method: real session files with made-up sessions are opened again. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keptlog.h"
#include "portmap.h"
#include "rssowner.h"
#include "runner.h"
#include "sessionfiles.h"
#include "tempfolder.h"
#include "worker.h"

#define SESSIONS 300u
#define WORKERS 2
#define TEXT "0123456789abcdef0123456789abcdef\n"

/* Of TEXT; see test_secret.c */
static const struct mx_hash_key group_key = {
	{0x104ab34809cccaf1, 0xcb2ffae1768b2b53}};
static const struct mx_hash_key old_key = {{17, 4}};
static struct mx_config *config;
static struct session_file files[MX_WORKERS_MAX];
static char path[MX_WORKERS_MAX][MX_PATH_MAX];

static void
setup(void)
{
	config = calloc(1, sizeof(*config));
	snprintf(config->instance, sizeof(config->instance), "key-%d",
		 getpid());
	snprintf(config->group.secret, sizeof(config->group.secret),
		 "%s/secret", tempfolder_make());
	config->dataplane.worker_count = WORKERS;
	config->dataplane.sessions_max = 4 * WORKERS * SESSIONS;
	memset(files, 0, sizeof(files));
	keptlog_begin();
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
	keptlog_end();
	close_all();
	session_file_prune(config->instance, 0);
	free(config);
	tempfolder_remove();
}

static void
write_secret(mode_t mode)
{
	const int fd = open(config->group.secret, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, TEXT, strlen(TEXT)), (ssize_t)strlen(TEXT));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

/* Open the files; all of them must have this key. */
static void
open_all(const struct mx_hash_key *wish, const struct mx_hash_key *expected)
{
	struct mx_hash_key key = *wish;

	close_all();
	ck_assert_int_eq(session_files_open(files, config, &key, path), 0);
	ck_assert_mem_eq(&key, expected, sizeof(key));
	for (uint16_t i = 0; i < WORKERS; i++)
		ck_assert_mem_eq(&files[i].map->key, expected, sizeof(key));
}

static uint16_t
worker_of(const struct mx_session *s, const struct mx_hash_key *key)
{
	const struct mx_flow4 flow = {s->client_be, s->vip_be,
				      s->client_port_be, s->vip_port_be};
	struct rss_owner owner;

	rss_owner_make(&owner, key, 0, WORKERS);
	return mx_flow_owner4(&owner.owners, &flow);
}

static struct mx_session
session(uint32_t n, enum mx_forward mode)
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
		.deadline_s = 1000000,
		.state = MX_SESSION_ESTABLISHED,
		.kind = (uint8_t)mode,
		.client_seq = n,
	};
}

/* The fullnat sessions whose two directions one worker gets under the key. */
static uint32_t
fill(const struct mx_hash_key *key, enum mx_forward mode)
{
	uint32_t next[WORKERS] = {0};
	uint32_t count = 0;

	for (uint32_t n = 0; n < SESSIONS; n++) {
		const struct mx_session s = session(n, mode);
		const uint16_t w = worker_of(&s, key);
		const uint16_t port = rte_be_to_cpu_16(s.local_port_be);

		if (mode == MX_FORWARD_FULLNAT &&
		    portmap_owner(port, WORKERS) != w)
			continue;
		files[w].map->session[next[w]++] = s;
		count++;
	}
	return count;
}

/* All sessions must be at the worker of their clients under the key. */
static uint32_t
count_sessions(const struct mx_hash_key *key)
{
	uint32_t count = 0;

	for (uint16_t w = 0; w < WORKERS; w++)
		for (uint32_t i = 0; i < files[w].map->count; i++) {
			const struct mx_session *s = &files[w].map->session[i];

			if (s->state == MX_SESSION_FREE)
				continue;
			ck_assert_uint_eq(worker_of(s, key), w);
			count++;
		}
	return count;
}

START_TEST(without_a_group_the_kept_key_wins)
{
	open_all(&old_key, &old_key);
	const uint32_t count = fill(&old_key, MX_FORWARD_FULLNAT);
	open_all(&group_key, &old_key);
	ck_assert(files[0].kept && files[1].kept);
	ck_assert_uint_eq(count_sessions(&old_key), count);
}
END_TEST

START_TEST(sessions_go_on_under_the_key_of_the_group)
{
	open_all(&old_key, &old_key);
	ck_assert_uint_eq(fill(&old_key, MX_FORWARD_DSR), SESSIONS);
	config->group.box = 1;
	open_all(&group_key, &group_key);
	ck_assert_uint_eq(count_sessions(&group_key), SESSIONS);
	ck_assert_str_eq(keptlog_text(),
			 "info sessions: 300 of 300 move to a table with the "
			 "key of the group (before: 2 workers, sessions-max "
			 "2400)\n");
	/* The next start finds the wanted key. */
	open_all(&group_key, &group_key);
	ck_assert(files[0].kept && files[1].kept);
	ck_assert_uint_eq(count_sessions(&group_key), SESSIONS);
}
END_TEST

START_TEST(a_local_port_in_the_share_of_another_worker_ends_a_session)
{
	uint32_t expected = 0;

	open_all(&old_key, &old_key);
	const uint32_t count = fill(&old_key, MX_FORWARD_FULLNAT);
	for (uint32_t n = 0; n < SESSIONS; n++) {
		const struct mx_session s = session(n, MX_FORWARD_FULLNAT);
		const uint16_t w = portmap_owner(
			rte_be_to_cpu_16(s.local_port_be), WORKERS);

		expected += worker_of(&s, &old_key) == w &&
			    worker_of(&s, &group_key) == w;
	}
	config->group.box = 1;
	open_all(&group_key, &group_key);
	ck_assert_uint_lt(expected, count);
	ck_assert_uint_eq(count_sessions(&group_key), expected);
}
END_TEST

START_TEST(the_key_of_a_group_is_that_of_its_secret)
{
	struct mx_hash_key key, other;

	write_secret(0600);
	ck_assert_int_eq(session_files_key(config, &key), 0);
	ck_assert_int_eq(session_files_key(config, &other), 0);
	ck_assert_mem_ne(&key, &other, sizeof(key));
	config->group.box = 1;
	ck_assert_int_eq(session_files_key(config, &key), 0);
	ck_assert_mem_eq(&key, &group_key, sizeof(key));
	ck_assert_str_eq(keptlog_text(), "");
}
END_TEST

START_TEST(a_secret_that_cannot_be_believed_refuses_the_start)
{
	struct mx_hash_key key = old_key;

	config->group.box = 1;
	if (_i == 0)
		write_secret(0644);
	ck_assert_int_lt(session_files_key(config, &key), 0);
	ck_assert_mem_eq(&key, &old_key, sizeof(key));
	ck_assert_ptr_nonnull(strstr(
		keptlog_text(), "error cannot start: the secret of the group"));
	ck_assert_ptr_nonnull(strstr(keptlog_text(), config->group.secret));
	ck_assert_ptr_nonnull(
		strstr(keptlog_text(), _i == 0 ? "chmod 640" : "No such file"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sessionkey");
	TCase *cases = tcase_create("sessionkey");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, without_a_group_the_kept_key_wins);
	tcase_add_test(cases, sessions_go_on_under_the_key_of_the_group);
	tcase_add_test(
		cases,
		a_local_port_in_the_share_of_another_worker_ends_a_session);
	tcase_add_test(cases, the_key_of_a_group_is_that_of_its_secret);
	tcase_add_loop_test(cases,
			    a_secret_that_cannot_be_believed_refuses_the_start,
			    0, 2);
	suite_add_tcase(s, cases);
	return s;
}
