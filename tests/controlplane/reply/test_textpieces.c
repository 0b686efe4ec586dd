/* SPDX-License-Identifier: BSD-3-Clause */
/* A text that is written in pieces is the one that would be printed at once, and a long
 * one is several pieces. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "textpieces.h"

#define ROWS 100000

static const struct table_column columns[] = {
	{"number", "NUMBER"}, {"text", "TEXT"}, {"more", "MORE", 1}};
static const struct table table = TABLE("rows", columns);

static void
head(FILE *out, const json_t *data)
{
	fprintf(out, "%d rows\n",
		(int)json_integer_value(json_object_get(data, "total")));
}

static void
foot(FILE *out, const json_t *data)
{
	(void)data;
	fputs("the end\n", out);
}

static const struct report_slices slices = {.head = head, .foot = foot};
static const struct report report = {.tables = {&table}, .slices = &slices};

static json_t *
answer(int rows)
{
	json_t *list = json_array();

	for (int i = 0; i < rows; i++)
		json_array_append_new(
			list, json_pack("{s:i s:s s:i}", "number", i, "text",
					i % 7 ? "a" : "long", "more", -i));
	return json_pack("{s:i s:o}", "total", rows, "rows", list);
}

static char *
print_at_once(json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "rows");
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	head(out, data);
	if (json_array_size(rows) > 0)
		table_print(out, rows, &table, style);
	foot(out, data);
	fclose(out);
	json_decref(data);
	return text;
}

/* Returns how many pieces a text was. */
static int
write_pieces(json_t *data, const struct table_style *style, char **text)
{
	char why[COLUMNS_WHY_MAX];
	struct text_pieces *pieces = text_pieces_new(&report, data, style, why);
	int count = 1;

	ck_assert_ptr_nonnull(pieces);
	while (text_pieces_more(pieces))
		count++;
	*text = text_pieces_end(pieces);
	ck_assert_ptr_nonnull(*text);
	return count;
}

START_TEST(the_text_is_the_same)
{
	static const int rows[] = {0, 1, 31, 32, 33, 1000};
	static const uint16_t widths[] = {0, 80, 20};
	char *text;

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]);
		     w++) {
			const struct table_style style = {.width = widths[w]};
			char *wanted = print_at_once(answer(rows[r]), &style);

			write_pieces(answer(rows[r]), &style, &text);
			ck_assert_str_eq(text, wanted);
			free(wanted);
			free(text);
		}
}
END_TEST

START_TEST(a_long_text_is_several_pieces)
{
	const struct table_style style = {.width = 0};
	char why[COLUMNS_WHY_MAX];
	char *text;

	ck_assert_int_gt(write_pieces(answer(ROWS), &style, &text), 2);
	free(text);
	/* One that is given up. */
	struct text_pieces *pieces =
		text_pieces_new(&report, answer(ROWS), &style, why);
	text_pieces_more(pieces);
	free(text_pieces_end(pieces));
}
END_TEST

START_TEST(chosen_columns_stand_alone)
{
	struct table_style style = {.columns = "text,number"};
	char why[COLUMNS_WHY_MAX];
	char *text;

	write_pieces(answer(2), &style, &text);
	ck_assert_str_eq(text, "TEXT  NUMBER\nlong       0\na          1\n");
	free(text);
	write_pieces(answer(0), &style, &text);
	ck_assert_str_eq(text, "TEXT  NUMBER\n");
	free(text);
	strcpy(style.columns, "nonsense");
	ck_assert_ptr_null(text_pieces_new(&report, answer(2), &style, why));
	ck_assert_ptr_nonnull(strstr(why, "no column nonsense"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("textpieces");
	TCase *t = tcase_create("textpieces");

	tcase_add_test(t, the_text_is_the_same);
	tcase_add_test(t, a_long_text_is_several_pieces);
	tcase_add_test(t, chosen_columns_stand_alone);
	suite_add_tcase(s, t);
	return s;
}
