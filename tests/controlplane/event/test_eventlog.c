/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of events, and that the log says the same.
 * Method: events by hand and at random; the lines of the log are kept; a plain
 * list of all that was added stands beside the ring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eventlog.h"
#include "keptlog.h"
#include "runner.h"

/* The event of this number; NULL if it is not kept any more, or not yet. */
static const struct eventlog_entry *
event_at(uint64_t number)
{
	const struct eventlog_entry *e = eventlog_before(number + 1);

	return e != NULL && e->number == number ? e : NULL;
}

static void
setup(void)
{
	eventlog_forget();
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
}

static const struct eventlog_news drained = {
	.level = LOG_LEVEL_INFO,
	.source = EVENT_OPERATOR,
	.subject = "backend mx/mta1",
	.before = "ready",
	.after = "drain",
	.by = "command of alice",
};
static const struct eventlog_news heavy = {
	.level = LOG_LEVEL_WARN,
	.source = EVENT_AGENT,
	.subject = "backend mx/mta1",
	.what = "weight",
	.before = "100",
	.after = "50",
	.why = "load",
};
static const struct eventlog_news applied = {
	.level = LOG_LEVEL_INFO,
	.source = EVENT_CONTROL,
	.subject = "config",
	.after = "a.yaml applied",
};

START_TEST(the_log_has_a_line_of_each_event)
{
	eventlog_add(&drained);
	eventlog_add(&heavy);
	eventlog_add(&applied);
	ck_assert_str_eq(
		keptlog_text(),
		"info backend mx/mta1 ready -> drain, by command of alice\n"
		"warn backend mx/mta1 weight 100 -> 50, load\n"
		"info config a.yaml applied\n");
}
END_TEST

START_TEST(an_event_keeps_who_what_before_after_and_why)
{
	eventlog_add(&drained);
	eventlog_add(&heavy);
	ck_assert_uint_eq(eventlog_total(), 2);
	const struct eventlog_entry *first = event_at(1), *second = event_at(2);
	ck_assert_str_eq(eventlog_who(first), "command of alice");
	ck_assert_str_eq(first->before, "ready");
	ck_assert_str_eq(first->after, "drain");
	ck_assert_str_eq(first->why, "");
	ck_assert_str_eq(eventlog_who(second), "agent");
	ck_assert_str_eq(second->what, "weight");
	ck_assert_str_eq(second->why, "load");
	ck_assert_int_gt(second->when_s, 0);
	ck_assert_ptr_null(event_at(0));
	ck_assert_ptr_null(event_at(3));
}
END_TEST

START_TEST(the_last_1024_are_kept)
{
	char subject[32];

	for (int i = 1; i <= 3000; i++) {
		struct eventlog_news news = applied;

		snprintf(subject, sizeof(subject), "number %d", i);
		news.subject = subject;
		eventlog_add(&news);
		keptlog_forget();
	}
	ck_assert_uint_eq(eventlog_total(), 3000);
	ck_assert_ptr_null(event_at(3000 - EVENTS_MAX));
	for (uint64_t i = 3000 - EVENTS_MAX + 1; i <= 3000; i++) {
		snprintf(subject, sizeof(subject), "number %d", (int)i);
		ck_assert_str_eq(event_at(i)->subject, subject);
		ck_assert_uint_eq(event_at(i)->number, i);
	}
}
END_TEST

/* How many of the last `added` events of a source are kept, and no older ones. */
static uint32_t
newest_of(enum event_source source, const uint64_t *number, uint32_t added)
{
	uint32_t kept = 0;

	while (kept < added && event_at(number[added - 1 - kept]) != NULL) {
		ck_assert_int_eq(event_at(number[added - 1 - kept])->source,
				 source);
		kept++;
	}
	for (uint32_t i = 0; i + kept < added; i++)
		ck_assert_ptr_null(event_at(number[i]));
	return kept;
}

