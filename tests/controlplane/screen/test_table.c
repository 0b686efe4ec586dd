/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables fit the terminal that they are printed on, and are whole without one.
 * Method: rows of JSON are printed into memory; random texts, widths and ranks
 * with a fixed seed, judged line by line. */
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "columns.h"
#include "runner.h"
#include "table.h"

static const struct table_column list[] = {
	{"name", "NAME"},      {"address", "ADDRESS", 2},
	{"count", "COUNT", 1}, {"state", "STATE", .state = true},
	{"reason", "REASON"},
};
static const struct table table = TABLE("rows", list);

static json_t *rows;
static char *text;

static void
setup(void)
{
	rows = json_pack(
		"[{s:s s:s s:i s:s s:s s:[s,s] s:{s:i}}]", "name", "mta1",
		"address", "192.0.2.11:25", "count", 12, "state", "down",
		"reason", "timeout waiting for the banner of the MTA", "vips",
		"198.51.100.25:25", "198.51.100.26:25", "last_check", "ms", 3);
	text = NULL;
}

static void
teardown(void)
{
	json_decref(rows);
	free(text);
}

static void
print(const struct table *shown, const struct table_style *style)
{
	size_t size;

	free(text);
	FILE *out = open_memstream(&text, &size);
	table_print(out, rows, shown, style);
	fclose(out);
}

START_TEST(without_a_terminal_everything_is_there)
{
	static const struct table_style style;

	print(&table, &style);
	ck_assert_str_eq(
		text,
		"NAME  ADDRESS        COUNT  STATE  REASON\n"
		"mta1  192.0.2.11:25     12  down   timeout waiting for the "
		"banner of the MTA\n");
}
END_TEST

