/* SPDX-License-Identifier: BSD-3-Clause */
/* What is believed of a shadow, and which one; and when a session that was taken up
 * is over.
 * Method: borrowrig.h */
#include <stdlib.h>
#include <string.h>

#include "borrowrig.h"
#include "homecheck.h"
#include "runner.h"

static void
assert_live(void)
{
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
	ck_assert_uint_eq(rig->count[0].borrowed, 1);
	ck_assert_uint_eq(borrowrig_refused_in_all(), 0);
	ck_assert_uint_eq(rig->count[0].service[talk.service].opened, 1);
	talk_say_data(&talk);
	talk_hear_data(&talk);
	talk_say(&talk, FIN | ACK);
	talk_hear(&talk, FIN | ACK);
	ck_assert_uint_eq(rig->count[0].service[talk.service].closed, 1);
	rig_pass_s(rig, 1000);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}

/* What an entry may lie about. */
static void
no_service(struct mx_session *s)
{
	s->vip_port_be ^= 0xffff;
}
static void
other_mode(struct mx_session *s)
{
	s->kind |= MX_FORWARD_NAT;
}
static void
direct(struct mx_session *s)
{
	s->kind |= MX_FORWARD_DSR;
}
static void
no_mode(struct mx_session *s)
{
	s->kind |= MX_SESSION_MODE;
}
static void
no_backend(struct mx_session *s)
{
	s->server_be ^= 0xff000000;
}
static void
no_mail(struct mx_session *s)
{
	s->server_port_be ^= 0xffff;
}
static void
no_peer(struct mx_session *s)
{
	s->local_be ^= 0xff000000;
}
static void
low_port(struct mx_session *s)
{
	s->local_port_be = RTE_BE16(80);
}
static void
half(struct mx_session *s)
{
	s->state = MX_SESSION_OPENING;
}
static void
over(struct mx_session *s)
{
	s->state = MX_SESSION_CLOSING;
}
static void
no_state(struct mx_session *s)
{
	s->state = 200;
}
static void
sent(struct mx_session *s)
{
	s->shifts |= 20;
	mx_session_set_proxy(s, MX_SESSION_PROXY_SENT);
}
static void
header(struct mx_session *s)
{
	s->shifts ^= 20;
}
static void
told(struct mx_session *s)
{
	s->shifts ^= MX_SESSION_TOLD;
}
static void
expired(struct mx_session *s)
{
	s->deadline_s = 900;
}

static const struct {
	void (*lie)(struct mx_session *s);
	enum mx_borrow why;
} lies[] = {
	{no_service, MX_BORROW_NO_SERVICE},
	{other_mode, MX_BORROW_NO_SERVICE},
	{direct, MX_BORROW_NO_SERVICE},
	{no_mode, MX_BORROW_NO_SERVICE},
	{no_backend, MX_BORROW_NO_BACKEND},
	{no_mail, MX_BORROW_NO_BACKEND},
	{no_peer, MX_BORROW_NOT_A_PEERS},
	{low_port, MX_BORROW_ASTRAY},
	{half, MX_BORROW_UNFIT},
	{over, MX_BORROW_UNFIT},
	{no_state, MX_BORROW_UNFIT},
	{sent, MX_BORROW_UNFIT},
	{header, MX_BORROW_UNFIT},
	{told, MX_BORROW_UNFIT},
	{expired, MX_BORROW_EXPIRED},
};
#define LIES (int)RTE_DIM(lies)

START_TEST(an_entry_that_lies_is_refused)
{
	borrowrig_open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = borrowrig_entry_of(&talk);

	lies[_i].lie(&entry.session);
	entry.ends = mx_session_ends(&entry.session, &entry.ends);
	borrowrig_tell(0, &entry);
	borrowrig_come_here();
	/* The frame is of the session that the entry speaks of. */
	talk.vip.port = rte_be_to_cpu_16(entry.session.vip_port_be);
	if (lies[_i].lie == no_service) {
		borrowrig_say_in_vain(false); /* it gets no further */
		ck_assert_uint_eq(borrowrig_refused_in_all(), 0);
		return;
	}
	borrowrig_assert_refused(false, lies[_i].why);
}
END_TEST

