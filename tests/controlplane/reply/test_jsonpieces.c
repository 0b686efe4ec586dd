/* SPDX-License-Identifier: BSD-3-Clause */
/* A JSON answer that is written in pieces is the text that json_dumps() writes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "jsonpieces.h"
#include "runner.h"

#define ROWS 10000

static json_t *
answer(int rows)
{
	json_t *list = json_array();

	for (int i = 0; i < rows; i++)
		json_array_append_new(list, json_pack("{s:i s:s s:n s:[i, s]}",
						      "number", i, "text",
						      "a \"b\" \\ \xc3\xa4",
						      "none", "list", i, "x"));
	return json_pack("{s:i s:{s:f} s:[] s:o s:s s:b s:n}", "total", rows,
			 "nested", "part", 0.5, "empty", "rows", list, "words",
			 "one\ntwo", "yes", 1, "none");
}

static void
expect(json_t *data)
{
	char *wanted = json_dumps(data, JSON_COMPACT);
	struct json_pieces *pieces = json_pieces_new(data);

	ck_assert_ptr_nonnull(pieces);
	while (json_pieces_more(pieces))
		;
	char *text = json_pieces_end(pieces);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, wanted);
	free(text);
	free(wanted);
}

START_TEST(the_text_is_the_same)
{
	expect(answer(0));
	expect(answer(1));
	expect(answer(ROWS));
	expect(json_object());
}
END_TEST

START_TEST(a_long_list_is_several_pieces)
{
	struct json_pieces *pieces = json_pieces_new(answer(10 * ROWS));
	int count = 1;

	ck_assert_ptr_nonnull(pieces);
	while (json_pieces_more(pieces))
		count++;
	ck_assert_int_gt(count, 1);
	free(json_pieces_end(pieces));
	/* One that is given up. */
	pieces = json_pieces_new(answer(ROWS));
	json_pieces_more(pieces);
	free(json_pieces_end(pieces));
	ck_assert_ptr_null(json_pieces_new(json_array()));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("jsonpieces");
	TCase *t = tcase_create("jsonpieces");

	tcase_add_test(t, the_text_is_the_same);
	tcase_add_test(t, a_long_list_is_several_pieces);
	suite_add_tcase(s, t);
	return s;
}
