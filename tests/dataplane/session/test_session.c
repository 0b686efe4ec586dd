/* SPDX-License-Identifier: BSD-3-Clause */
/* The session table and the port map against naive twins: a list of all
 * sessions, and a list of ports in the order they became free.
 * Method: random inserts, look-ups and removals with a fixed seed, up to a full
 * table.  After each phase the table and the list agree. */
#include <stdlib.h>
#include <string.h>

#include "portmap.h"
#include "runner.h"
#include "session.h"
#include "tcpstate.h"

#define COUNT 5000

static struct session_table table;
static struct mx_sessions_file *file;

static bool
keep_all(void *arg, struct mx_session *s, uint32_t index)
{
	(void)arg, (void)s, (void)index;
	return true;
}

static void
setup(void)
{
	const size_t size = (MX_SESSIONS_SIZE(COUNT, true) + 63) / 64 * 64;

	file = aligned_alloc(64, size);
	memset(file, 0, size);
	file->count = COUNT;
	file->wide = 1;
	file->key =
		(struct mx_hash_key){{0x452821e638d01377, 0xbe5466cf34e90c6c}};
	ck_assert_int_eq(session_table_attach(&table, file, keep_all, NULL), 0);
}

static void
teardown(void)
{
	session_table_detach(&table);
	free(file);
}

/* The flow of twin number n: all distinct, a third of them IPv6. */
static bool
is_six(uint32_t n)
{
	return n % 3 == 0;
}

static struct mx_flow
flow_of(uint32_t n)
{
	struct mx_flow flow = {
		.src = mx_addr_from4(htonl(0x0a000000 + n / 7)),
		.dst = mx_addr_from4(htonl(0xc6336419)),
		.src_port_be = htons((uint16_t)(1024 + n % 7)),
		.dst_port_be = htons(25),
	};

	if (is_six(n)) {
		flow.src.byte[0] = 0x20;
		flow.dst.byte[0] = 0x20;
	}
	return flow;
}

static struct mx_flow4
narrow(const struct mx_flow *flow)
{
	return (struct mx_flow4){mx_addr_to4(&flow->src),
				 mx_addr_to4(&flow->dst), flow->src_port_be,
				 flow->dst_port_be};
}

/* A nat session, so that both sides find it.  The server of n is the VIP's
 * address with port 2525. */
static struct mx_session *
insert(uint32_t n, uint8_t state)
{
	const struct mx_flow flow = flow_of(n);
	const struct mx_session_wide wide = {.client = flow.src,
					     .vip = flow.dst,
					     .server = flow.dst,
					     .local = flow.src};
	const struct mx_flow4 flow4 = narrow(&flow);
	const struct mx_session fill = {
		.client_be = is_six(n) ? 0 : flow4.src_be,
		.vip_be = is_six(n) ? 0 : flow4.dst_be,
		.local_be = is_six(n) ? 0 : flow4.src_be,
		.server_be = is_six(n) ? 0 : flow4.dst_be,
		.client_port_be = flow.src_port_be,
		.vip_port_be = flow.dst_port_be,
		.local_port_be = flow.src_port_be,
		.server_port_be = htons(2525),
		.kind = MX_FORWARD_NAT |
			(is_six(n) ? MX_SESSION_CLIENT6 | MX_SESSION_SERVER6
				   : 0),
		.opened_s = n,
		.deadline_s = n};

	return session_insert(&table, &fill, is_six(n) ? &wide : NULL, state);
}

/* Find it from the client's side, and then from the server's: the same
 * session. */
static struct mx_session *
find(uint32_t n)
{
	const struct mx_flow flow = flow_of(n);
	const struct mx_flow back = {flow.dst, flow.src, htons(2525),
				     flow.src_port_be};
	const struct mx_flow4 flow4 = narrow(&flow);
	const struct mx_flow4 back4 = narrow(&back);
	const struct mx_hash_key *key = &table.file->key;
	struct mx_session *s;
	struct mx_session *from_server;

	if (is_six(n)) {
		const uint64_t hash =
			mx_hash_client6(key, flow.src.byte, flow.src_port_be);
		s = session_find(&table, hash, session_client_is6, &flow);
		from_server =
			session_find(&table, hash, session_server_is6, &back);
	} else {
		const uint64_t hash =
			mx_hash_client4(key, flow4.src_be, flow.src_port_be);
		s = session_find(&table, hash, session_client_is4, &flow4);
		from_server =
			session_find(&table, hash, session_server_is4, &back4);
	}
	ck_assert_ptr_eq(s, from_server);
	return s;
}

