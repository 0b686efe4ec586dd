/* SPDX-License-Identifier: BSD-3-Clause */
/* `show events`: what an operator sees of what happened, and that the log says
 * the same.
 * Method: requests over the real socket to a whole control plane, on a real
 * region (serving.c).  Commands and results of probes at random; the lines of
 * the log are kept, and compared with the lines that the events give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changed.h"
#include "clock.h"
#include "eventlog.h"
#include "keptlog.h"
#include "ringfile.h"
#include "runner.h"
#include "serving.h"

static bool ok; /* of the last reply */

static void
setup(void)
{
	serving_setup();
	eventlog_forget();
	plane_forget_log();
}

static json_t *answers; /* of a test, until it ends */

static void
teardown(void)
{
	json_decref(answers);
	answers = NULL;
	serving_teardown();
}

static const json_t *
keep(json_t *answer)
{
	if (answers == NULL)
		answers = json_array();
	ck_assert_int_eq(json_array_append_new(answers, answer), 0);
	return answer;
}

static const json_t *
ask(const char *line)
{
	const json_t *rows = keep(plane_json(&plane, line));

	ck_assert_msg(json_is_array(json_object_get(rows, "events")), "%s",
		      line);
	return rows;
}

static const json_t *
ask_backends(void)
{
	return keep(plane_data(&plane, "-j show backends", ANSWER_OK));
}

static const char *
text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "";
}

