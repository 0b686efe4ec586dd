/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts by slot: they begin at zero in a slot that was used, go on over a start of
 * the data plane, and over the state file. */
#include <check.h>

#include "runner.h"
#include "slotcount.h"

static struct slot_count count;

static void
setup(void)
{
	count = slot_count_new();
	count.slot = 7;
}

START_TEST(a_slot_that_was_used_begins_at_zero)
{
	ck_assert_uint_eq(slot_count_read(&count, 1000, false), 0);
	ck_assert_uint_eq(slot_count_value(&count), 0);
	ck_assert_uint_eq(slot_count_read(&count, 1005, false), 5);
	ck_assert_uint_eq(slot_count_value(&count), 5);
}
END_TEST

/* anew, though the counter is beyond the last one; or it went back. */
START_TEST(a_new_data_plane_adds_to_the_one_before)
{
	const uint64_t counter = _i == 0 ? 2000 : 3;

	slot_count_read(&count, 1000, true);
	slot_count_read(&count, 1005, false);
	ck_assert_uint_eq(slot_count_read(&count, counter, _i == 0), counter);
	ck_assert_uint_eq(slot_count_value(&count), 5 + counter);
	ck_assert_uint_eq(slot_count_read(&count, counter + 1, false), 1);
	ck_assert_uint_eq(slot_count_value(&count), 6 + counter);
}
END_TEST

static struct slot_count
saved(bool counts)
{
	json_t *object = json_object();

	slot_count_encode(object, &count, counts);
	const struct slot_count again = slot_count_decode(object, 1024);
	json_decref(object);
	return again;
}

START_TEST(a_saved_count_goes_on)
{
	slot_count_read(&count, 1000, false);
	slot_count_read(&count, 1005, false);
	count = saved(true);
	ck_assert_uint_eq(count.slot, 7);
	ck_assert_uint_eq(slot_count_value(&count), 5);
	/* What the same data plane counted meanwhile. */
	slot_count_read(&count, 1009, false);
	ck_assert_uint_eq(slot_count_value(&count), 9);
	/* Or another one. */
	count = saved(true);
	slot_count_read(&count, 2000, true);
	ck_assert_uint_eq(slot_count_value(&count), 2009);
}
END_TEST

START_TEST(a_count_saved_without_numbers_keeps_its_slot)
{
	json_t *object = json_object();

	slot_count_read(&count, 1000, false);
	slot_count_read(&count, 1005, false);
	slot_count_encode(object, &count, false);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "slot")),
			 7);
	ck_assert_ptr_null(json_object_get(object, "refused"));
	ck_assert_ptr_null(json_object_get(object, "counter"));
	json_decref(object);
	count = saved(false);
	ck_assert_uint_eq(count.slot, 7);
	ck_assert(count.fresh);
}
END_TEST

/* Of each: a counter that cannot be, and whether its data plane is new. */
static const struct {
	uint64_t counter;
	bool anew;
} lies[] = {
	{UINT64_C(1) << 63, false},
	{UINT64_MAX, false},
	{UINT64_C(1) << 63, true},
	{UINT64_MAX, true},
};

START_TEST(a_counter_that_cannot_be_is_ignored)
{
	ck_assert_uint_eq(slot_count_read(&count, lies[_i].counter, false), 0);
	ck_assert(count.fresh);
	slot_count_read(&count, 1000, false);
	slot_count_read(&count, 1005, false);
	ck_assert_uint_eq(
		slot_count_read(&count, lies[_i].counter, lies[_i].anew), 0);
	ck_assert_uint_eq(slot_count_value(&count), 5);
	const uint64_t next = lies[_i].anew ? 2 : 1007;
	ck_assert_uint_eq(slot_count_read(&count, next, false), 2);
	ck_assert_uint_eq(slot_count_value(&count), 7);
}
END_TEST

START_TEST(a_count_stays_at_the_highest_number)
{
	slot_count_read(&count, 0, false);
	for (int i = 0; i < 4; i++) {
		slot_count_read(&count, INT64_MAX, false);
		ck_assert_uint_eq(slot_count_value(&count), INT64_MAX);
		slot_count_read(&count, 9, true);
		ck_assert_uint_eq(slot_count_value(&count), INT64_MAX);
	}
	count = saved(true);
	ck_assert_uint_eq(slot_count_value(&count), INT64_MAX);
}
END_TEST

START_TEST(a_count_that_was_never_read_is_new_again)
{
	count = saved(true);
	ck_assert_uint_eq(count.slot, 7);
	slot_count_read(&count, 1000, false);
	ck_assert_uint_eq(slot_count_value(&count), 0);
}
END_TEST

static const char *const odd[] = {
	"{}",
	"{\"slot\":1024}",
	"{\"slot\":-1,\"refused\":1,\"counter\":1}",
	"{\"slot\":\"7\",\"refused\":1,\"counter\":1}",
};

START_TEST(a_saved_count_without_a_slot_is_new)
{
	json_t *object = json_loads(odd[_i], 0, NULL);

	count = slot_count_decode(object, 1024);
	json_decref(object);
	ck_assert_uint_eq(count.slot, SLOT_COUNT_NONE);
	ck_assert(count.fresh);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("slotcount");
	TCase *t = tcase_create("slotcount");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_slot_that_was_used_begins_at_zero);
	tcase_add_loop_test(t, a_new_data_plane_adds_to_the_one_before, 0, 2);
	tcase_add_test(t, a_saved_count_goes_on);
	tcase_add_test(t, a_count_saved_without_numbers_keeps_its_slot);
	tcase_add_loop_test(t, a_counter_that_cannot_be_is_ignored, 0,
			    sizeof(lies) / sizeof(lies[0]));
	tcase_add_test(t, a_count_stays_at_the_highest_number);
	tcase_add_test(t, a_count_that_was_never_read_is_new_again);
	tcase_add_loop_test(t, a_saved_count_without_a_slot_is_new, 0,
			    sizeof(odd) / sizeof(odd[0]));
	suite_add_tcase(s, t);
	return s;
}
