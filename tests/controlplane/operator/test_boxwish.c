/* SPDX-License-Identifier: BSD-3-Clause */
/* The wishes for this box: a drain outlives the process, and ends in time. */
#include <string.h>

#include "boxwish.h"
#include "runner.h"

static const struct moment now = {.s = 1000, .wall_s = 500000};
static struct box_wish wish;

static void
setup(void)
{
	wish = (struct box_wish){.drain = true,
				 .note = {.who = "alice",
					  .reason = "new kernel",
					  .since_s = 7,
					  .until = deadline_in(60, &now)}};
}

START_TEST(a_wish_is_saved_with_its_note)
{
	struct box_wish read;
	json_t *root = json_object();

	box_wish_encode(root, &wish);
	ck_assert(box_wish_decode(root, true, &now, &read));
	ck_assert(read.drain);
	ck_assert_str_eq(read.note.who, "alice");
	ck_assert_str_eq(read.note.reason, "new kernel");
	ck_assert_int_eq(deadline_left_s(&read.note.until, &now), 60);
	json_decref(root);
}
END_TEST

START_TEST(no_wish_leaves_no_key)
{
	json_t *root = json_object();

	wish.drain = false;
	box_wish_encode(root, &wish);
	ck_assert_uint_eq(json_object_size(root), 0);
	wish.drain = true;
	ck_assert(box_wish_decode(root, true, &now, &wish));
	ck_assert(!wish.drain);
	json_decref(root);
}
END_TEST

START_TEST(another_form_is_refused)
{
	json_t *root = json_pack("{s:s}", "box_drained", "yes");

	ck_assert(!box_wish_decode(root, true, &now, &wish));
	json_decref(root);
}
END_TEST

START_TEST(a_wish_ends_in_time)
{
	struct moment later = now;
	bool ended;

	later.s += 59;
	box_wish_expire(&wish, &later, &ended);
	ck_assert(!ended && wish.drain);
	later.s++;
	ck_assert(box_wish_expire(&wish, &later, &ended));
	ck_assert(ended && !wish.drain);
	ck_assert_str_eq(wish.note.who, "");
	ck_assert(!box_wish_expire(&wish, &later, &ended));
}
END_TEST

static bool
role_after(bool same_start)
{
	struct box_wish read;
	json_t *root = json_object();

	wish.role = true;
	wish.role_note.since_s = 9;
	box_wish_encode(root, &wish);
	ck_assert(box_wish_decode(root, same_start, &now, &read));
	ck_assert(read.drain);
	ck_assert_int_eq(read.role_note.since_s, same_start ? 9 : 0);
	json_decref(root);
	return read.role;
}

START_TEST(a_role_ends_with_the_machine)
{
	ck_assert(role_after(true));
	ck_assert(!role_after(false));
}
END_TEST

START_TEST(a_role_outlives_the_end_of_a_drain)
{
	struct moment later = now;
	bool ended;

	wish.role = true;
	later.s += 60;
	ck_assert(box_wish_expire(&wish, &later, &ended));
	ck_assert(ended && !wish.drain && wish.role);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("boxwish");
	TCase *t = tcase_create("boxwish");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_wish_is_saved_with_its_note);
	tcase_add_test(t, no_wish_leaves_no_key);
	tcase_add_test(t, another_form_is_refused);
	tcase_add_test(t, a_wish_ends_in_time);
	tcase_add_test(t, a_role_ends_with_the_machine);
	tcase_add_test(t, a_role_outlives_the_end_of_a_drain);
	suite_add_tcase(s, t);
	return s;
}
