/* SPDX-License-Identifier: BSD-3-Clause */
/* MTAs whose sessions fail get no new ones, before any check says so.
 * Method: a whole control plane with a fake clock; the test writes what workers
 * record.  Then what others than the MTA may bring about. */
#include <arpa/inet.h>
#include <string.h>

#include "observer.h"
#include "plane.h"
#include "runner.h"

#define MTAS                                                                   \
	"      - {name: a, address: \"192.0.2.11:25\"}\n"                      \
	"      - {name: b, address: \"192.0.2.12:25\"}\n"                      \
	"      - {name: c, address: \"192.0.2.13:25\"}\n"
#define A "192.0.2.11:25"

static struct plane plane;
static uint64_t now_tsc;
static bool one_client; /* all sessions are of one */

static void
start(const char *backends)
{
	plane_open(&plane, backends);
	plane_start_data(&plane);
	plane_start_control(&plane);
	plane_seed_hops(&plane);
	for (int i = 0; i < 2; i++) {
		fakeprobe_result(A, true);
		fakeprobe_result("192.0.2.12:25", true);
		if (strstr(backends, "192.0.2.13") != NULL)
			fakeprobe_result("192.0.2.13:25", true);
	}
	plane_run_until(&plane, plane_is_settled);
	plane_run(&plane, 200);
}

static void
setup(void)
{
	one_client = false;
	start(MTAS);
}

static void
teardown(void)
{
	plane_close(&plane);
}

/* A worker records how a session went, of a client and a port of its own each
 * time. */
static void
put(uint16_t worker, const struct mx_event *record)
{
	struct mx_event event = *record;

	event.at_tsc = ++now_tsc;
	event.client_port_be = (uint16_t)now_tsc;
	if (!one_client)
		event.client = mx_addr_from4(htonl((uint32_t)now_tsc << 8));
	mx_event_put(&plane.region->worker[worker].events, &event);
}

static void
record(uint16_t worker, uint16_t id, uint8_t kind, uint8_t what, uint8_t flags)
{
	put(worker, &(struct mx_event){
			    .wait_us = 1000,
			    .backend = id,
			    .kind = kind,
			    .what = what,
			    .flags = flags,
		    });
}

/* Sessions that wait so long for the greeting of a backend, or in vain. */
static void
greet_after(uint16_t id, uint32_t wait_ms, int times)
{
	for (int i = 0; i < times; i++)
		put(0, &(struct mx_event){
			       .wait_us = wait_ms * 1000,
			       .backend = id,
			       .kind = MX_EVENT_GREETED,
			       .what = MX_GREETING_SERVES,
			       .flags = MX_EVENT_OWN,
		       });
	plane_run(&plane, 2 * OBSERVER_MS);
}

static void
stay_mute(uint16_t id, uint32_t wait_ms, int times)
{
	for (int i = 0; i < times; i++)
		put(0, &(struct mx_event){
			       .wait_us = wait_ms * 1000,
			       .backend = id,
			       .kind = MX_EVENT_UNSERVED,
			       .what = MX_UNSERVED_MUTE,
			       .flags = MX_EVENT_OWN,
		       });
	plane_run(&plane, 2 * OBSERVER_MS);
}

static void
refuse(uint16_t id, int times)
{
	for (int i = 0; i < times; i++)
		record(0, id, MX_EVENT_UNSERVED, MX_UNSERVED_REFUSED,
		       MX_EVENT_OWN);
	plane_run(&plane, 2 * OBSERVER_MS);
}

static bool
is_soft(const char *label)
{
	const struct state *state = plane.control->state;

	return state->backend[state_find(state, label)].soft;
}

static uint16_t
weight_of(const char *label)
{
	const struct state *state = plane.control->state;

	return state->backend[state_find(state, label)].effective_weight;
}

START_TEST(a_row_of_failures_puts_an_mta_out_and_hastens_its_check)
{
	const uint32_t hastened = fakeprobe_hastened(A);

	refuse(1, PASSIVE_ROW - 1);
	ck_assert(!is_soft("mx/a"));
	refuse(1, 1);
	ck_assert(is_soft("mx/a"));
	ck_assert_uint_eq(weight_of("mx/a"), 0);
	ck_assert_uint_gt(fakeprobe_hastened(A), hastened);
	ck_assert(plane_logged("connections are refused"));
	plane_expect(&plane, "show backends", true,
		     "soft, sessions fail: connections are refused");
	fakeprobe_result(A, true);
	plane_run(&plane, 200);
	ck_assert(!is_soft("mx/a"));
	ck_assert_uint_eq(weight_of("mx/a"), 100);
	/* The check says that the sessions were the cause: more must fail. */
	refuse(1, 2 * PASSIVE_ROW - 1);
	ck_assert(!is_soft("mx/a"));
	refuse(1, 1);
	ck_assert(is_soft("mx/a"));
}
END_TEST

