/* SPDX-License-Identifier: BSD-3-Clause */
/* Askers over loopback against good and bad agents: each asking ends, in time and
 * with little read, whatever the agent does.
 * Method: an asker and an agent by script (mta.c) in one event base, real sockets,
 * and a clock that passes only while nothing is on its way. */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asker.h"
#include "clock.h"
#include "faketime.h"
#include "mta.h"
#include "runner.h"

#define AT_ONCE 2
#define CROWD 7
#define INTERVAL_MS 2000
#define PATIENCE_MS 3600000

static struct event_base *base;
static struct probes *turns;
static struct mta *mta;
static struct asker *asker[CROWD];
static struct asker_answer last;
static uint32_t answers;
static bool free_at_once;
static int files_before;

static int
open_files(void)
{
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void
setup(void)
{
	files_before = open_files();
	base = event_base_new();
	turns = probes_new(base, AT_ONCE);
	mta = mta_new(base, "127.0.0.1");
	answers = 0;
	free_at_once = false;
}

static void
teardown(void)
{
	for (int i = 0; i < CROWD; i++) {
		asker_free(asker[i]);
		asker[i] = NULL;
	}
	probes_free(turns);
	mta_free(mta);
	event_base_free(base);
	ck_assert_int_eq(open_files(), files_before);
}

static void
on_answer(void *arg, const struct asker_answer *answer)
{
	struct asker **place = arg;

	last = *answer;
	answers++;
	if (free_at_once) {
		asker_free(*place);
		*place = NULL;
	}
}

static void
start_at(int i, const struct mx_endpoint *endpoint, const char *send)
{
	struct asker_task task = {.endpoint = *endpoint,
				  .interval_ms = INTERVAL_MS};

	snprintf(task.send, sizeof(task.send), "%s", send);
	asker[i] = asker_new(turns, &task, on_answer, &asker[i]);
	ck_assert_ptr_nonnull(asker[i]);
}

static void
start(const struct mta_step script[MTA_STEPS_MAX], const char *send)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, script);
	start_at(0, &endpoint, send);
}

/* The kernel carries what the two say meanwhile: give it real time, too. */
static void
run_until(uint32_t count)
{
	const struct timeval short_while = {.tv_usec = 2000};
	const uint64_t end_ms = clock_ms() + PATIENCE_MS;

	while (answers < count && clock_ms() < end_ms) {
		for (int i = 0; i < 10 && answers < count; i++) {
			event_base_loopexit(base, &short_while);
			event_base_loop(base, 0);
			faketime_run(base, 0);
		}
		if (answers < count)
			faketime_step(base, end_ms);
	}
	ck_assert_uint_ge(answers, count);
}

START_TEST(a_good_agent_is_heard_again_and_again)
{
	static const struct mta_step script[MTA_STEPS_MAX] = {
		{.say = "up 50%\n", .then = CLOSE}};

	start(script, "");
	for (uint32_t i = 1; i <= 3; i++) {
		run_until(i);
		ck_assert_int_eq(last.end, ASKER_LINE);
		ck_assert_uint_eq(last.length, 6);
		ck_assert_mem_eq(last.line, "up 50%", 6);
	}
	ck_assert_uint_eq(mta_seen(mta)->open_most, 1);
}
END_TEST

START_TEST(what_is_to_be_sent_is_sent_first)
{
	static const struct mta_step script[MTA_STEPS_MAX] = {
		{.hears = true, .say = "drain\r\n", .then = STAY}};

	start(script, "mx1 lb\n");
	run_until(1);
	ck_assert_int_eq(last.end, ASKER_LINE);
	ck_assert_mem_eq(last.line, "drain", last.length);
	ck_assert_str_eq(mta_seen(mta)->heard, "mx1 lb|");
}
END_TEST

/* A line of so many bytes without an end. */
static char endless[AGENTLINE_BYTES_MAX + 2];