START_TEST(other_fields_of_an_entry_do_no_harm)
{
	borrowrig_open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = borrowrig_entry_of(&talk);

	entry.session.backend = _i ? UINT16_MAX : 1000;
	entry.session.service = UINT8_MAX;
	entry.session.snat_slot = UINT8_MAX;
	entry.session.client_port = UINT8_MAX;
	entry.session.ip_delta = 0x1234;
	entry.session.tcp_delta = 0x4321;
	entry.session.opened_s = UINT32_MAX;
	entry.session.deadline_s = 0x7fffffff;
	entry.session.flags |= MX_SESSION_TRIES;
	borrowrig_tell(0, &entry);
	borrowrig_come_here();
	talk_say(&talk, ACK);
	assert_live();
}
END_TEST

/* A third box has carried the session on.  If its home is there, it alone knows
 * whether it is over. */
START_TEST(a_session_that_its_home_ended_is_over)
{
	borrowrig_open_there(RIG_FULLNAT_TO4, false);
	const struct mx_shadow_entry entry = borrowrig_entry_of(&talk);
	borrowrig_tell(1, &entry);
	borrowrig_come_here();
	borrowrig_assert_refused(_i, MX_BORROW_ENDED);
	file[0]->state = MX_SHADOW_LOST;
	talk_say(&talk, ACK);
	ck_assert_uint_eq(rig->count[0].borrowed, 1);
}
END_TEST

START_TEST(the_entry_that_lives_longest_counts)
{
	borrowrig_open_there(RIG_FULLNAT_TO4, false);
	struct mx_shadow_entry entry = borrowrig_entry_of(&talk);

	file[0]->state = MX_SHADOW_LOST;
	entry.session.client_seq = 100;
	borrowrig_tell(_i, &entry);
	entry.session.client_seq = 1;
	entry.session.deadline_s++;
	borrowrig_tell(!_i, &entry);
	borrowrig_come_here();
	talk_say(&talk, ACK);
	ck_assert_uint_eq(talk_session(&talk)->client_seq, 1);
}
END_TEST

static void
sweep(void)
{
	struct worker *w = rig->worker[0];

	w->sessions.scan = w->sessions.count - 1;
	homecheck_sweep(w, rig->active, 0);
}

START_TEST(a_silent_session_ends_with_its_home)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	mx_shadow_drop(file[0], borrowrig_key(), 7);
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig->worker[0]->now_s += 60;
	file[0]->state = MX_SHADOW_LOST;
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	file[0]->state = MX_SHADOW_SYNCED;
	shadows.kept = false; /* mxsteer-replica does not run */
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	shadows.kept = true;
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].borrowed_over, 1);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_session_that_its_home_has_goes_on)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	rig->worker[0]->now_s += 60;
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	memset(rig_plan(rig)->snat_box, 0, sizeof(rig_plan(rig)->snat_box));
	mx_shadow_drop(file[0], borrowrig_key(), 7);
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(a_worker_that_sleeps_ends_it_too)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	mx_shadow_drop(file[0], borrowrig_key(), 7);
	rig->worker[0]->now_s += 60;
	borrowrig_rest();
	ck_assert_uint_eq(rig->count[0].borrowed_over, 1);
}
END_TEST

/* mxsteer-replica was interrupted, or killed, while it wrote the entry. */
START_TEST(a_session_whose_entry_is_being_written_goes_on)
{
	borrowrig_lend(RIG_FULLNAT_TO4, false);
	talk_say(&talk, ACK);
	rig->worker[0]->now_s += 60;
	borrowrig_tear(0);
	sweep();
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(rig->count[0].borrowed_over, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("shadows");
	TCase *t = tcase_create("shadows");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, borrowrig_make, borrowrig_free);
	tcase_add_loop_test(t, an_entry_that_lies_is_refused, 0, LIES);
	tcase_add_loop_test(t, other_fields_of_an_entry_do_no_harm, 0, 2);
	tcase_add_loop_test(t, a_session_that_its_home_ended_is_over, 0, 2);
	tcase_add_loop_test(t, the_entry_that_lives_longest_counts, 0, 2);
	tcase_add_test(t, a_silent_session_ends_with_its_home);
	tcase_add_test(t, a_session_that_its_home_has_goes_on);
	tcase_add_test(t, a_worker_that_sleeps_ends_it_too);
	tcase_add_test(t, a_session_whose_entry_is_being_written_goes_on);
	suite_add_tcase(s, t);
	return s;
}