START_TEST(one_session_that_fails_again_and_again_is_no_row)
{
	one_client = true;
	for (int i = 0; i < 3 * PASSIVE_ROW; i++) {
		record(0, 1, MX_EVENT_UNSERVED, MX_UNSERVED_SILENT,
		       MX_EVENT_OWN);
		now_tsc--;
	}
	plane_run(&plane, 2 * OBSERVER_MS);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

static const struct {
	uint8_t kind, what, flags;
	bool counts;
} records[] = {
	{MX_EVENT_GREETED, MX_GREETING_4XX, MX_EVENT_OWN, true},
	{MX_EVENT_GREETED, MX_GREETING_5XX, MX_EVENT_OWN, true},
	{MX_EVENT_GREETED, MX_GREETING_FIN, MX_EVENT_OWN, true},
	{MX_EVENT_GREETED, MX_GREETING_RST, MX_EVENT_OWN, true},
	{MX_EVENT_UNSERVED, MX_UNSERVED_SILENT, MX_EVENT_OWN, true},
	/* A stranger's, or a client's own doing. */
	{MX_EVENT_GREETED, MX_GREETING_4XX, 0, false},
	{MX_EVENT_UNSERVED, MX_UNSERVED_REFUSED, 0, false},
	/* What no worker of this version writes. */
	{MX_EVENT_KINDS, 0, MX_EVENT_OWN, false},
	{MX_EVENT_GREETED, MX_GREETINGS, MX_EVENT_OWN, false},
	{MX_EVENT_UNSERVED, MX_UNSERVED_KINDS, MX_EVENT_OWN, false},
};

START_TEST(only_what_the_mta_itself_did_counts)
{
	for (int i = 0; i < PASSIVE_ROW; i++)
		record(0, 1, records[_i].kind, records[_i].what,
		       records[_i].flags);
	plane_run(&plane, 2 * OBSERVER_MS);
	ck_assert(is_soft("mx/a") == records[_i].counts);
}
END_TEST

/* An MTA may reject a client, and no client can be rejected by a SYN that does not
 * carry its address. */
static const struct {
	uint8_t kind, what;
	bool counts;
} of_one[] = {
	{MX_EVENT_GREETED, MX_GREETING_4XX, false},
	{MX_EVENT_GREETED, MX_GREETING_5XX, false},
	{MX_EVENT_GREETED, MX_GREETING_FIN, false},
	{MX_EVENT_GREETED, MX_GREETING_RST, false},
	{MX_EVENT_UNSERVED, MX_UNSERVED_REFUSED, true},
	{MX_EVENT_UNSERVED, MX_UNSERVED_SILENT, true},
};

START_TEST(what_one_client_may_be_the_cause_of_counts_once)
{
	const uint32_t hastened = fakeprobe_hastened(A);

	one_client = true;
	for (int i = 0; i < 10 * PASSIVE_ROW; i++)
		record(0, 1, of_one[_i].kind, of_one[_i].what, MX_EVENT_OWN);
	plane_run(&plane, 2 * OBSERVER_MS);
	ck_assert(is_soft("mx/a") == of_one[_i].counts);
	/* The check knows. */
	ck_assert_uint_gt(fakeprobe_hastened(A), hastened);
}
END_TEST

static void
apply(const char *service, const char *pool, const char *backends)
{
	char text[1024], line[200];

	snprintf(text, sizeof(text),
		 "services:\n"
		 "  - {name: in, listen: [\"198.51.100.25:25\"], "
		 "pool: mx, %s}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "%s"
		 "    backends:\n%s",
		 service, pool, backends);
	plane_write_rest(&plane, "c.yaml", text);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "");
	plane_run(&plane, 200);
}

#define FULLNAT "snat: [198.51.100.100], client-address: hidden"

