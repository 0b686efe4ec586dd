/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of agents, as HAProxy 2.6 takes them.
 * Method: each row is a line, and what it says. The rows were tried on HAProxy
 * 2.6.12 with a server of weight 100; its own faults are marked. */
#include <stdio.h>
#include <string.h>

#include "agentline.h"
#include "runner.h"

#define UNSAID (-1)
#define ROWS(list) (sizeof(list) / sizeof((list)[0]))

/* What a line says of each kind; UNSAID: nothing. */
struct sayings {
	int down, admin, percent, weight, sessions_max;
};

#define NOTHING                                                                \
	{                                                                      \
		UNSAID, UNSAID, UNSAID, UNSAID, UNSAID                         \
	}

/* clang-format off */
static const struct {
	const char *line;
	struct sayings says;
	const char *text;
	const char *fault;
} rows[] = {
	{"50%",         {UNSAID, UNSAID, 50, UNSAID, UNSAID}, "", ""},
	{"256%",        {UNSAID, UNSAID, 256, UNSAID, UNSAID}, "", ""},
	{"0%",          {UNSAID, UNSAID, 0, UNSAID, UNSAID}, "", ""},
	{"1000%",       {UNSAID, UNSAID, 256, UNSAID, UNSAID}, "", ""},
	{"99999999999999999999%", {UNSAID, UNSAID, 256, UNSAID, UNSAID}, "", ""},
	{"-5%",         NOTHING, "", "-5%"},
	{"+5%",         NOTHING, "", "+5%"},
	{"50 %",        NOTHING, "", "50"},
	{"%",           NOTHING, "", "%"},
	{"50%%",        NOTHING, "", "50%%"},
	{"5x%",         NOTHING, "", "5x%"},
	/* 2.6.12 refuses these four; later versions take the first three. */
	{"weight:50%",  {UNSAID, UNSAID, 50, UNSAID, UNSAID}, "", ""},
	{"weight:0",    {UNSAID, UNSAID, UNSAID, 0, UNSAID}, "", ""},
	{"weight:200",  {UNSAID, UNSAID, UNSAID, 200, UNSAID}, "", ""},
	{"weight:257",  NOTHING, "", "weight:257"},
	{"weight:",     NOTHING, "", "weight:"},
	{"weight: 5",   NOTHING, "", "weight:"},
	{"weight:-5",   NOTHING, "", "weight:-5"},
	{"50",          NOTHING, "", "50"},
	{"maxconn:7",   {UNSAID, UNSAID, UNSAID, UNSAID, 7}, "", ""},
	{"maxconn:0",   {UNSAID, UNSAID, UNSAID, UNSAID, 0}, "", ""},
	{"maxconn:20%", NOTHING, "", "maxconn:20%"},
	{"maxconn:",    NOTHING, "", "maxconn:"},
	{"maxconn:-1",  NOTHING, "", "maxconn:-1"},
	{"fail",        {true, UNSAID, UNSAID, UNSAID, UNSAID}, "", ""},
	{"failed",      NOTHING, "", "failed"},
	{"stopped",     {true, UNSAID, UNSAID, UNSAID, UNSAID}, "", ""},
	{"down #why",   {true, UNSAID, UNSAID, UNSAID, UNSAID}, "why", ""},
	{"down # why not", {true, UNSAID, UNSAID, UNSAID, UNSAID}, "why not", ""},
	{"down#why",    NOTHING, "", "down#why"},
	{"fail#x",      NOTHING, "", "fail#x"},
	{"up",          {false, UNSAID, UNSAID, UNSAID, UNSAID}, "", ""},
	{"UP",          {false, UNSAID, UNSAID, UNSAID, UNSAID}, "", ""},
	{"uP 33%",      {false, UNSAID, 33, UNSAID, UNSAID}, "", ""},
	{"100%",        {UNSAID, UNSAID, 100, UNSAID, UNSAID}, "", ""},
	{"ready",       {UNSAID, ADMIN_READY, UNSAID, UNSAID, UNSAID}, "", ""},
	{"drain",       {UNSAID, ADMIN_DRAIN, UNSAID, UNSAID, UNSAID}, "", ""},
	{"Maint",       {UNSAID, ADMIN_MAINT, UNSAID, UNSAID, UNSAID}, "", ""},
	{"ready up drain 40% 80% # two",
	                {false, ADMIN_DRAIN, 80, UNSAID, UNSAID}, "two", ""},
	{"drain,up\t7%,,maxconn:3",
	                {false, ADMIN_DRAIN, 7, UNSAID, 3}, "", ""},
	{"40% weight:9",     {UNSAID, UNSAID, UNSAID, 9, UNSAID}, "", ""},
	{"weight:9 40%",     {UNSAID, UNSAID, 40, UNSAID, UNSAID}, "", ""},
	{"maxconn:3 maxconn:4", {UNSAID, UNSAID, UNSAID, UNSAID, 4}, "", ""},
	{"# up",        NOTHING, "up", ""},
	{"##  up",      NOTHING, "up", ""},
	{"",            NOTHING, "", ""},
	{" \t,",        NOTHING, "", ""},
	{"hello world", NOTHING, "", "hello"},
	{"hello up",    {false, UNSAID, UNSAID, UNSAID, UNSAID}, "", "hello"},
	{"upp",         NOTHING, "", "upp"},
	{"u",           NOTHING, "", "u"},
	{"\x1b[31mup",  NOTHING, "", "?[31mup"},
	{"up # \x1b[31mred\x80", {false, UNSAID, UNSAID, UNSAID, UNSAID}, "?[31mred?", ""},
	{"HTTP/1.1 400 Bad Request", NOTHING, "", "HTTP/1.1"},
};
/* clang-format on */

