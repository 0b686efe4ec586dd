/* SPDX-License-Identifier: BSD-3-Clause */
/* New sessions are found without a look at all slots.  Method: slots are taken and
 * given back by the order of a free list, as a worker does. */
#include "boxrig.h"
#include "runner.h"
#include "scan.h"

#define COUNT 70000u

static struct boxrig rig;
static struct source source;
static uint64_t cursor;

static void
scan(void)
{
	while (scan_slice(&source))
		;
}

static void
setup(void)
{
	boxrig_open(&rig, 1, &(struct boxrig){.workers = 2, .count = COUNT});
	ck_assert_int_eq(source_open(&source, rig.instance), 0);
	source_set_homes(&source, &rig.sheet, 0);
	scan();
	ck_assert(source_is_ready(&source));
	cursor = source.head;
}

static void
teardown(void)
{
	source_close(&source);
	boxrig_close(&rig);
}

/* Scan, and expect that these slots alone are noted. */
static void
expect(unsigned slots, const uint32_t slot[])
{
	uint32_t noted;

	scan();
	for (unsigned i = 0; i < slots; i++) {
		ck_assert_int_eq(source_next(&source, &cursor, &noted), 1);
		ck_assert_uint_eq(noted, slot[i]);
	}
	ck_assert_int_eq(source_next(&source, &cursor, &noted), 0);
}

#define EXPECT(...)                                                            \
	expect(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),           \
	       (uint32_t[]){__VA_ARGS__})

/* Take new slots of both workers, and expect that a glance notes them. */
static void
expect_by_glance(uint32_t count)
{
	uint32_t slot, noted = 0;

	for (uint32_t i = 0; i < count; i++)
		boxrig_take(&rig, i % 2, i);
	scan_glance(&source);
	while (source_next(&source, &cursor, &slot) == 1)
		noted++;
	ck_assert_uint_eq(noted, count);
}

/* Both workers take a slot, so that a scan finds where they are. */
static void
find_chain(void)
{
	const uint32_t first = boxrig_take(&rig, 0, 1);
	const uint32_t second = boxrig_take(&rig, 1, 2);

	EXPECT(first, second);
}

START_TEST(a_glance_finds_what_is_new_and_what_becomes_of_it)
{
	struct mx_session *s;

	find_chain();
	expect_by_glance(1000);
	expect_by_glance(10);
	expect_by_glance(0);
	/* A handshake lasts. */
	const uint32_t slot = boxrig_take(&rig, 1, 3);
	s = boxrig_at(&rig, slot);
	atomic_store(&s->state, MX_SESSION_OPENING);
	expect_by_glance(0);
	atomic_store(&s->state, MX_SESSION_GREETING);
	scan_glance(&source);
	expect(1, &slot);
	atomic_store(&s->state, MX_SESSION_ESTABLISHED);
	scan_glance(&source);
	expect(1, &slot);
	boxrig_end(&rig, slot);
	scan_glance(&source);
	expect(1, &slot);
	/* After two scans it is as any other. */
	scan();
	boxrig_put(&rig, slot, 3, 1);
	expect_by_glance(0);
	EXPECT(slot);
}
END_TEST

START_TEST(a_glance_goes_on_where_slots_are_used_again)
{
	uint32_t slot[1000];

	find_chain();
	for (uint32_t round = 0; round < 2 * COUNT / 1000; round++) {
		for (uint32_t i = 0; i < 1000; i++)
			slot[i] = boxrig_take(&rig, 0, i);
		scan_glance(&source);
		ck_assert_uint_eq(source.head - cursor, 1000);
		for (uint32_t i = 0; i < 1000; i++)
			boxrig_end(&rig, slot[i]);
		scan();
		cursor = source.head;
	}
	expect_by_glance(100);
}
END_TEST

/* Links that were read while they changed, or of slots that came and went. */
START_TEST(a_chain_that_breaks_is_found_again)
{
	static const uint32_t links[] = {0,     1,         20,
					 COUNT, COUNT + 1, UINT32_MAX};

	find_chain();
	expect_by_glance(10);
	source.chain.next[source.chain.front[0] - 1] = links[_i];
	for (unsigned i = 0; i < 10; i++)
		boxrig_take(&rig, 0, i);
	scan_glance(&source);
	scan();
	scan();
	cursor = source.head;
	find_chain();
	expect_by_glance(100);
	scan();
	ck_assert_uint_eq(source.fits, 2 + 10 + 10 + 2 + 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("glance");
	TCase *tc = tcase_create("glance");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_glance_finds_what_is_new_and_what_becomes_of_it);
	tcase_add_test(tc, a_glance_goes_on_where_slots_are_used_again);
	tcase_add_loop_test(tc, a_chain_that_breaks_is_found_again, 0, 6);
	suite_add_tcase(s, tc);
	return s;
}
