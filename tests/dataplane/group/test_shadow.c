/* SPDX-License-Identifier: BSD-3-Clause */
#include "shadow.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define COUNT 1000

static const struct mx_hash_key key = {
	{0x1122334455667788, 0x99aabbccddeeff00}};
static struct mx_shadow *file;
static struct mx_shadow_map map;
static struct mx_session session;
static struct mx_session_wide ends;

static void
begin(bool wide)
{
	const size_t bytes = mx_shadow_size(COUNT, wide);

	file = aligned_alloc(64, bytes);
	memset(file, 0, bytes);
	mx_shadow_make(file, 2, 4, COUNT, wide);
	ck_assert_int_eq(mx_shadow_attach(&map, file, bytes), 0);
}

static void
setup(void)
{
	begin(true);
}

static void
teardown(void)
{
	free(file);
}

/* Session number n; six: its client and VIP are IPv6. */
static void
fill(uint32_t n, bool six)
{
	memset(&session, 0, sizeof(session));
	memset(&ends, 0, sizeof(ends));
	session.client_be = htonl(0xcb007100 + n / 1000);
	session.vip_be = htonl(0xc6336419);
	session.server_be = htonl(0x0a00020b);
	session.local_be = htonl(0x0a000264);
	session.client_port_be = htons((uint16_t)(10000 + n % 1000));
	session.vip_port_be = htons(25);
	session.server_port_be = htons(25);
	session.local_port_be = htons((uint16_t)(2000 + n));
	session.state = MX_SESSION_ESTABLISHED;
	session.kind = six ? MX_SESSION_CLIENT6 : 0;
	if (six) {
		memset(ends.client.byte, 0x20, sizeof(ends.client));
		memset(ends.vip.byte, 0x21, sizeof(ends.vip));
	}
	ends = mx_session_ends(&session, &ends);
}

static struct mx_flow
client_flow(void)
{
	return (struct mx_flow){ends.client, ends.vip, session.client_port_be,
				session.vip_port_be};
}

static struct mx_flow
local_flow(void)
{
	return (struct mx_flow){ends.server, ends.local, session.server_port_be,
				session.local_port_be};
}

static bool
find_client(struct mx_shadow_entry *entry)
{
	const struct mx_flow flow = client_flow();

	return mx_shadow_find_client(&map, &key, &flow, entry);
}

static bool
find_local(struct mx_shadow_entry *entry)
{
	const struct mx_flow flow = local_flow();

	return mx_shadow_find_local(&map, &key, &flow, entry);
}

START_TEST(an_entry_is_found_by_both_ends)
{
	struct mx_shadow_entry entry;

	for (uint32_t n = 0; n < COUNT; n++) {
		fill(n, n % 3 == 0);
		session.client_seq = n;
		mx_shadow_put(file, &key, n, &session, &ends);
	}
	ck_assert_uint_eq(file->used, COUNT);
	ck_assert_uint_eq(file->unplaced, 0);
	for (uint32_t n = 0; n < COUNT; n++) {
		fill(n, n % 3 == 0);
		ck_assert(find_client(&entry));
		ck_assert_uint_eq(entry.session.client_seq, n);
		ck_assert_uint_eq(entry.slot, n);
		ck_assert(find_local(&entry));
		ck_assert_uint_eq(entry.session.client_seq, n);
		ck_assert_mem_eq(&entry.ends, &ends, sizeof(ends));
	}
}
END_TEST

START_TEST(an_entry_that_was_dropped_is_not_found)
{
	struct mx_shadow_entry entry;

	fill(7, _i == 1);
	mx_shadow_put(file, &key, 7, &session, &ends);
	mx_shadow_drop(file, &key, 7);
	mx_shadow_drop(file, &key, 7);
	ck_assert(!find_client(&entry));
	ck_assert(!find_local(&entry));
	ck_assert(!mx_shadow_at(&map, 7, &entry));
	ck_assert_uint_eq(file->used, 0);
}
END_TEST