START_TEST(the_table_says_what_a_list_says)
{
	static bool there[3 * COUNT];
	uint32_t used = 0;

	memset(there, 0, sizeof(there));
	srand(3);
	for (int i = 0; i < 400000; i++) {
		const uint32_t n = (uint32_t)rand() % (3 * COUNT);
		struct mx_session *s = find(n);

		ck_assert_int_eq(s != NULL, there[n]);
		if (s != NULL) {
			ck_assert_uint_eq(s->opened_s, n);
			/* Once nearly full, keep it so. */
			if (used < COUNT - 50 && rand() % 4 > 0)
				continue;
			session_remove(&table, s);
			there[n] = false;
			used--;
		} else if (insert(n, MX_SESSION_ESTABLISHED) != NULL) {
			there[n] = true;
			used++;
		} else {
			ck_assert_uint_gt(used, COUNT * 95 / 100);
		}
		ck_assert_uint_eq(table.used, used);
	}
	ck_assert_uint_gt(used, COUNT * 9 / 10);

	/* And again after a restart over the same file. */
	session_table_detach(&table);
	ck_assert_int_eq(session_table_attach(&table, file, keep_all, NULL), 0);
	ck_assert_uint_eq(table.used, used);
	for (uint32_t n = 0; n < 3 * COUNT; n++)
		ck_assert_int_eq(find(n) != NULL, there[n]);
}
END_TEST

START_TEST(a_table_fills_to_the_last_session_but_few)
{
	uint32_t n = 0;

	while (n < 2 * COUNT && insert(n, MX_SESSION_ESTABLISHED) != NULL)
		n++;
	ck_assert_uint_ge(n, COUNT * 98 / 100);
	for (uint32_t i = 0; i < n; i++)
		session_remove(&table, find(i));
	ck_assert_uint_eq(table.used, 0);
	for (uint32_t b = 0; b <= table.bucket_mask; b++) {
		ck_assert_uint_eq(table.bucket[b].overflow, 0);
		for (int i = 0; i < SESSION_BUCKET_SLOTS; i++)
			ck_assert_uint_eq(table.bucket[b].tag[i], 0);
	}
}
END_TEST

START_TEST(a_file_that_was_cut_off_anywhere_attaches)
{
	/* The state after a kill: entries are whole or free, and links are
	 * wrong. */
	srand(5);
	for (uint32_t n = 0; n < COUNT / 2; n++)
		insert(n, MX_SESSION_ESTABLISHED);
	for (uint32_t i = 0; i < COUNT; i++)
		file->session[i].next = (uint32_t)rand();
	session_table_detach(&table);
	ck_assert_int_eq(session_table_attach(&table, file, keep_all, NULL), 0);
	ck_assert_uint_eq(table.used, COUNT / 2);
	for (uint32_t n = COUNT / 2; n < COUNT; n++)
		ck_assert_ptr_nonnull(insert(n, MX_SESSION_OPENING));
}
END_TEST

START_TEST(digests_are_made_anew_at_start)
{
	/* Both of IPv6; the first line of one is wrong. */
	insert(0, MX_SESSION_ESTABLISHED)->client_be++;
	insert(3, MX_SESSION_ESTABLISHED);
	session_table_detach(&table);
	ck_assert_int_eq(session_table_attach(&table, file, keep_all, NULL), 0);
	ck_assert_ptr_nonnull(find(0));
	ck_assert_ptr_nonnull(find(3));
}
END_TEST

START_TEST(two_entries_of_one_flow_become_one)
{
	struct mx_session *s = insert((uint32_t)_i, MX_SESSION_ESTABLISHED);

	file->session[COUNT - 1] = *s;
	*mx_session_wide_of(file, COUNT - 1) =
		*mx_session_wide_of(file, session_index(&table, s));
	session_table_detach(&table);
	ck_assert_int_eq(session_table_attach(&table, file, keep_all, NULL), 0);
	ck_assert_uint_eq(table.used, 1);
}
END_TEST

START_TEST(ipv6_sessions_of_a_file_without_room_for_it_are_left_behind)
{
	insert(0, MX_SESSION_ESTABLISHED);
	insert(1, MX_SESSION_ESTABLISHED);
	session_table_detach(&table);
	file->wide = 0;
	ck_assert_int_eq(session_table_attach(&table, file, keep_all, NULL), 0);
	ck_assert_uint_eq(table.used, 1);
	ck_assert_ptr_nonnull(find(1));
}
END_TEST

START_TEST(expiry_finds_exactly_what_is_due)
{
	uint32_t found = 0;

	for (uint32_t n = 1; n <= COUNT / 2; n++)
		insert(n, MX_SESSION_ESTABLISHED); /* deadline n */
	uint32_t steps = COUNT;
	struct mx_session *s;
	while ((s = session_expired(&table, 1000, &steps)) != NULL) {
		ck_assert_uint_le(s->deadline_s, 1000);
		session_remove(&table, s);
		found++;
	}
	ck_assert_uint_eq(steps, 0);
	ck_assert_uint_eq(found, 1000);
	ck_assert_uint_eq(table.used, COUNT / 2 - 1000);
}
END_TEST