/* clang-format off */
static const struct {
	const char *about;
	struct mta_step script[MTA_STEPS_MAX];
	enum asker_end end;
} agents[] = {
	{"keeps the connection open", {{.say = "up\n", .then = STAY}}, ASKER_LINE},
	{"says more than a line", {{.say = "up\ndown\nnonsense", .then = CLOSE}}, ASKER_LINE},
	{"says its line in pieces", {{.say = "u"}, {.say = "p"}, {.say = "\n"}}, ASKER_LINE},
	{"ends its line with the wait of a second", {{.say = "up"}, {.after_ms = 1000, .say = "\n"}}, ASKER_LINE},
	{"says nothing", {{.say = NULL}}, ASKER_SILENT},
	{"never ends its line", {{.say = "up 33%", .then = STAY}}, ASKER_SILENT},
	{"says a byte each second", {{.say = "u"}, {.after_ms = 1000, .say = "p"}, {.after_ms = 1000, .say = "\n"}}, ASKER_SILENT},
	{"answers after an hour", {{.after_ms = 3600000, .say = "up\n", .then = CLOSE}}, ASKER_SILENT},
	{"closes at once", {{.say = "", .then = CLOSE}}, ASKER_CLOSED},
	{"closes before the end of its line", {{.say = "up 33%", .then = CLOSE}}, ASKER_CLOSED},
	{"resets", {{.say = "", .then = RESET}}, ASKER_RESET},
	{"sends without end", {{.say = endless, .then = FLOOD}}, ASKER_TOO_LONG},
	{"sends empty lines without end", {{.say = "\n", .then = FLOOD}}, ASKER_LINE},
};
/* clang-format on */

START_TEST(each_kind_of_agent_ends_in_its_own_way)
{
	memset(endless, 'x', sizeof(endless) - 1);
	start(agents[_i].script, "");
	const uint64_t began_ms = clock_ms();
	run_until(1);
	ck_assert_msg(last.end == agents[_i].end, "%s: %s", agents[_i].about,
		      asker_end_text(last.end));
	ck_assert_uint_le(last.length, AGENTLINE_BYTES_MAX);
	ck_assert_uint_le(clock_ms() - began_ms, ASKER_BEGIN_MS + INTERVAL_MS);
}
END_TEST

START_TEST(a_port_where_nobody_listens_is_no_connection)
{
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_free(mta);
	mta = NULL;
	start_at(0, &endpoint, "");
	run_until(1);
	ck_assert_int_eq(last.end, ASKER_NO_CONNECT);
	ck_assert_int_eq(last.error, ECONNREFUSED);
	mta = mta_new(base, "127.0.0.1");
}
END_TEST

START_TEST(a_fault_of_this_host_is_its_own)
{
	struct rlimit before, none;
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	start_at(0, &endpoint, "");
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	run_until(1);
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert_int_eq(last.end, ASKER_LOCAL_FAULT);
}
END_TEST

START_TEST(hanging_agents_take_turns)
{
	static const struct mta_step silent[MTA_STEPS_MAX];
	const struct mx_endpoint endpoint = mta_endpoint(mta);

	mta_play(mta, silent);
	for (int i = 0; i < CROWD; i++)
		start_at(i, &endpoint, "");
	run_until(2 * CROWD);
	ck_assert_uint_le(mta_seen(mta)->open_most, AT_ONCE);
	ck_assert_int_eq(last.end, ASKER_SILENT);
}
END_TEST

START_TEST(an_asker_may_be_freed_by_its_own_answer)
{
	static const struct mta_step script[MTA_STEPS_MAX] = {
		{.say = "up\n", .then = CLOSE}};

	free_at_once = true;
	start(script, "");
	run_until(1);
	ck_assert_ptr_null(asker[0]);
}
END_TEST

START_TEST(every_end_has_a_text_of_its_own)
{
	for (int i = 0; i < ASKER_ENDS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(asker_end_text((enum asker_end)i),
					 asker_end_text((enum asker_end)j));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("asker");
	TCase *t = tcase_create("asker");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_good_agent_is_heard_again_and_again);
	tcase_add_test(t, what_is_to_be_sent_is_sent_first);
	tcase_add_loop_test(t, each_kind_of_agent_ends_in_its_own_way, 0,
			    sizeof(agents) / sizeof(agents[0]));
	tcase_add_test(t, a_port_where_nobody_listens_is_no_connection);
	tcase_add_test(t, a_fault_of_this_host_is_its_own);
	tcase_add_test(t, hanging_agents_take_turns);
	tcase_add_test(t, an_asker_may_be_freed_by_its_own_answer);
	tcase_add_test(t, every_end_has_a_text_of_its_own);
	suite_add_tcase(s, t);
	return s;
}