static struct sayings
sayings_of(const struct agentline *line)
{
	return (struct sayings){
		.down = line->says_health ? line->down : UNSAID,
		.admin = line->says_admin ? (int)line->admin : UNSAID,
		.percent = line->says_percent ? line->percent : UNSAID,
		.weight = line->says_weight ? line->weight : UNSAID,
		.sessions_max =
			line->says_sessions ? (int)line->sessions_max : UNSAID,
	};
}

START_TEST(each_line_says_what_haproxy_takes_from_it)
{
	const struct sayings *want = &rows[_i].says;
	struct agentline line;

	agentline_parse(&line, rows[_i].line, strlen(rows[_i].line));
	const struct sayings got = sayings_of(&line);
	ck_assert_msg(got.down == want->down && got.admin == want->admin &&
			      got.percent == want->percent &&
			      got.weight == want->weight &&
			      got.sessions_max == want->sessions_max,
		      "%s", rows[_i].line);
	ck_assert_str_eq(line.text, rows[_i].text);
	ck_assert_str_eq(line.fault, rows[_i].fault);
	ck_assert(agentline_says(&line) ==
		  (want->down != UNSAID || want->admin != UNSAID ||
		   want->percent != UNSAID || want->weight != UNSAID ||
		   want->sessions_max != UNSAID));
}
END_TEST

START_TEST(a_line_ends_by_line_feed_or_carriage_return)
{
	ck_assert_int_eq(agentline_length("up\n", 3), 2);
	ck_assert_int_eq(agentline_length("up\r\n", 4), 2);
	ck_assert_int_eq(agentline_length("up\rdown\n", 8), 2);
	ck_assert_int_eq(agentline_length("\n", 1), 0);
}
END_TEST

START_TEST(a_line_without_end_is_no_line)
{
	ck_assert_int_eq(agentline_length("up 33%", 6), -1);
	ck_assert_int_eq(agentline_length("up 33%\n", 6), -1);
	ck_assert_int_eq(agentline_length("", 0), -1);
}
END_TEST

START_TEST(many_blanks_between_words_are_one)
{
	char bytes[310];
	struct agentline line;

	snprintf(bytes, sizeof(bytes), "up%*s", 300 + 3, "33%");
	agentline_parse(&line, bytes, strlen(bytes));
	ck_assert(line.says_health && line.percent == 33);
}
END_TEST

START_TEST(a_line_with_a_nul_byte_says_nothing)
{
	struct agentline line;

	agentline_parse(&line, "drain\0up", 8);
	ck_assert(!agentline_says(&line));
	ck_assert_str_eq(line.fault, "drain?up");
}
END_TEST

START_TEST(what_people_see_is_cut_to_a_row)
{
	char bytes[AGENTLINE_BYTES_MAX - 1];
	struct agentline line;

	memset(bytes, 'x', sizeof(bytes));
	agentline_parse(&line, bytes, sizeof(bytes));
	ck_assert_uint_eq(strlen(line.fault), AGENTLINE_WORD_MAX - 1);
	bytes[0] = '#';
	agentline_parse(&line, bytes, sizeof(bytes));
	ck_assert_uint_eq(strlen(line.text), AGENTLINE_TEXT_MAX - 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("agentline");
	TCase *t = tcase_create("agentline");

	tcase_add_loop_test(t, each_line_says_what_haproxy_takes_from_it, 0,
			    ROWS(rows));
	tcase_add_test(t, a_line_ends_by_line_feed_or_carriage_return);
	tcase_add_test(t, a_line_without_end_is_no_line);
	tcase_add_test(t, many_blanks_between_words_are_one);
	tcase_add_test(t, a_line_with_a_nul_byte_says_nothing);
	tcase_add_test(t, what_people_see_is_cut_to_a_row);
	suite_add_tcase(s, t);
	return s;
}
