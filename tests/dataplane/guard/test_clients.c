/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of clients: every count is exact, for one thread and for several,
 * and a client is never taken for another.
 * Method: random sessions that begin and end, against plain arrays; four
 * threads against a twin behind a lock; ten million clients; a table that is
 * full. */
#include <pthread.h>
#include <stdlib.h>

#include "clients.h"
#include "runner.h"
#include "sanitized.h"

static const struct mx_hash_key key = {{0x243f6a8885a308d3, 0x13198a2e0370734}};
static struct clients clients;

static void
make(uint32_t sessions)
{
	ck_assert_int_eq(clients_make(&clients, sessions, &key), 0);
}

static void
teardown(void)
{
	clients_free(&clients);
}

/* The address 10.a.b.c of a number. */
static struct mx_addr
address(uint32_t n)
{
	return mx_addr_from4(htonl(0x0a000000 + n));
}

static uint64_t
key_of(uint32_t n)
{
	const struct mx_addr addr = address(n);

	return clients_key(&clients, 0, &addr, CLIENTS_ADDRESS_BITS);
}

static uint64_t
prefix_of(const struct mx_addr *addr, uint8_t bits)
{
	const struct mx_addr first = mx_addr_first(addr, bits);

	return clients_key(&clients, 0, &first, bits);
}

static uint32_t
sessions_of(uint32_t n)
{
	return clients_look(&clients, key_of(n), 0).sessions;
}

/* One more session of client n; it must be counted. */
static uint32_t
add(uint32_t n)
{
	uint32_t place;

	ck_assert_int_eq(clients_add(&clients, key_of(n), 0, &place),
			 CLIENTS_COUNTED);
	ck_assert_uint_ne(place, CLIENTS_NONE);
	return place;
}

#define FEW 500u
#define LIVE 2000u

START_TEST(counts_are_those_of_a_plain_list_whatever_happens)
{
	static struct {
		uint32_t client, place;
	} live[LIVE];
	static uint32_t count[FEW];
	uint32_t lives = 0, over = 0;

	make(LIVE);
	srand(3);
	for (int i = 0; i < 200000; i++) {
		const uint32_t n = (uint32_t)rand() % FEW;
		const uint32_t most = (uint32_t)rand() % 8;
		uint32_t place;

		if (rand() % 100 < 55 && lives < LIVE) {
			const enum clients_verdict verdict =
				clients_add(&clients, key_of(n), most, &place);

			ck_assert_int_eq(verdict, most != 0 && count[n] >= most
							  ? CLIENTS_OVER
							  : CLIENTS_COUNTED);
			over += verdict == CLIENTS_OVER;
			ck_assert_int_eq(place == CLIENTS_NONE,
					 verdict == CLIENTS_OVER);
			if (verdict == CLIENTS_OVER)
				continue;
			ck_assert(clients_is_at(&clients, place, key_of(n)));
			live[lives].client = n;
			live[lives++].place = place;
			count[n]++;
		} else if (lives > 0) {
			const uint32_t at = (uint32_t)rand() % lives;

			clients_remove(&clients, live[at].place);
			count[live[at].client]--;
			live[at] = live[--lives];
		}
		ck_assert_uint_eq(sessions_of(n), count[n]);
	}
	for (uint32_t n = 0; n < FEW; n++)
		ck_assert_uint_eq(sessions_of(n), count[n]);
	ck_assert_uint_gt(over, 10000);
}
END_TEST

#define THREADS 4
#define SHARED 64u
#define STEPS (SANITIZED ? 10000 : 100000)
#define HELD 256u

/* The twin: plain counts behind a lock. */
static struct {
	pthread_mutex_t lock;
	uint32_t count[SHARED];
	uint32_t highest;
} twin = {.lock = PTHREAD_MUTEX_INITIALIZER};

#define SHARED_MOST 100u

static void
twin_change(uint32_t n, uint32_t change)
{
	pthread_mutex_lock(&twin.lock);
	twin.count[n] += change;
	if (twin.count[n] > twin.highest)
		twin.highest = twin.count[n];
	pthread_mutex_unlock(&twin.lock);
}

/* Begin and end sessions of clients that other threads have too.  Clients of
 * its own push out what has ended. */