START_TEST(tags_are_found_as_one_by_one)
{
	alignas(16) uint16_t tag[TAGS];

	srand(1);
	for (int round = 0; round < 20000; round++) {
		/* Few values, so that all numbers of hits come up, and ones
		 * that differ in one bit or in one byte alone. */
		static const uint16_t values[] = {
			0, 1, 0x0100, 0x7fff, 0x8000, 0x8001, 0xff00, 0xffff};
		for (int i = 0; i < TAGS; i++)
			tag[i] = values[rand() % 8];
		const uint16_t wanted = values[rand() % 8];
		ck_assert_uint_eq(tags_find(tag, wanted),
				  tags_find_plain(tag, wanted));
	}
	for (int i = 0; i < TAGS; i++)
		tag[i] = (uint16_t)i;
	ck_assert_uint_eq(tags_find_plain(tag, 5), 1 << 5);
}
END_TEST

START_TEST(an_address_is_told_by_its_digest)
{
	static uint32_t digest[128];
	const struct mx_hash_key *key = &table.file->key;
	struct mx_addr addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};

	/* Each bit counts; two that are alike would show here first. */
	for (int bit = 0; bit < 128; bit++) {
		addr.byte[bit / 8] ^= (uint8_t)(1 << bit % 8);
		digest[bit] = mx_hash_digest(key, &addr);
		addr.byte[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_uint_ne(digest[bit], mx_hash_digest(key, &addr));
		for (int other = 0; other < bit; other++)
			ck_assert_uint_ne(digest[bit], digest[other]);
	}
}
END_TEST

static uint32_t entry[PORTMAP_ENTRIES(3)];

START_TEST(ports_are_used_in_turn)
{
	const struct mx_addr address = mx_addr_from4(1);
	struct portmap map;
	uint16_t given[64];

	portmap_make(&map, &address, 1, 3, entry);
	ck_assert(portmap_claim(&map, (uint16_t)(map.first + 5), 77));
	ck_assert(!portmap_claim(&map, (uint16_t)(map.first + 5), 78));
	ck_assert(!portmap_claim(&map, (uint16_t)(map.first - 1), 78));
	portmap_link(&map, 3);
	for (uint32_t i = 0; i < 64; i++) {
		given[i] = portmap_take(&map, 1000 + i);
		ck_assert_uint_ne(given[i], map.first + 5);
		ck_assert_uint_eq(portmap_find(&map, given[i]), 1000 + i);
	}
	ck_assert_uint_eq(portmap_find(&map, (uint16_t)(map.first + 5)), 77);
	for (int i = 63; i >= 0; i--)
		portmap_give(&map, given[i]);
	/* First all others, then those that were returned, in that order. */
	for (uint32_t i = 0; i < map.count - 65; i++)
		ck_assert_uint_ne(portmap_take(&map, i), 0);
	for (int i = 63; i >= 0; i--)
		ck_assert_uint_eq(portmap_take(&map, 1), given[i]);
	ck_assert_uint_eq(portmap_take(&map, 1), 0);
	ck_assert_uint_eq(map.used, map.count);
}
END_TEST

START_TEST(a_port_outside_the_share_has_no_session)
{
	const struct mx_addr address = mx_addr_from4(1);
	struct portmap map;

	portmap_make(&map, &address, 1, 3, entry);
	portmap_link(&map, 0);
	for (uint32_t port = 0; port < 65536; port++)
		ck_assert_uint_eq(portmap_find(&map, (uint16_t)port),
				  UINT32_MAX);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_table_says_what_a_list_says);
	tcase_add_test(t, a_table_fills_to_the_last_session_but_few);
	tcase_add_test(t, a_file_that_was_cut_off_anywhere_attaches);
	tcase_add_loop_test(t, two_entries_of_one_flow_become_one, 0, 2);
	tcase_add_test(
		t, ipv6_sessions_of_a_file_without_room_for_it_are_left_behind);
	tcase_add_test(t, expiry_finds_exactly_what_is_due);
	tcase_add_test(t, digests_are_made_anew_at_start);
	tcase_add_test(t, tags_are_found_as_one_by_one);
	tcase_add_test(t, an_address_is_told_by_its_digest);
	tcase_add_test(t, ports_are_used_in_turn);
	tcase_add_test(t, a_port_outside_the_share_has_no_session);
	suite_add_tcase(s, t);
	return s;
}
