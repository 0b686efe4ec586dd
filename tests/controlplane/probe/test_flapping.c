/* SPDX-License-Identifier: BSD-3-Clause */
/* An hour of MTAs that fail, hang, flap and come back.  An operator cares that
 * new sessions go to the MTAs that are well, soon after they change and not
 * because of a single failure; that the data plane is not flooded with plans,
 * nor the log with lines; and that all is as it was when the hour is over.
 * Method: the whole control plane on a real region, with its schedule of
 * probes. The answers of the MTAs (fakeattempt.c), the clock (faketime.c) and
 * chance (fakechance.c) are the test's, so every run is the same one. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chance.h"
#include "clock.h"
#include "fakeattempt.h"
#include "log.h"
#include "netspace.h"
#include "plane.h"
#include "runner.h"

#define HOUR_S 3600

/* All but the standby are dead for a while, and then well until the end. */
#define BLACKOUT_S 2700
#define LIGHT_S 2760
#define CALM_S 3300

/* interval 10 s +-10 %, then every second +-10 % while in doubt; rise 2, fall
 * 3, timeout 5 s.  A second more for the plan. */
#define IN_S (11 + 2 + 1)
#define OUT_S (11 + 3 + 1)
#define OUT_HUNG_S (OUT_S + 3 * 5)
#define IN_HUNG_S (IN_S + 5) /* the last check that hangs ends first */

/* What each MTA does, by its id. */
enum {
	STEADY = 1, /* well */
	HICCUP,     /* each fourth answer is a failure */
	MINUTES,    /* well for a minute, dead for a minute */
	OUTAGE,     /* dead for half an hour */
	HUNG,       /* answers nothing for ten minutes */
	COIN,       /* each answer is a toss */
	BUSY,       /* each fifth answer is "try later" */
	STANDBY,    /* well, and of a lower tier */
	MTAS,
};

static const char pools[] =
	"services:\n"
	"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx,\n"
	"     forward: nat}\n"
	"pools:\n"
	"  - name: mx\n"
	"    check: {type: smtp, interval: 10s, timeout: 5s, rise: 2, fall: 3}\n"
	"    backends:\n"
	"      - {name: steady,  address: \"192.0.2.1:25\"}\n"
	"      - {name: hiccup,  address: \"192.0.2.2:25\"}\n"
	"      - {name: minutes, address: \"192.0.2.3:25\"}\n"
	"      - {name: outage,  address: \"192.0.2.4:25\"}\n"
	"      - {name: hung,    address: \"192.0.2.5:25\"}\n"
	"      - {name: coin,    address: \"192.0.2.6:25\"}\n"
	"      - {name: busy,    address: \"192.0.2.7:25\"}\n"
	"      - {name: standby, address: \"192.0.2.8:25\", tier: 10}\n";

static struct plane plane;
static uint64_t start_s;
static uint32_t asked[MTAS];
static uint32_t lines;
static uint32_t flips; /* backends that came up or went down */
static uint32_t softs; /* and those that began or ended to say "try later" */
static uint32_t busy_downs;
static uint32_t plans; /* that the data plane took up */

static int64_t
hour_s(void)
{
	return clock_s() - (int64_t)start_s;
}

/* Is the MTA well, as far as that depends on the time alone? */
static bool
is_well(int mta, int64_t s)
{
	if (mta == STANDBY || s >= CALM_S)
		return true;
	if (s >= BLACKOUT_S && s < LIGHT_S)
		return false;
	switch (mta) {
	case MINUTES:
		return s / 60 % 2 == 0;
	case OUTAGE:
		return s < 600 || s >= 2400;
	case HUNG:
		return s < 1200 || s >= 1800;
	default:
		return true;
	}
}

struct fakeattempt_answer
fakeattempt_answer(const struct mx_endpoint *endpoint)
{
	static const struct fakeattempt_answer well = {REASON_OK, 3};
	static const struct fakeattempt_answer refuses = {
		REASON_CONNECT_REFUSED, 0};
	static const struct fakeattempt_answer closes = {REASON_BANNER_CLOSED,
							 40};
	static const struct fakeattempt_answer later = {REASON_BANNER_LATER, 3};
	static const struct fakeattempt_answer hangs = {REASON_BANNER_TIMEOUT,
							FAKEATTEMPT_NEVER};
	const int mta = (int)(ntohl(mx_addr_to4(&endpoint->addr)) & 0xff);
	const int64_t s = hour_s();

	asked[mta]++;
	if (!is_well(mta, s))
		return mta == HUNG ? hangs : refuses;
	if (s >= CALM_S)
		return well;
	if (mta == HICCUP && asked[mta] % 4 == 0)
		return closes;
	if (mta == COIN && chance_below(2) == 0)
		return closes;
	if (mta == BUSY && asked[mta] % 5 == 0)
		return later;
	return well;
}