START_TEST(what_matters_less_gives_way_and_the_last_column_is_cut)
{
	static const struct {
		uint16_t width;
		const char *text;
	} cases[] = {
		{80, "NAME  ADDRESS        COUNT  STATE  REASON\n"
		     "mta1  192.0.2.11:25     12  down   timeout waiting for "
		     "the banner of the MTA\n"},
		{75, "NAME  ADDRESS        COUNT  STATE  REASON\n"
		     "mta1  192.0.2.11:25     12  down   timeout waiting for "
		     "the banner of the...\n"},
		{60, "NAME  COUNT  STATE  REASON\n"
		     "mta1     12  down   timeout waiting for the banner of "
		     "the...\n"
		     "not shown, see -o: ADDRESS\n"},
		{50, "NAME  STATE  REASON\n"
		     "mta1  down   timeout waiting for the banner of ...\n"
		     "not shown, see -o: ADDRESS, COUNT\n"},
		{40, "NAME  STATE  REASON\n"
		     "mta1  down   timeout waiting for the ...\n"
		     "not shown, see -o: ADDRESS, COUNT\n"},
		{20, "NAME  STATE  REASON\n"
		     "mta1  down   time...\n"
		     "not shown, see -o:\n"
		     "  ADDRESS, COUNT\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct table_style style = {.width = cases[i].width};

		print(&table, &style);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

START_TEST(a_wide_column_before_the_last_is_cut_and_the_last_is_seen)
{
	static const struct {
		uint16_t width;
		const char *text;
	} cases[] = {
		{132, "NAME  CHANGE                                            "
		      "          COUNT  WHY\n"
		      "mta1  apply /etc/mxsteer/some/very/long/name/of/a/direc"
		      "tory/m...     12  maintenance of the rack, until the fir"
		      "mware is the newes...\n"},
		{60, "NAME  CHANGE                  COUNT  WHY\n"
		     "mta1  apply /etc/mxsteer/...     12  maintenance of the "
		     "r...\n"},
		{20, "NAME  CHANGE   COUNT\n"
		     "mta1  appl...     12\n"
		     "not shown, see -o:\n"
		     "  WHY\n"},
	};
	static const struct table_column columns[] = {
		{"name", "NAME"},
		{"change", "CHANGE"},
		{"count", "COUNT"},
		{"why", "WHY"},
	};
	static const struct table wide = TABLE("rows", columns);
	json_t *row = json_array_get(rows, 0);

	json_object_set_new(row, "change",
			    json_string("apply /etc/mxsteer/some/very/long/"
					"name/of/a/directory/mail.yaml"));
	json_object_set_new(row, "why",
			    json_string("maintenance of the rack, until the "
					"firmware is the newest one"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct table_style style = {.width = cases[i].width};

		print(&wide, &style);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

START_TEST(only_words_of_trouble_have_a_colour_and_only_if_it_is_wanted)
{
	const struct table_style plain = {.width = 80};
	const struct table_style colour = {.width = 80, .colour = true};

	json_object_set_new(json_array_get(rows, 0), "name",
			    json_string("drain"));
	print(&table, &colour);
	ck_assert_ptr_nonnull(strstr(text, "  \033[31mdown\033[0m   timeout"));
	ck_assert_ptr_nonnull(strstr(text, "\ndrain  "));
	print(&table, &plain);
	ck_assert_ptr_null(strchr(text, '\033'));
	json_object_set_new(json_array_get(rows, 0), "state",
			    json_string("up"));
	print(&table, &colour);
	ck_assert_ptr_null(strchr(text, '\033'));
	json_object_set_new(json_array_get(rows, 0), "state",
			    json_string("drain"));
	print(&table, &colour);
	ck_assert_ptr_nonnull(strstr(text, "\033[33mdrain\033[0m"));
}
END_TEST

START_TEST(what_an_mta_said_does_not_command_the_terminal)
{
	const struct table_style style = {.width = 80};

	json_object_set_new(json_array_get(rows, 0), "reason",
			    json_string("a\033[2Jb\rc\nd\x7f\xc2\x9b"
					"e\xc3\xa9\xe2\x80\xaeg"));
	print(&table, &style);
	ck_assert_ptr_nonnull(strstr(text, "a?[2Jb?c?d??e\xc3\xa9?g\n"));
}
END_TEST

/* A text of random characters of one to four bytes. */
static void
random_text(char *out, size_t characters)
{
	static const char *const some[] = {
		"a", "Z", " ", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x93\xa7"};

	out[0] = '\0';
	for (size_t i = 0; i < characters; i++)
		strcat(out, some[(size_t)rand() % 6]);
}

static void
check_lines(size_t width)
{
	char *line = text;

	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		ck_assert_uint_le(cell_width(line), width);
		json_t *utf8 = json_string(line);
		ck_assert_msg(utf8 != NULL, "a character was cut: %s", line);
		json_decref(utf8);
	}
	ck_assert_str_eq(line, "");
}

START_TEST(no_line_is_wider_than_the_terminal)
{
	char value[4 * 100 + 1];

	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct table_column columns[8];
		const struct table shown = {"rows", columns,
					    1 + (size_t)rand() % 8};
		static const char *const keys[] = {"a", "b", "c", "d",
						   "e", "f", "g", "h"};
		const struct table_style style = {
			.width = (uint16_t)(20 + rand() % 200)};

		json_array_clear(rows);
		json_t *row = json_object();
		for (size_t c = 0; c < 8; c++) {
			columns[c] = (struct table_column){
				keys[c], keys[c], (uint8_t)(rand() % 4), false};
			random_text(value, (size_t)rand() % 100);
			json_object_set_new(row, keys[c],
					    rand() % 2 ? json_integer(rand())
						       : json_string(value));
		}
		json_array_append_new(rows, row);
		print(&shown, &style);
		check_lines(style.width);
	}
}
END_TEST

START_TEST(a_text_that_no_cell_holds_ends_in_the_mark)
{
	char cell[CELL_MAX];
	char value[3 * 600 + 1] = "";

	for (int i = 0; i < 600; i++)
		strcat(value, "\xe2\x82\xac");
	json_t *json = json_string(value);
	cell_format(json, cell);
	json_decref(json);
	ck_assert_str_eq(cell + strlen(cell) - 6, "\xe2\x82\xac...");
	json = json_string(cell);
	ck_assert_ptr_nonnull(json);
	json_decref(json);
}
END_TEST

static const struct table *const tables[] = {&table, NULL};

START_TEST(columns_are_chosen_by_key_or_title)
{
	static const struct table_style style;
	struct table_choice choice;
	char why[512];
	json_t *data = json_pack("{s:O}", "rows", rows);

	ck_assert(columns_choose(&choice, tables, data, "Count,name,vips", why,
				 sizeof(why)));
	print(&choice.table, &style);
	ck_assert_str_eq(text,
			 "COUNT  NAME  VIPS\n"
			 "   12  mta1  198.51.100.25:25,198.51.100.26:25\n");
	ck_assert(columns_choose(&choice, tables, data, "last-check", why,
				 sizeof(why)));
	print(&choice.table, &style);
	ck_assert_str_eq(text, "LAST CHECK\n{\"ms\":3}\n");
	json_decref(data);
}
END_TEST

START_TEST(an_unknown_column_is_refused_and_all_are_listed)
{
	static const char *const wrong[] = {"nme", "name,", ",name", "name,x",
					    "namee"};
	struct table_choice choice;
	char why[512];
	json_t *data = json_pack("{s:O}", "rows", rows);
	const struct table *const none[] = {NULL};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert(!columns_choose(&choice, tables, data, wrong[i], why,
					  sizeof(why)));
		ck_assert_ptr_nonnull(strstr(
			why, "expected some of: name, address, count, state, "
			     "reason, vips, last_check"));
	}
	ck_assert_ptr_nonnull(strstr(why, "no column namee;"));
	ck_assert(
		!columns_choose(&choice, none, data, "name", why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "no table"));
	/* So many that the list does not fit. */
	ck_assert(!columns_choose(&choice, tables, data, "x", why, 40));
	ck_assert_uint_lt(strlen(why), 40);
	json_decref(data);
}
END_TEST

START_TEST(any_word_is_a_column_of_an_empty_table)
{
	struct table_choice choice;
	char why[512], many[STYLE_COLUMNS_MAX];
	json_t *data = json_pack("{s:[]}", "rows");

	ck_assert(columns_choose(&choice, tables, data, "last_check,name", why,
				 sizeof(why)));
	ck_assert_uint_eq(choice.table.count, 2);
	ck_assert_str_eq(choice.columns[0].key, "last_check");
	ck_assert_str_eq(choice.columns[0].title, "LAST CHECK");
	ck_assert_str_eq(choice.columns[1].title, "NAME");
	ck_assert(!columns_choose(&choice, tables, data, "x,,y", why,
				  sizeof(why)));
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	ck_assert(
		columns_choose(&choice, tables, data, many, why, sizeof(why)));
	ck_assert_str_eq(choice.columns[0].key, many);
	json_decref(data);
}
END_TEST

START_TEST(more_columns_than_a_table_has_are_refused)
{
	struct table_choice choice;
	char why[512];
	char many[STYLE_COLUMNS_MAX] = "name";
	json_t *data = json_pack("{s:O}", "rows", rows);

	for (int i = 1; i < TABLE_COLUMNS_MAX; i++)
		strcat(many, ",vips");
	ck_assert(
		columns_choose(&choice, tables, data, many, why, sizeof(why)));
	ck_assert_uint_eq(choice.table.count, TABLE_COLUMNS_MAX);
	strcat(many, ",name");
	ck_assert(
		!columns_choose(&choice, tables, data, many, why, sizeof(why)));
	ck_assert_str_eq(why, "-o: expected at most 24 columns");
	json_decref(data);
}
END_TEST

START_TEST(a_width_is_a_plain_number_of_a_terminal)
{
	static const char *const wrong[] = {
		"",    "19",  "4097", "-80",
		"+80", "80x", " 80",  "99999999999999999999"};
	struct table_style style = {0};
	char why[STYLE_WHY_MAX];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert(!style_set(&style, 'w', wrong[i], why));
	ck_assert_uint_eq(style.width, 0);
	ck_assert(style_set(&style, 'w', "20", why));
	ck_assert(style_set(&style, 'w', "4096", why));
	ck_assert_uint_eq(style.width, 4096);
	ck_assert(!style_set(&style, 'o', "", why));
	ck_assert(!style_set(&style, 'x', "", why));
}
END_TEST

START_TEST(an_age_has_two_units_at_most)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} ages[] = {{-5, "0s"},     {59, "59s"},     {125, "2m5s"},
		    {3725, "1h2m"}, {86400, "1d0h"}, {90000, "1d1h"}};
	char age[TABLE_AGE_MAX];

	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
		ck_assert_str_eq(table_age(ages[i].seconds, age), ages[i].text);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("table");
	TCase *t = tcase_create("table");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(
		t, a_wide_column_before_the_last_is_cut_and_the_last_is_seen);
	tcase_add_test(t, without_a_terminal_everything_is_there);
	tcase_add_test(t,
		       what_matters_less_gives_way_and_the_last_column_is_cut);
	tcase_add_test(
		t,
		only_words_of_trouble_have_a_colour_and_only_if_it_is_wanted);
	tcase_add_test(t, what_an_mta_said_does_not_command_the_terminal);
	tcase_add_test(t, no_line_is_wider_than_the_terminal);
	tcase_add_test(t, a_text_that_no_cell_holds_ends_in_the_mark);
	tcase_add_test(t, columns_are_chosen_by_key_or_title);
	tcase_add_test(t, an_unknown_column_is_refused_and_all_are_listed);
	tcase_add_test(t, any_word_is_a_column_of_an_empty_table);
	tcase_add_test(t, more_columns_than_a_table_has_are_refused);
	tcase_add_test(t, an_age_has_two_units_at_most);
	tcase_add_test(t, a_width_is_a_plain_number_of_a_terminal);
	suite_add_tcase(s, t);
	return s;
}