START_TEST(a_source_that_never_stops_does_not_push_out_the_others)
{
	static const uint32_t counts[] = {20, 300, 20000};
	static const enum event_source source[] = {EVENT_OPERATOR, EVENT_DNS,
						   EVENT_TRAFFIC};
	static uint64_t number[3][20000];
	uint32_t added[3] = {0, 0, 0}, seen = 0;

	srand(3);
	while (added[2] < counts[2]) {
		const int s = rand() % 60 == 0 ? rand() % 2 : 2;
		struct eventlog_news news = applied;

		if (added[s] == counts[s])
			continue;
		news.source = source[s];
		eventlog_add(&news);
		number[s][added[s]++] = eventlog_total();
		keptlog_forget();
	}
	ck_assert_uint_eq(newest_of(EVENT_OPERATOR, number[0], added[0]),
			  added[0]);
	ck_assert_uint_eq(newest_of(EVENT_DNS, number[1], added[1]), added[1]);
	ck_assert_uint_eq(newest_of(EVENT_TRAFFIC, number[2], added[2]),
			  EVENTS_MAX - added[0] - added[1]);
	uint64_t before = UINT64_MAX;
	for (const struct eventlog_entry *e = eventlog_before(before);
	     e != NULL; e = eventlog_before(before)) {
		ck_assert_uint_lt(e->number, before);
		before = e->number;
		seen++;
	}
	ck_assert_uint_eq(seen, EVENTS_MAX);
}
END_TEST

START_TEST(two_sources_that_never_stop_share_the_list)
{
	uint32_t of_traffic = 0;

	for (int i = 0; i < 5000; i++) {
		struct eventlog_news news = applied;

		news.source =
			i < 2000 || i % 7 == 0 ? EVENT_PROBE : EVENT_TRAFFIC;
		eventlog_add(&news);
		keptlog_forget();
	}
	for (const struct eventlog_entry *e = eventlog_before(UINT64_MAX);
	     e != NULL; e = eventlog_before(e->number))
		of_traffic += e->source == EVENT_TRAFFIC;
	ck_assert_uint_ge(of_traffic, EVENTS_MAX / 2 - 1);
	ck_assert_uint_le(of_traffic, EVENTS_MAX / 2 + 1);
}
END_TEST

START_TEST(a_text_that_is_too_long_is_cut)
{
	char text[2000];
	struct eventlog_news news = heavy;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	news.subject = news.what = news.before = text;
	news.after = news.why = news.by = text;
	eventlog_add(&news);
	ck_assert_uint_eq(strlen(event_at(1)->why),
			  sizeof(event_at(1)->why) - 1);
	ck_assert_uint_eq(strlen(event_at(1)->by), sizeof(event_at(1)->by) - 1);
	ck_assert_uint_le(strlen(keptlog_text()), LOG_LINE_MAX);
}
END_TEST

START_TEST(events_are_found_by_subject_name_and_pool)
{
	eventlog_add(&drained);
	const struct eventlog_entry *e = event_at(1);

	ck_assert(eventlog_is_of(e, "backend mx/mta1"));
	ck_assert(eventlog_is_of(e, "mx/mta1"));
	ck_assert(eventlog_is_of(e, "mx"));
	ck_assert(!eventlog_is_of(e, "mx/mta"));
	ck_assert(!eventlog_is_of(e, "mx/mta12"));
	ck_assert(!eventlog_is_of(e, "m"));
	ck_assert(eventlog_is_of(e, "backend"));
	ck_assert(!eventlog_is_of(e, "back"));
	ck_assert(!eventlog_is_of(e, "mta1"));
	ck_assert(!eventlog_is_of(e, ""));
	eventlog_add(&applied);
	ck_assert(eventlog_is_of(event_at(2), "config"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("eventlog");
	TCase *t = tcase_create("eventlog");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_log_has_a_line_of_each_event);
	tcase_add_test(t, an_event_keeps_who_what_before_after_and_why);
	tcase_add_test(t, the_last_1024_are_kept);
	tcase_add_test(t,
		       a_source_that_never_stops_does_not_push_out_the_others);
	tcase_add_test(t, two_sources_that_never_stop_share_the_list);
	tcase_add_test(t, a_text_that_is_too_long_is_cut);
	tcase_add_test(t, events_are_found_by_subject_name_and_pool);
	suite_add_tcase(s, t);
	return s;
}