START_TEST(with_nat_a_client_may_be_the_cause_of_a_refusal)
{
	apply("forward: nat", "", MTAS);
	one_client = true;
	refuse(1, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/a"));
	one_client = false;
	refuse(1, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
}
END_TEST

START_TEST(a_greeting_much_later_than_usual_is_a_failure)
{
	greet_after(1, 1000, 1);
	greet_after(1, 21000, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
}
END_TEST

START_TEST(a_greeting_that_a_check_waits_for_is_none)
{
	greet_after(1, 1000, 1);
	greet_after(1, 20000, 2 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

START_TEST(an_mta_may_let_all_clients_wait_on_purpose)
{
	greet_after(1, 25000, 100 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

START_TEST(an_mta_that_does_not_greet_any_more_is_left)
{
	greet_after(1, 100, 1);
	stay_mute(1, 5000, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
}
END_TEST

START_TEST(an_mta_that_takes_its_time_is_not_left_by_a_short_patience)
{
	stay_mute(1, 5000, 10 * PASSIVE_ROW);
	greet_after(1, 6000, 1);
	stay_mute(1, 5000, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

/* As a hung MTA with postscreen does; or one of which no usual wait is known. */
START_TEST(an_mta_that_may_take_its_time_is_checked_at_once)
{
	if (_i == 0)
		greet_after(1, 6000, 1);
	const uint32_t hastened = fakeprobe_hastened(A);

	stay_mute(1, 20000, PASSIVE_ROW - 1);
	ck_assert_uint_eq(fakeprobe_hastened(A), hastened);
	stay_mute(1, 20000, 1);
	ck_assert_uint_gt(fakeprobe_hastened(A), hastened);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

START_TEST(sessions_count_in_the_order_of_all_workers)
{
	plane.region->header.workers = 2;
	for (int i = 0; i < 4 * PASSIVE_ROW; i++) {
		record(0, 1, MX_EVENT_UNSERVED, MX_UNSERVED_REFUSED,
		       MX_EVENT_OWN);
		record(1, 1, MX_EVENT_GREETED, MX_GREETING_SERVES, 0);
	}
	plane_run(&plane, 2 * OBSERVER_MS);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

START_TEST(at_most_half_of_a_pool_is_out)
{
	refuse(1, 3 * PASSIVE_ROW);
	refuse(2, 3 * PASSIVE_ROW);
	refuse(3, 3 * PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
	ck_assert(!is_soft("mx/b"));
	ck_assert(!is_soft("mx/c"));
}
END_TEST

#define TIERED(second, third)                                                  \
	"      - {name: a, address: \"192.0.2.11:25\", tier: 10}\n"            \
	"      - {name: b, address: \"192.0.2.12:25\", tier: " second "}\n"    \
	"      - {name: c, address: \"192.0.2.13:25\", tier: " third "}\n"

START_TEST(members_that_wait_in_a_later_tier_are_no_half)
{
	apply(FULLNAT, "", TIERED("10", "20"));
	refuse(1, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
	refuse(2, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/b"));
}
END_TEST

START_TEST(the_only_one_of_a_tier_is_left_if_a_later_tier_takes_over)
{
	apply(FULLNAT, "", TIERED("20", "30"));
	refuse(1, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
	ck_assert_uint_eq(weight_of("mx/b"), 100);
	refuse(2, PASSIVE_ROW);
	ck_assert(is_soft("mx/b"));
	ck_assert_uint_eq(weight_of("mx/c"), 100);
	/* Never to an empty pool. */
	refuse(3, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/c"));
}
END_TEST

/* Keep b from serving in one of these ways. */
static void
hinder(int way)
{
	struct state *state = plane.control->state;
	struct backend *b = &state->backend[state_find(state, "mx/b")];

	switch (way) {
	case 0:
		b->hop.known = false;
		break;
	case 1:
		b->dsr = b->hop.routed = true;
		break;
	case 2:
		b->has_agent = b->agent.down = true;
		break;
	case 3:
		b->has_agent = true;
		b->agent.percent = 0;
		break;
	}
}

/* That one says "try later" to its check. */
static void
soften(const char *address)
{
	fakeprobe_end(address, REASON_BANNER_LATER);
	plane_run(&plane, 200);
}

START_TEST(a_soft_member_of_another_tier_is_neither_half_nor_spare)
{
	apply(FULLNAT, "", TIERED("10", "20"));
	soften("192.0.2.13:25");
	refuse(1, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
	apply(FULLNAT, "", TIERED("20", "30"));
	fakeprobe_result(A, true);
	plane_run(&plane, 200);
	soften("192.0.2.12:25");
	refuse(1, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

START_TEST(one_that_an_earlier_tier_has_relieved_may_be_left)
{
	apply(FULLNAT, "", TIERED("10", "20"));
	refuse(3, PASSIVE_ROW);
	ck_assert(is_soft("mx/c"));
}
END_TEST

/* It must not get any frame, or none can be sent to it. */
START_TEST(members_that_cannot_serve_are_no_half)
{
	static const char *const drains[] = {"drain mx/b", "weight mx/b 0"};

	if (_i < 2)
		plane_expect(&plane, drains[_i], true, "");
	else if (_i == 2)
		for (int i = 0; i < 3; i++)
			fakeprobe_result("192.0.2.12:25", false);
	plane_run(&plane, 200);
	refuse(1, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
	hinder(_i - 3);
	refuse(3, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/c"));
	plane_expect(&plane, "maint mx/a", true, "");
	plane_run(&plane, 200);
	hinder(_i - 3);
	refuse(3, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/c"));
}
END_TEST

START_TEST(the_last_one_that_serves_stays)
{
	plane_expect(&plane, "drain mx/b", true, "");
	plane_expect(&plane, "drain mx/c", true, "");
	refuse(1, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/a"));
	ck_assert_uint_eq(weight_of("mx/a"), 100);
}
END_TEST

START_TEST(where_records_are_lost_a_row_begins_anew)
{
	bool ok;

	refuse(1, PASSIVE_ROW - 1);
	char *text = plane_ask(&plane, "show workers", &ok);
	ck_assert_ptr_null(strstr(text, "EVENTS LOST"));
	free(text);
	for (uint32_t i = 0; i < MX_EVENTS + 1; i++)
		record(0, 2, MX_EVENT_KINDS, 0, 0);
	refuse(1, 1);
	ck_assert(!is_soft("mx/a"));
	json_t *data = plane_json(&plane, "-j show workers");
	ck_assert_int_ge(
		plane_number(plane_row(data, "workers", 0), "events_lost"), 1);
	json_decref(data);
	plane_expect(&plane, "show workers", true, "EVENTS LOST");
	text = plane_ask(&plane, "status", &ok);
	ck_assert_msg(strstr(text, "records of sessions were lost before they "
				   "were read") != NULL,
		      "%s", text);
	free(text);
}
END_TEST

START_TEST(records_of_an_earlier_data_plane_are_no_part_of_a_row)
{
	refuse(1, PASSIVE_ROW - 1);
	plane.region->header.started_s++;
	plane_run(&plane, 2 * OBSERVER_MS);
	refuse(1, 1);
	ck_assert(!is_soft("mx/a"));
	refuse(1, PASSIVE_ROW - 1);
	ck_assert(is_soft("mx/a"));
}
END_TEST

START_TEST(a_pool_without_passive_is_left_to_its_checks)
{
	apply(FULLNAT, "    passive: off\n", MTAS);
	refuse(1, 10 * PASSIVE_ROW);
	ck_assert(!is_soft("mx/a"));
}
END_TEST

START_TEST(without_a_check_an_mta_is_back_after_a_minute)
{
	refuse(1, PASSIVE_ROW);
	ck_assert(is_soft("mx/a"));
	plane_run(&plane, (PASSIVE_OUT_S + 2) * 1000);
	ck_assert(!is_soft("mx/a"));
	ck_assert_uint_eq(weight_of("mx/a"), 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("observer");
	TCase *t = tcase_create("observer");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t,
		       a_row_of_failures_puts_an_mta_out_and_hastens_its_check);
	tcase_add_test(t, one_session_that_fails_again_and_again_is_no_row);
	tcase_add_loop_test(t, only_what_the_mta_itself_did_counts, 0,
			    (int)(sizeof(records) / sizeof(records[0])));
	tcase_add_loop_test(t, what_one_client_may_be_the_cause_of_counts_once,
			    0, (int)(sizeof(of_one) / sizeof(of_one[0])));
	tcase_add_test(t, with_nat_a_client_may_be_the_cause_of_a_refusal);
	tcase_add_test(t, a_greeting_much_later_than_usual_is_a_failure);
	tcase_add_test(t, a_greeting_that_a_check_waits_for_is_none);
	tcase_add_test(t, an_mta_may_let_all_clients_wait_on_purpose);
	tcase_add_test(t, an_mta_that_does_not_greet_any_more_is_left);
	tcase_add_test(
		t, an_mta_that_takes_its_time_is_not_left_by_a_short_patience);
	tcase_add_loop_test(t, an_mta_that_may_take_its_time_is_checked_at_once,
			    0, 2);
	tcase_add_test(t, sessions_count_in_the_order_of_all_workers);
	tcase_add_test(t, at_most_half_of_a_pool_is_out);
	tcase_add_test(t, members_that_wait_in_a_later_tier_are_no_half);
	tcase_add_test(
		t, the_only_one_of_a_tier_is_left_if_a_later_tier_takes_over);
	tcase_add_loop_test(t, members_that_cannot_serve_are_no_half, 0, 7);
	tcase_add_test(t,
		       a_soft_member_of_another_tier_is_neither_half_nor_spare);
	tcase_add_test(t, one_that_an_earlier_tier_has_relieved_may_be_left);
	tcase_add_test(t, the_last_one_that_serves_stays);
	tcase_add_test(t, where_records_are_lost_a_row_begins_anew);
	tcase_add_test(t,
		       records_of_an_earlier_data_plane_are_no_part_of_a_row);
	tcase_add_test(t, a_pool_without_passive_is_left_to_its_checks);
	tcase_add_test(t, without_a_check_an_mta_is_back_after_a_minute);
	suite_add_tcase(s, t);
	return s;
}