static void *
mingle(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	uint32_t client[HELD], place[HELD], held = 0;

	for (int i = 0; i < STEPS; i++) {
		const uint32_t n = (uint32_t)rand_r(&seed) % SHARED;
		uint32_t other;

		if (held < HELD && rand_r(&seed) % 2 == 0) {
			if (clients_add(&clients, key_of(n), SHARED_MOST,
					&place[held]) != CLIENTS_COUNTED)
				continue;
			twin_change(n, 1);
			clients_begin(&clients, place[held], key_of(n), 0,
				      (uint32_t)i / 1000);
			client[held++] = n;
		} else if (held > 0) {
			const uint32_t at = (uint32_t)rand_r(&seed) % held;

			/* The twin first: the table may count one more. */
			twin_change(client[at], (uint32_t)-1);
			if (i % 3 == 0)
				clients_know(&clients, place[at]);
			clients_remove(&clients, place[at]);
			held--;
			client[at] = client[held];
			place[at] = place[held];
		}
		if (clients_add(&clients,
				key_of(SHARED + (uint32_t)rand_r(&seed) % 4000),
				0, &other) == CLIENTS_COUNTED)
			clients_remove(&clients, other);
	}
	while (held-- > 0) {
		twin_change(client[held], (uint32_t)-1);
		clients_remove(&clients, place[held]);
	}
	return NULL;
}

START_TEST(threads_count_as_one_and_none_gets_more_than_the_limit)
{
	pthread_t thread[THREADS];

	make(THREADS * HELD);
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, mingle,
						(void *)(i + 1)),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_le(twin.highest, SHARED_MOST);
	for (uint32_t n = 0; n < SHARED; n++) {
		ck_assert_uint_eq(twin.count[n], 0);
		ck_assert_uint_eq(sessions_of(n), 0);
	}
	for (uint32_t b = 0; b < clients.buckets; b++)
		for (uint32_t i = 0; i < CLIENTS_BUCKET_ENTRIES; i++)
			ck_assert_uint_eq(
				clients.bucket[b].count[i] >> 8 & 0xffffff, 0);
}
END_TEST

START_TEST(threads_that_meet_a_new_client_at_once_make_one_entry)
{
	pthread_t thread[THREADS];

	/* All clients are new again and again: the table is as small as can be
	 * and the clients of each thread push them out. */
	make(1);
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, mingle,
						(void *)(i + 10)),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_le(twin.highest, SHARED_MOST);
	for (uint32_t n = 0; n < SHARED; n++)
		ck_assert_uint_eq(sessions_of(n), 0);
}
END_TEST

#define MANY (SANITIZED ? 200000u : 10000000u)

START_TEST(ten_million_clients_are_not_taken_for_each_other)
{
	uint32_t place;

	make(MANY / 2); /* two thirds of the entries */
	for (uint32_t n = 0; n < MANY; n++)
		ck_assert_int_eq(clients_add(&clients, key_of(n), 1, &place),
				 CLIENTS_COUNTED);
	for (uint32_t n = 0; n < MANY; n += 7) {
		ck_assert_uint_eq(sessions_of(n), 1);
		ck_assert_int_eq(clients_add(&clients, key_of(n), 1, &place),
				 CLIENTS_OVER);
	}
}
END_TEST

START_TEST(each_session_of_a_whole_net_of_strangers_is_counted)
{
	const uint32_t sessions = SANITIZED ? 1u << 16 : 1u << 20;

	/* 10.0.0.0/8: an address of its own each, 16 of a /24. */
	make(sessions);
	for (uint32_t n = 0; n < sessions; n++) {
		const struct mx_addr addr = address(n * 16);
		uint32_t place;

		add(n * 16);
		ck_assert_int_eq(
			clients_add(&clients, prefix_of(&addr, 120), 0, &place),
			CLIENTS_COUNTED);
	}
	const struct mx_addr any = address(256);
	ck_assert_uint_eq(
		clients_look(&clients, prefix_of(&any, 120), 0).sessions, 16);
}
END_TEST