/* The line of the log that eventlog.h promises. */
static void
line_of(const json_t *row, char *line, size_t size)
{
	const char *what = text_of(row, "what");
	const char *before = text_of(row, "before");
	const char *why = text_of(row, "why");
	const bool person = strcmp(text_of(row, "source"), "operator") == 0;

	snprintf(line, size, "%s %s%s%s %s%s%s%s%s%s%s\n",
		 text_of(row, "level"), text_of(row, "subject"),
		 *what ? " " : "", what, before, *before ? " -> " : "",
		 text_of(row, "after"), *why ? ", " : "", why,
		 person ? ", by " : "", person ? text_of(row, "who") : "");
	for (char *c = line; *c != '\0' && *c != '\n'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

/* The lines of the log about backends, pools and clients. */
static uint32_t
count_lines(void)
{
	uint32_t count = 0;

	for (const char *line = keptlog_text(); *line != '\0';
	     line = strchr(line, '\n') + 1) {
		const char *subject = strchr(line, ' ') + 1;

		count += strncmp(subject, "backend ", 8) == 0 ||
			 strncmp(subject, "pool ", 5) == 0 ||
			 strncmp(subject, "203.0.113.", 10) == 0;
	}
	return count;
}

static void
do_something(void)
{
	static const char *const commands[] = {"drain mx/a",
					       "ready mx/a",
					       "maint mx/b",
					       "ready mx/b",
					       "weight mx/a 7",
					       "weight mx/a default",
					       "drain mx/b --end-sessions",
					       "end sessions mx/b",
					       "deny 203.0.113.7",
					       "forget 203.0.113.7"};
	static const enum reason reasons[] = {
		REASON_OK, REASON_OK, REASON_BANNER_LATER,
		REASON_CONNECT_REFUSED, REASON_LOCAL_FAULT};

	if (rand() % 2 == 0)
		free(plane_ask(&plane, commands[rand() % 10], &ok));
	else
		fakeprobe_end("192.0.2.11:25", reasons[rand() % 5]);
	plane_run(&plane, (uint64_t)(rand() % 300));
}

START_TEST(log_and_events_agree)
{
	char line[1024];
	const char *log;
	json_t *row;
	size_t i;

	srand(20261128);
	for (int n = 0; n < 200; n++)
		do_something();
	plane_run(&plane, 3000);
	log = keptlog_text();
	const uint32_t lines = count_lines();
	const json_t *events =
		json_object_get(ask("-j show events 1024"), "events");
	ck_assert_uint_gt(json_array_size(events), 100);
	ck_assert_uint_eq(json_array_size(events), eventlog_total());
	uint32_t same = 0;
	json_array_foreach(events, i, row) {
		line_of(row, line, sizeof(line));
		log = strstr(log, line);
		ck_assert_msg(log != NULL,
			      "not in the log, or not in order: %s", line);
		log += strlen(line);
		same++;
	}
	ck_assert_uint_eq(same, lines);
}
END_TEST

START_TEST(an_event_says_who_did_what_when_and_why)
{
	plane_expect(&plane, "drain mx/a", true, "ready -> drain");
	fakeprobe_end("192.0.2.11:25", REASON_BANNER_LATER);
	const json_t *events = ask("-j show events");
	const json_t *first = plane_row(events, "events", 0);
	const json_t *second = plane_row(events, "events", 1);

	ck_assert_str_eq(plane_text(first, "subject"), "backend mx/a");
	ck_assert_str_eq(plane_text(first, "before"), "ready");
	ck_assert_str_eq(plane_text(first, "after"), "drain");
	ck_assert_ptr_nonnull(strstr(plane_text(first, "who"), "command of"));
	ck_assert_int_eq(plane_number(first, "when_s"), clock_wall_s());
	ck_assert_str_eq(plane_text(second, "who"), "probe");
	ck_assert_str_eq(plane_text(second, "after"), "soft");
	ck_assert_ptr_nonnull(strstr(plane_text(second, "why"), "try later"));
	/* The newest is below, and no byte of an MTA reaches the terminal. */
	plane_expect(&plane, "show events", true, "ready -> drain");
	char *text = plane_ask(&plane, "show events", &ok);
	ck_assert_ptr_null(strchr(text, '\x1b'));
	ck_assert(strstr(text, "ready -> drain") < strstr(text, "up -> soft"));
	free(text);
}
END_TEST

START_TEST(events_are_chosen_by_number_and_subject)
{
	plane_expect(&plane, "show events", true, "no such event");
	plane_expect(&plane, "drain mx/a", true, "");
	plane_expect(&plane, "drain mx/b --even-last", true, "");
	plane_expect(&plane, "ready mx/a", true, "");
	/* With both in drain the pool was empty for a moment. */
	ck_assert_uint_eq(json_array_size(json_object_get(
				  ask("-j show events of mx/a"), "events")),
			  2);
	ck_assert_uint_eq(json_array_size(json_object_get(
				  ask("-j show events 1 of mx/a"), "events")),
			  1);
	ck_assert_uint_eq(json_array_size(json_object_get(
				  ask("-j show events of mx"), "events")),
			  5);
	ck_assert_uint_eq(json_array_size(json_object_get(
				  ask("-j show events 3"), "events")),
			  3);
	plane_answers(&plane, "show events x", ANSWER_USAGE, "expected");
	plane_answers(&plane, "show events 1025", ANSWER_USAGE, "expected");
	plane_answers(&plane, "show events 5 mx/a", ANSWER_USAGE, "expected");
	plane_answers(&plane, "show events in mx/a", ANSWER_USAGE, "expected");
}
END_TEST

START_TEST(since_counts_from_the_last_change_of_state)
{
	const json_t *row;

	plane_run(&plane, 300 * 1000);
	fakeprobe_end("192.0.2.11:25", REASON_BANNER_LATER);
	plane_run(&plane, 125 * 1000);
	row = plane_row(ask_backends(), "backends", 0);
	ck_assert_int_eq(plane_number(row, "since_s"), clock_wall_s() - 125);
	plane_expect(&plane, "show backends", true, "soft    2m5s");
	plane_expect(&plane, "show backends", true, "up      7m5s");
	plane_expect(&plane, "drain mx/b", true, "");
	row = plane_row(ask_backends(), "backends", 1);
	ck_assert_int_eq(plane_number(row, "since_s"), clock_wall_s());
}
END_TEST

START_TEST(since_outlives_a_restart)
{
	fakeprobe_end("192.0.2.12:25", REASON_CONNECT_REFUSED);
	fakeprobe_end("192.0.2.12:25", REASON_CONNECT_REFUSED);
	fakeprobe_end("192.0.2.12:25", REASON_CONNECT_REFUSED);
	plane_expect(&plane, "drain mx/a --even-last", true, "");
	const int64_t then_s = clock_wall_s();
	plane_run(&plane, 60 * 1000);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	plane_run(&plane, 1000);
	const json_t *rows = ask_backends();
	ck_assert_int_eq(
		plane_number(plane_row(rows, "backends", 0), "since_s"),
		then_s);
	ck_assert_int_le(
		plane_number(plane_row(rows, "backends", 1), "since_s"),
		then_s);
}
END_TEST

START_TEST(events_are_chosen_by_source_and_level)
{
	eventlog_tell(LOG_LEVEL_INFO, EVENT_DNS, "pool mx", "one");
	eventlog_tell(LOG_LEVEL_WARN, EVENT_DNS, "pool mx", "two");
	eventlog_tell(LOG_LEVEL_ERROR, EVENT_AGENT, "pool mx", "three");
	static const struct {
		const char *line;
		size_t count;
	} cases[] = {
		{"-j show events", 3},
		{"-j show events by dns", 2},
		{"-j show events info", 3},
		{"-j show events warn", 2},
		{"-j show events error", 1},
		{"-j show events warn by dns of mx", 1},
		{"-j show events by probe", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(json_array_size(json_object_get(
					  ask(cases[i].line), "events")),
				  cases[i].count);
	plane_answers(&plane, "show events by zz", ANSWER_USAGE,
		      "expected one of control, operator, probe");
}
END_TEST

/* mxsteer-log gets each event, also those of a control plane before. */
START_TEST(each_event_is_a_record_for_the_log)
{
	struct mx_ring_file file;
	struct mx_changed changed;
	struct mx_ring_missed missed = {0};
	uint64_t tail;

	ck_assert_int_eq(mx_ring_file_attach(&file, plane.instance,
					     MX_CHANGED_NAME, MX_RING_CHANGED),
			 0);
	ck_assert_uint_eq(file.ring->words, MX_CHANGED_WORDS);
	tail = atomic_load(&file.ring->head);
	ck_assert_uint_gt(tail, 0);
	free(plane_ask(&plane, "drain mx/a new kernel", &ok));
	ck_assert(mx_ring_get(&file.view, &tail, &changed, &missed));
	ck_assert_str_eq(changed.level, "info");
	ck_assert_str_eq(changed.source, "operator");
	ck_assert_str_eq(changed.subject, "backend mx/a");
	ck_assert_str_eq(changed.before, "ready");
	ck_assert_str_eq(changed.after, "drain");
	ck_assert_str_eq(changed.why, "new kernel");
	ck_assert_ptr_nonnull(strstr(changed.who, "command of "));
	ck_assert_int_eq(changed.at_s, clock_wall_s());
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert(mx_ring_get(&file.view, &tail, &changed, &missed));
	ck_assert_uint_eq(missed.overwritten + missed.damaged, 0);
	mx_ring_file_close(&file);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("showevents");
	TCase *t = tcase_create("showevents");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, log_and_events_agree);
	tcase_add_test(t, an_event_says_who_did_what_when_and_why);
	tcase_add_test(t, events_are_chosen_by_number_and_subject);
	tcase_add_test(t, events_are_chosen_by_source_and_level);
	tcase_add_test(t, since_counts_from_the_last_change_of_state);
	tcase_add_test(t, since_outlives_a_restart);
	tcase_add_test(t, each_event_is_a_record_for_the_log);
	suite_add_tcase(s, t);
	return s;
}