static void
count_line(const char *line)
{
	lines++;
	flips += strstr(line, " -> up, ") != NULL &&
		 strstr(line, "falling -> up") == NULL &&
		 strstr(line, "soft -> up") == NULL;
	flips += strstr(line, " -> down, ") != NULL &&
		 strstr(line, "rising -> down") == NULL;
	softs += strstr(line, " -> soft, ") != NULL ||
		 strstr(line, " soft -> ") != NULL;
	busy_downs += strstr(line, "mx/busy") != NULL &&
		      strstr(line, " -> down, ") != NULL;
	plans += strstr(line, "adopted by") != NULL;
}

static void
setup(void)
{
	/* Without routes nothing is asked of this host's neighbours. */
	if (geteuid() == 0)
		netspace_enter();
	plane_open(&plane, "");
	plane_write_rest(&plane, "c.yaml", pools);
	plane.ack_ms = 100;
	start_s = (uint64_t)clock_s();
	plane_start_data(&plane);
	plane_start_control(&plane);
	log_divert(count_line);
}

static void
teardown(void)
{
	plane_close(&plane);
}

static uint64_t
generation(void)
{
	return atomic_load(&plane.region->generation);
}

static const struct mx_plan *
published(void)
{
	return mx_region_slot(plane.region, generation());
}

/* How long the MTA is as it is now. */
static int64_t
same_for_s(int mta, int64_t s)
{
	int64_t since = s;

	while (since > 0 && is_well(mta, since - 1) == is_well(mta, s))
		since--;
	return s - since;
}

/* Does the plan say of an MTA what it must say by now? */
static void
check_mta(int mta, int64_t s)
{
	const bool serves = published()->backend[mta].serves;
	const int64_t for_s = same_for_s(mta, s);

	/* A hiccup may begin the count of passes anew. */
	const int64_t in_s = mta == HICCUP ? 2 * IN_S
			     : mta == HUNG ? IN_HUNG_S
					   : IN_S;

	if (is_well(mta, s) && for_s >= in_s)
		ck_assert_msg(serves, "%d at %d s", mta, (int)s);
	if (!is_well(mta, s) && for_s >= (mta == HUNG ? OUT_HUNG_S : OUT_S))
		ck_assert_msg(!serves, "%d at %d s", mta, (int)s);
}

/* While one MTA of the first tier serves, the standby does not. */
static void
check_standby(int64_t s)
{
	const struct mx_plan *plan = published();
	bool first_tier = false;

	for (int mta = STEADY; mta <= BUSY; mta++)
		first_tier |= plan->backend[mta].serves;
	if (s >= IN_S)
		ck_assert_msg(plan->backend[STANDBY].serves == !first_tier,
			      "at %d s", (int)s);
}

static uint32_t
share_of(int mta)
{
	uint32_t slots = 0;

	for (uint32_t i = 0; i < MX_PICK_SLOTS; i++)
		slots += published()->pick[0].slot[i] == mta;
	return slots * 1000 / MX_PICK_SLOTS;
}

static void
pass_the_hour(void)
{
	while (hour_s() < HOUR_S) {
		const uint64_t before = generation();
		plane_run(&plane, 1000);
		/* One at once, and then one each 100 ms at most. */
		ck_assert_uint_le(generation() - before, 11);
		for (int mta = STEADY; mta <= HUNG; mta++)
			check_mta(mta, hour_s());
		check_standby(hour_s());
	}
}

START_TEST(an_hour_of_flapping_ends_as_it_began)
{
	plane_run(&plane, 60 * 1000);
	plane_expect(&plane, "weight mx/outage 50", true, "100 -> 50");
	plane_expect(&plane, "drain mx/steady", true, "ready -> drain");
	plane_run(&plane, 60 * 1000);
	ck_assert(!published()->backend[STEADY].serves);
	plane_expect(&plane, "ready mx/steady", true, "drain -> ready");
	pass_the_hour();
	/* Each plan has a reason: an MTA that began or stopped serving, or one
	 * of the three commands, or the start. */
	ck_assert_uint_le(generation(), flips + softs + 4);
	/* Each fifth answer, about every 8 s, and the next one ends it. */
	ck_assert_uint_ge(softs, 2 * HOUR_S / 11 / 5);
	ck_assert_uint_le(softs, 2 * HOUR_S / 8 / 5);
	ck_assert_uint_eq(busy_downs, 1); /* by the blackout */
	ck_assert_uint_eq(plans, generation());
	/* MINUTES has 60, the blackout 12, OUTAGE and HUNG 2 each. */
	ck_assert_uint_ge(flips, 76);
	ck_assert_uint_le(flips, 150);
	/* Of some 3,300 probes most are no news. */
	ck_assert_uint_le(lines, 1300);
	ck_assert_uint_ge(asked[STEADY], HOUR_S / 11);
	ck_assert_uint_le(asked[STEADY], HOUR_S / 9 + 10);
	/* Six and a half shares: the weight outlived the outage. */
	for (int mta = STEADY; mta <= BUSY; mta++)
		ck_assert_int_le(abs((int)share_of(mta) -
				     (mta == OUTAGE ? 50 : 100) * 1000 / 650),
				 10);
	ck_assert_uint_eq(share_of(STANDBY), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("flapping");
	TCase *t = tcase_create("flapping");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_hour_of_flapping_ends_as_it_began);
	suite_add_tcase(s, t);
	return s;
}
