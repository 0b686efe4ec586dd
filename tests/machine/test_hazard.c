/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of hazards: the worst is printed first, and what stops mail is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hazard.h"
#include "runner.h"

static struct hazards found;

static void
setup(void)
{
	found = (struct hazards){.count = 0};
}

START_TEST(the_worst_is_printed_first)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	hazards_add(&found, false, "slow");
	hazard_mend(hazards_add(&found, true, "broken"), "`mend %d`", 1);
	ck_assert_ptr_null(hazards_add(&found, true, "broken"));
	hazards_print(&found, "x.yaml", out);
	fclose(out);
	ck_assert_str_eq(text, "fail  broken\n"
			       "      `mend 1`\n"
			       "warn  slow\n"
			       "x.yaml: 1 fail, 1 warn\n");
	free(text);
}
END_TEST

START_TEST(a_full_list_keeps_what_stops_mail)
{
	char line[HAZARD_LINE_MAX];
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (unsigned i = 0; i < HAZARDS_MAX; i++)
		ck_assert_ptr_nonnull(hazards_add(&found, false, "slow %u", i));
	ck_assert_ptr_null(hazards_add(&found, false, "too many"));
	ck_assert(!hazards_stop_mail(&found));
	hazard_mend(hazards_add(&found, true, "broken"), "`mend`");
	ck_assert(hazards_stop_mail(&found));
	ck_assert_str_eq(hazard_line(&found.list[HAZARDS_MAX - 1], line),
			 "broken: `mend`");
	ck_assert_uint_eq(found.left_out, 2);
	hazards_print(&found, "x.yaml", out);
	fclose(out);
	ck_assert_ptr_nonnull(
		strstr(text, "\nx.yaml: 1 fail, 63 warn, and 2 more\n"));
	free(text);
}
END_TEST

START_TEST(a_list_full_of_what_stops_mail_stays_as_it_is)
{
	for (unsigned i = 0; i < HAZARDS_MAX; i++)
		hazards_add(&found, true, "broken %u", i);
	ck_assert_ptr_null(hazards_add(&found, true, "one more"));
	ck_assert_uint_eq(found.count, HAZARDS_MAX);
	ck_assert_uint_eq(found.left_out, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("hazard");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, the_worst_is_printed_first);
	tcase_add_test(t, a_full_list_keeps_what_stops_mail);
	tcase_add_test(t, a_list_full_of_what_stops_mail_stays_as_it_is);
	suite_add_tcase(s, t);
	return s;
}