/* A slot that is used again leaves nothing behind, however often. */
START_TEST(a_slot_has_one_entry)
{
	struct mx_shadow_entry entry;

	for (uint32_t n = 0; n < 20 * COUNT; n++) {
		fill(n, false);
		mx_shadow_put(file, &key, 5, &session, &ends);
	}
	ck_assert_uint_eq(file->used, 1);
	ck_assert_uint_eq(file->unplaced, 0);
	ck_assert(find_client(&entry));
	fill(3, false);
	ck_assert(!find_client(&entry));
}
END_TEST

START_TEST(nat_has_no_local_end)
{
	struct mx_shadow_entry entry;

	fill(1, false);
	session.kind = MX_FORWARD_NAT;
	mx_shadow_put(file, &key, 1, &session, &ends);
	ck_assert(find_client(&entry));
	ck_assert(!find_local(&entry));
}
END_TEST

START_TEST(an_entry_that_is_being_written_is_none)
{
	struct mx_shadow_entry entry;
	uint32_t *versions = (uint32_t *)(void *)((uint8_t *)(file + 1) +
						  (size_t)file->buckets * 64);

	fill(0, false);
	mx_shadow_put(file, &key, 0, &session, &ends);
	ck_assert(mx_shadow_at(&map, 0, &entry));
	versions[0]++;
	ck_assert(!mx_shadow_at(&map, 0, &entry));
	ck_assert(!find_client(&entry));
}
END_TEST

/* Of a file of any bytes: nothing is read beyond it. */
START_TEST(a_file_that_lies_is_harmless)
{
	struct mx_shadow_entry entry;
	uint8_t *byte = (uint8_t *)(file + 1);
	const size_t bytes = mx_shadow_size(COUNT, true) - sizeof(*file);

	srand(1);
	for (size_t i = 0; i < bytes; i++)
		byte[i] = (uint8_t)rand();
	file->count = UINT32_MAX;
	file->buckets = UINT32_MAX;
	for (uint32_t n = 0; n < COUNT; n++) {
		fill(n, false);
		ck_assert(!find_client(&entry));
		ck_assert(!find_local(&entry));
		mx_shadow_at(&map, n, &entry);
	}
	ck_assert(!mx_shadow_at(&map, COUNT, &entry));
	ck_assert(!mx_shadow_at(&map, UINT32_MAX, &entry));
}
END_TEST

/* What a header may not say. */
START_TEST(sizes_that_do_not_fit_are_refused)
{
	const size_t bytes = mx_shadow_size(COUNT, true);
	struct mx_shadow was = *file;

	ck_assert_int_eq(mx_shadow_attach(&map, file, bytes - 1), -EPROTO);
	ck_assert_int_eq(mx_shadow_attach(&map, file, 10), -EPROTO);
	switch (_i) {
	case 0:
		file->magic++;
		break;
	case 1:
		file->layout++;
		break;
	case 2:
		file->count = COUNT * 2;
		break;
	case 3:
		file->buckets *= 2;
		break;
	case 4:
		file->count = 0;
		break;
	case 5:
		file->box = MX_BOXES_MAX + 1;
		break;
	case 6:
		file->box = 0;
		break;
	}
	ck_assert_int_eq(mx_shadow_attach(&map, file, bytes), -EPROTO);
	*file = was;
	ck_assert_int_eq(mx_shadow_attach(&map, file, bytes), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("shadow");
	TCase *t = tcase_create("shadow");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_entry_is_found_by_both_ends);
	tcase_add_loop_test(t, an_entry_that_was_dropped_is_not_found, 0, 2);
	tcase_add_test(t, a_slot_has_one_entry);
	tcase_add_test(t, nat_has_no_local_end);
	tcase_add_test(t, an_entry_that_is_being_written_is_none);
	tcase_add_test(t, a_file_that_lies_is_harmless);
	tcase_add_loop_test(t, sizes_that_do_not_fit_are_refused, 0, 7);
	suite_add_tcase(s, t);
	return s;
}