START_TEST(a_full_table_says_so_and_loses_nothing)
{
	static uint32_t place[2048];
	uint32_t counted = 0, full = 0;

	make(1);
	const uint32_t entries = clients.buckets * CLIENTS_BUCKET_ENTRIES;
	for (uint32_t n = 0; n < 2048; n++) {
		const enum clients_verdict verdict =
			clients_add(&clients, key_of(n), 0, &place[n]);

		counted += verdict == CLIENTS_COUNTED;
		full += verdict == CLIENTS_FULL;
		ck_assert_int_eq(place[n] == CLIENTS_NONE,
				 verdict == CLIENTS_FULL);
	}
	ck_assert_uint_gt(full, 0);
	ck_assert_uint_gt(counted, entries * 9 / 10);
	for (uint32_t n = 0; n < 2048; n++) {
		ck_assert_uint_eq(sessions_of(n), place[n] != CLIENTS_NONE);
		if (place[n] != CLIENTS_NONE)
			clients_remove(&clients, place[n]);
	}
	/* The entries of clients that left have room for others. */
	for (uint32_t n = 5000; n < 5200; n++)
		add(n);
}
END_TEST

static void
know_and_leave(uint32_t place)
{
	clients_know(&clients, place);
	clients_remove(&clients, place);
}

START_TEST(a_known_client_is_forgotten_last)
{
	make(1);
	for (uint32_t n = 0; n < 100; n++)
		know_and_leave(add(n));
	for (uint32_t n = 1000; n < 50000; n++)
		clients_remove(&clients, add(n));
	for (uint32_t n = 0; n < 100; n++)
		ck_assert(clients_look(&clients, key_of(n), 0).known);
	ck_assert(!clients_look(&clients, key_of(49999), 0).known);
	ck_assert(!clients_look(&clients, key_of(77777), 0).known);
}
END_TEST

START_TEST(no_client_begins_more_sessions_in_ten_seconds_than_it_may)
{
	static uint32_t begun[400];
	const uint64_t its = (make(10), key_of(1));
	const uint32_t place = add(1);

	srand(4);
	for (uint32_t now_s = 100; now_s < 400; now_s++) {
		for (int i = rand() % 9; i > 0; i--)
			begun[now_s] +=
				clients_begin(&clients, place, its, 30, now_s);
		uint32_t sum = 0;
		for (uint32_t s = now_s / 10 * 10; s <= now_s; s++)
			sum += begun[s];
		ck_assert_uint_le(sum, 30);
		ck_assert_uint_le(clients_look(&clients, its, now_s).recent,
				  30);
	}
	/* After a pause all is forgotten; and what is taken back counts not. */
	ck_assert_uint_eq(clients_look(&clients, its, 420).recent, 0);
	for (int i = 0; i < 30; i++)
		ck_assert(clients_begin(&clients, place, its, 30, 420));
	ck_assert(!clients_begin(&clients, place, its, 30, 421));
	clients_unbegin(&clients, place, its, 421);
	ck_assert(clients_begin(&clients, place, its, 30, 421));
	ck_assert_uint_eq(clients_look(&clients, its, 435).recent, 15);
}
END_TEST

START_TEST(an_entry_has_no_past_of_the_client_before)
{
	uint32_t place;

	make(1);
	for (uint32_t n = 0; n < 4000; n++) {
		place = add(n);
		ck_assert_uint_eq(clients_look(&clients, key_of(n), 100).recent,
				  0);
		ck_assert(clients_begin(&clients, place, key_of(n), 1, 100));
		clients_remove(&clients, place);
	}
}
END_TEST

START_TEST(services_and_prefixes_count_apart)
{
	const struct mx_addr addr = address(1);

	make(1000);
	add(1);
	const uint64_t other =
		clients_key(&clients, 1, &addr, CLIENTS_ADDRESS_BITS);
	ck_assert_uint_eq(clients_look(&clients, other, 0).sessions, 0);
	ck_assert_uint_eq(
		clients_look(&clients, prefix_of(&addr, 120), 0).sessions, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("clients");
	TCase *t = tcase_create("clients");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(t, counts_are_those_of_a_plain_list_whatever_happens);
	tcase_add_test(t,
		       threads_count_as_one_and_none_gets_more_than_the_limit);
	tcase_add_test(t,
		       threads_that_meet_a_new_client_at_once_make_one_entry);
	tcase_add_test(t, ten_million_clients_are_not_taken_for_each_other);
	tcase_add_test(t, each_session_of_a_whole_net_of_strangers_is_counted);
	tcase_add_test(t, a_full_table_says_so_and_loses_nothing);
	tcase_add_test(t, a_known_client_is_forgotten_last);
	tcase_add_test(
		t, no_client_begins_more_sessions_in_ten_seconds_than_it_may);
	tcase_add_test(t, an_entry_has_no_past_of_the_client_before);
	tcase_add_test(t, services_and_prefixes_count_apart);
	suite_add_tcase(s, t);
	return s;
}
