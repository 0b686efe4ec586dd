/* SPDX-License-Identifier: BSD-3-Clause */
/* A day of sessions with every kind of end: the table, the ports and the
 * counters are flat, and a day's last session leaves nothing behind.
 * Method: one worker, and a clock that the test moves ten seconds a step.  Each
 * step begins sessions whose end is drawn.  Each hour all accounts of sessions
 * are compared; four times the data plane is restarted, and its clock with it. */
#include <stdlib.h>

#include "runner.h"
#include "talk.h"
#include "tcpstate.h"

#define PLACES 8192u
#define STEP_S 10u
#define NEW_A_STEP 20u
#define DAY_S (24u * 3600u)
#define HOUR_S 3600u
#define RESTART_S (5u * HOUR_S)
#define CALM_S (4u * HOUR_S) /* until as many sessions end as begin */
#define PORTS 50000u         /* of clients, each used once in a few hours */

/* Sessions that carry mail for long: how many are there at a time, how often
 * they say something, and how often in all. */
#define LASTING_MAX 2048u
#define LASTING_EACH_S 290u
#define LASTING_TIMES 20u

enum ending {
	HALF_OPEN,
	ANSWERED,
	SILENT, /* the handshake is proven, and the MTA never greets */
	IDLE,
	BOTH_FINS,
	CLIENT_FIN,
	MTA_FIN,
	CLIENT_RST, /* and the MTA does not answer the question */
	MTA_RST,
	LONG,
	ENDINGS,
};

struct lasting {
	struct talk talk;
	uint32_t next_s;
	uint32_t times; /* 0: free */
};

static struct rig *rig;
static struct lasting lasting[LASTING_MAX];
static uint32_t begun;

static void
setup(void)
{
	rig = rig_make_sized(1, PLACES, 1);
	begun = 0;
}

static void
teardown(void)
{
	rig_free(rig);
}

static void
say(const struct talk *talk, uint8_t flags)
{
	const struct segment segment = talk_in(talk, flags);

	talk_send(talk, WAN, &segment);
}

static void
hear(const struct talk *talk, uint8_t flags)
{
	const struct segment segment = talk_back(talk, flags);

	talk_send(talk, LAN, &segment);
}

static void
last(const struct talk *talk, uint32_t now_s)
{
	for (uint32_t i = 0; i < LASTING_MAX; i++)
		if (lasting[i].times == 0) {
			lasting[i] = (struct lasting){
				*talk, now_s + LASTING_EACH_S, LASTING_TIMES};
			return;
		}
	ck_abort_msg("room for long sessions");
}

static void
close_both(const struct talk *talk)
{
	say(talk, FIN | ACK);
	hear(talk, FIN | ACK);
}

/* Begin a session, and lead it as far as it gets at once. */
static void
live(enum ending ending, uint32_t now_s)
{
	struct end client =
		talk_client(false, (uint16_t)(10000 + begun++ % PORTS));
	struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &client);

	rig_flush(rig);
	talk_syn(&talk);
	if (ending == HALF_OPEN)
		return;
	hear(&talk, SYN | ACK);
	if (ending == ANSWERED)
		return;
	say(&talk, ACK);
	if (ending == SILENT)
		return;
	talk_hear_data(&talk);
	talk_say_data(&talk);
	switch (ending) {
	case BOTH_FINS:
		close_both(&talk);
		break;
	case CLIENT_FIN:
		say(&talk, FIN | ACK);
		break;
	case MTA_FIN:
		hear(&talk, FIN | ACK);
		break;
	case CLIENT_RST:
		say(&talk, RST);
		break;
	case MTA_RST:
		hear(&talk, RST | ACK);
		break;
	case LONG:
		last(&talk, now_s);
		break;
	default:
		break;
	}
}

/* The long sessions whose turn it is say something, or end. */
static void
go_on(uint32_t now_s)
{
	for (uint32_t i = 0; i < LASTING_MAX; i++) {
		struct lasting *each = &lasting[i];

		if (each->times == 0 || each->next_s > now_s)
			continue;
		talk_say_data(&each->talk);
		talk_hear_data(&each->talk);
		each->next_s = now_s + LASTING_EACH_S;
		if (--each->times == 0)
			close_both(&each->talk);
	}
}

/* Sessions in the file: those that are there, and those that carry mail. */
static uint32_t
in_file(bool mail)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < PLACES; i++) {
		enum session_class class;
		const uint8_t state =
			atomic_load(&rig->file[0]->session[i].state);

		if (state == MX_SESSION_FREE)
			continue;
		class = session_class_of(state, false);
		count += !mail || class == SESSION_CLASS_LIVE ||
			 class == SESSION_CLASS_DOUBTED;
	}
	return count;
}

static uint64_t
live_by_count(void)
{
	uint64_t count = 0;

	for (int i = 0; i < MX_BACKENDS_MAX; i++)
		count += rig->count[0].backend[i].opened -
			 rig->count[0].backend[i].closed;
	return count;
}

static void
check_accounts(void)
{
	const struct worker *w = rig->worker[0];

	rig_flush(rig);
	ck_assert_uint_eq(w->sessions.used, in_file(false));
	ck_assert_uint_eq(atomic_load(&w->map[0].used), in_file(false));
	ck_assert_uint_eq(live_by_count(), in_file(true));
}

START_TEST(a_day_leaves_nothing_behind)
{
	uint32_t calm = 0;

	srand(1);
	for (uint32_t at_s = STEP_S; at_s <= DAY_S; at_s += STEP_S) {
		rig_pass_s(rig, STEP_S);
		go_on(at_s);
		for (uint32_t i = 0; i < NEW_A_STEP; i++)
			live((enum ending)(rand() % ENDINGS), at_s);
		rig_flush(rig);
		if (at_s % RESTART_S == 0)
			rig_restart(rig);
		if (at_s % HOUR_S == 0)
			check_accounts();
		if (at_s == CALM_S)
			calm = in_file(false);
		if (at_s > CALM_S && at_s % HOUR_S == 0) {
			ck_assert_uint_gt(in_file(false), calm * 85 / 100);
			ck_assert_uint_lt(in_file(false), calm * 115 / 100);
		}
	}
	ck_assert_uint_eq(begun, DAY_S / STEP_S * NEW_A_STEP);
	for (uint32_t i = 0; i < 4; i++)
		rig_pass_s(rig, HOUR_S);
	check_accounts();
	ck_assert_uint_eq(rig->worker[0]->sessions.used, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("day");
	TCase *c = tcase_create("day");

	tcase_add_unchecked_fixture(c, rig_start_dpdk, NULL);
	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_day_leaves_nothing_behind);
	suite_add_tcase(s, c);
	return s;
}
