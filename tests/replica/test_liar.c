/* SPDX-License-Identifier: BSD-3-Clause */
/* A peer that tells what cannot be is refused, and all else goes on.  Method: the test
 * is box 2, and speaks with the mxsteer-replica of box 1 by links of its own. */
#include <string.h>

#include "grouprig.h"
#include "runner.h"
#include "wiresession.h"

#define COUNT 100u

static struct grouprig_box *const box = grouprig_box;

/* A link of box 2. */
struct talk {
	struct link *link;
	bool opened;
	bool ended;
	unsigned heard; /* messages */
	struct wire_message last;
};

static struct mx_secret secret;
static struct links *links;
static struct talk talk[2], come;
static struct wire_hello hello;

/* What box 1 shows of box 2. */
static struct replicated_peer *const row =
	&grouprig_box[1].replica.own.replicated.peer[0];

static uint64_t
refused(enum replicated_refusal why)
{
	return box[1].replica.own.replicated.refused[why];
}

static void
on_opened(void *arg)
{
	((struct talk *)arg)->opened = true;
}

static void
on_readable(void *arg)
{
	struct talk *at = arg;
	size_t count;
	int got;

	do {
		const uint8_t *bytes = link_peek(at->link, &count);

		got = wire_take(bytes, count, &at->last);
		ck_assert_int_ge(got, 0);
		link_drop(at->link, (size_t)got);
		at->heard += got > 0;
	} while (got > 0);
}

static void
on_writable(void *arg)
{
	(void)arg;
}

static void
on_ended(void *arg, enum replicated_refusal why, int error)
{
	(void)why;
	(void)error;
	((struct talk *)arg)->ended = true;
	((struct talk *)arg)->link = NULL;
}

static const struct link_calls calls = {on_opened, on_readable, on_writable,
					on_ended};

static void
on_accepted(void *arg, struct link *link, uint8_t number)
{
	(void)arg;
	ck_assert_uint_eq(number, 1);
	come = (struct talk){.link = link, .opened = true};
	link_take(link, &calls, &come);
}

static void
on_refused(void *arg, enum replicated_refusal why)
{
	(void)arg;
	ck_abort_msg("refused %u", (unsigned)why);
}

static void
say(struct talk *at, const struct wire_message *message)
{
	uint8_t room[WIRE_BYTES_MAX];
	const size_t bytes = wire_put(message, room);

	ck_assert(link_write(at->link, room, bytes));
}

static void
dial(struct talk *at)
{
	const struct mx_endpoint address = grouprig_address(1);

	*at = (struct talk){0};
	at->link = link_dial(links, &address, &calls, at);
	GROUPRIG_WAIT(at->opened || at->ended);
}

/* Say HELLO.  Returns the answer. */
static enum replicated_refusal
greet(struct talk *at)
{
	dial(at);
	ck_assert(!at->ended);
	say(at, &(struct wire_message){.type = WIRE_HELLO, .hello = hello});
	GROUPRIG_WAIT(at->heard > 0 || at->ended);
	ck_assert_uint_eq(at->heard, 1);
	ck_assert_int_eq(at->last.type, WIRE_WELCOME);
	ck_assert_uint_eq(at->last.welcome.box, 1);
	return at->last.welcome.refusal;
}

static void
setup(void)
{
	static const struct links_calls comes = {on_accepted, on_refused};
	const struct mx_endpoint address = grouprig_address(2);
	grouprig_setup(2, COUNT);
	ck_assert_int_eq(mx_secret_read(&secret, grouprig_secret), 0);
	links = links_make(grouprig_base, 2, secret.stream);
	links_set_times(links, 60000, 60000);
	ck_assert_int_eq(links_listen(links, &address, &comes, NULL), 0);
	hello = (struct wire_hello){
		.version_from = WIRE_VERSION_FROM,
		.version_to = WIRE_VERSION_TO,
		.box = 2,
		.workers = 2,
		.sessions_max = COUNT,
		.epoch = 77,
		.ports = 1,
		.port = {"wan"},
	};
	memcpy(hello.check, secret.check, sizeof(hello.check));
	memset(talk, 0, sizeof(talk));
	come = (struct talk){0};
	boxrig_put(&box[1].rig, 1, 1, 1);
	grouprig_start(1);
}

static void
teardown(void)
{
	links_free(links);
	grouprig_teardown();
}

START_TEST(a_hello_that_does_not_fit_is_refused)
{
	enum replicated_refusal why = REPLICATED_REFUSED_NOT;

	GROUPRIG_WAIT(box[1].replica.own.source.shape != 0);
	switch (_i) {
	case 0:
		hello.version_from = hello.version_to = WIRE_VERSION_TO + 1;
		why = REPLICATED_REFUSED_VERSION;
		break;
	case 1:
		hello.box = 1;
		why = REPLICATED_REFUSED_OWN;
		break;
	case 2:
		hello.box = 3;
		why = REPLICATED_REFUSED_BOX;
		break;
	case 3:
		hello.check[7]++;
		why = REPLICATED_REFUSED_KEY;
		break;
	case 4:
		hello.workers = 1;
		why = REPLICATED_REFUSED_WORKERS;
		break;
	case 5: /* 16 times as many as the 200 of box 1 are taken */
		hello.sessions_max = 17 * 2 * COUNT;
		why = REPLICATED_REFUSED_COUNT;
		break;
	}
	ck_assert_int_eq(greet(&talk[0]), why);
	ck_assert_uint_eq(refused(why), 1);
	ck_assert_uint_eq(row->from.refusal, why);
	ck_assert_uint_eq(row->from.state, REPLICATED_NONE);
	GROUPRIG_WAIT(talk[0].ended);
	ck_assert_uint_eq(grouprig_state(1, 2), MX_SHADOW_EMPTY);
}
END_TEST

static struct wire_session
session(uint32_t slot)
{
	struct wire_session s;

	boxrig_put(&box[2].rig, 5, 5, 2);
	ck_assert(wiresession_from(&s, slot, boxrig_at(&box[2].rig, 5), NULL,
				   boxrig_at(&box[2].rig, 5)->opened_s));
	return s;
}

START_TEST(a_record_that_cannot_be_ends_the_stream)
{
	struct wire_message message = {.type = WIRE_SESSION4,
				       .session = session(3)};

	hello.version_to = WIRE_VERSION_TO + 8; /* a later one is served */
	ck_assert_int_eq(greet(&talk[0]), REPLICATED_REFUSED_NOT);
	ck_assert_uint_eq(row->from.version, WIRE_VERSION_TO);
	say(&talk[0], &message);
	say(&talk[0], &(struct wire_message){.type = WIRE_SYNCED});
	GROUPRIG_WAIT(grouprig_state(1, 2) == MX_SHADOW_SYNCED);
	switch (_i) {
	case 0:
		message.session.slot = COUNT;
		break;
	case 1:
		message =
			(struct wire_message){.type = WIRE_END, .slot = COUNT};
		break;
	case 2:
		message.session.port = 1;
		break;
	case 3:
		message = (struct wire_message){.type = WIRE_HELLO,
						.hello = hello};
		break;
	case 4:
		message = (struct wire_message){.type = WIRE_DONE};
		break;
	case 5:
		message.session.state = MX_SESSION_OPENING;
		break;
	default:
		message.type = (enum wire_type)200;
	}
	say(&talk[0], &message);
	GROUPRIG_WAIT(talk[0].ended);
	ck_assert_uint_eq(refused(REPLICATED_REFUSED_RECORD), 1);
	ck_assert_uint_eq(grouprig_state(1, 2), MX_SHADOW_LOST);
	ck_assert_uint_eq(grouprig_used(1, 2), 1);
	ck_assert_int_eq(greet(&talk[0]), REPLICATED_REFUSED_NOT);
	ck_assert_uint_eq(grouprig_state(1, 2), MX_SHADOW_TEACHING);
}
END_TEST

START_TEST(a_first_message_that_is_no_hello_ends_the_link)
{
	dial(&talk[0]);
	say(&talk[0], &(struct wire_message){.type = WIRE_SYNCED});
	GROUPRIG_WAIT(talk[0].ended);
	ck_assert_uint_eq(refused(REPLICATED_REFUSED_RECORD), 1);
}
END_TEST

START_TEST(the_stream_of_another_process_has_to_end_first)
{
	const struct wire_message tick = {.type = WIRE_TICK, .serial = 9};

	ck_assert_int_eq(greet(&talk[0]), REPLICATED_REFUSED_NOT);
	hello.epoch++;
	ck_assert_int_eq(greet(&talk[1]), REPLICATED_REFUSED_TAKEN);
	ck_assert_uint_eq(refused(REPLICATED_REFUSED_TAKEN), 1);
	say(&talk[0], &tick);
	GROUPRIG_WAIT(talk[0].heard == 2);
	ck_assert_int_eq(talk[0].last.type, WIRE_DONE);
	ck_assert_uint_eq(talk[0].last.serial, 9);
	/* The same process comes anew. */
	hello.epoch--;
	GROUPRIG_WAIT(talk[1].ended);
	ck_assert_int_eq(greet(&talk[1]), REPLICATED_REFUSED_NOT);
	GROUPRIG_WAIT(talk[0].ended);
	say(&talk[1], &tick);
	GROUPRIG_WAIT(talk[1].heard == 2);
	/* And at last the other one. */
	link_close(talk[1].link);
	GROUPRIG_WAIT(grouprig_state(1, 2) == MX_SHADOW_LOST);
	hello.epoch++;
	ck_assert_int_eq(greet(&talk[0]), REPLICATED_REFUSED_NOT);
}
END_TEST

/* Connections without a HELLO take each other's place, and not that of the stream. */
START_TEST(connections_that_say_nothing_disturb_no_stream)
{
	static struct talk mute[8];

	ck_assert_int_eq(greet(&talk[0]), REPLICATED_REFUSED_NOT);
	for (int i = 0; i < 8; i++)
		dial(&mute[i]);
	GROUPRIG_WAIT(mute[6].ended);
	ck_assert(!mute[7].ended && !talk[0].ended);
	ck_assert_int_eq(greet(&talk[1]), REPLICATED_REFUSED_NOT);
	GROUPRIG_WAIT(mute[7].ended);
}
END_TEST

START_TEST(a_box_that_is_no_peer_is_refused)
{
	struct links *own = links;

	links = links_make(grouprig_base, _i == 0 ? 3 : 1, secret.stream);
	links_set_times(links, 60000, 60000);
	dial(&talk[0]);
	GROUPRIG_WAIT(talk[0].ended);
	ck_assert_uint_eq(refused(_i == 0 ? REPLICATED_REFUSED_BOX
					  : REPLICATED_REFUSED_OWN),
			  1);
	links_free(links);
	links = own;
}
END_TEST

/* Answers to what box 1 tells. */
START_TEST(an_answer_that_cannot_be_ends_the_stream)
{
	struct wire_message welcome = {
		.type = WIRE_WELCOME,
		.welcome = {.version = WIRE_VERSION_TO, .box = 2}};

	GROUPRIG_WAIT(come.heard == 1);
	ck_assert_int_eq(come.last.type, WIRE_HELLO);
	ck_assert_uint_eq(come.last.hello.box, 1);
	ck_assert_uint_eq(come.last.hello.sessions_max, 2 * COUNT);
	if (_i == 0)
		welcome.welcome.box = 3;
	say(&come, &welcome);
	if (_i == 1) {
		GROUPRIG_WAIT(row->to.state == REPLICATED_SYNCED);
		say(&come,
		    &(struct wire_message){.type = WIRE_DONE, .serial = 1000});
	} else if (_i == 2) {
		GROUPRIG_WAIT(row->to.state == REPLICATED_SYNCED);
		say(&come, &welcome);
	}
	GROUPRIG_WAIT(come.ended);
	ck_assert_uint_eq(row->to.refusal, _i == 0 ? REPLICATED_REFUSED_BOX
						   : REPLICATED_REFUSED_RECORD);
	ck_assert_uint_eq(row->to.state, REPLICATED_REFUSED);
	/* It is tried again. */
	GROUPRIG_WAIT(come.heard == 1 && !come.ended);
}
END_TEST

START_TEST(a_refusal_is_shown_and_tried_again)
{
	const uint8_t why = _i == 0 ? REPLICATED_REFUSED_WORKERS
				    : REPLICATED_REFUSED_VERSION;
	const struct wire_message no = {.type = WIRE_WELCOME,
					.welcome = {.box = 2, .refusal = why}};
	const struct wire_message yes = {
		.type = WIRE_WELCOME,
		.welcome = {.version = WIRE_VERSION_TO, .box = 2}};

	for (int i = 0; i < 2; i++) {
		GROUPRIG_WAIT(come.heard == 1 && !come.ended);
		say(&come, &no);
		GROUPRIG_WAIT(come.ended);
		ck_assert_uint_eq(row->to.state, REPLICATED_REFUSED);
		ck_assert_uint_eq(row->to.refusal, why);
	}
	GROUPRIG_WAIT(come.heard == 1 && !come.ended);
	say(&come, &yes);
	GROUPRIG_WAIT(row->to.state == REPLICATED_SYNCED);
	ck_assert_uint_eq(row->to.refusal, REPLICATED_REFUSED_NOT);
	ck_assert_uint_eq(row->to.version, WIRE_VERSION_TO);
	/* SESSION, SYNCED and ticks; the lag grows without an answer. */
	GROUPRIG_WAIT(row->to.lag_ms > 300);
	say(&come, &(struct wire_message){.type = WIRE_DONE, .serial = 1});
	GROUPRIG_WAIT(row->to.lag_ms < 300);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("liar");
	TCase *tc = tcase_create("liar");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_hello_that_does_not_fit_is_refused, 0, 6);
	tcase_add_loop_test(tc, a_record_that_cannot_be_ends_the_stream, 0, 7);
	tcase_add_test(tc, a_first_message_that_is_no_hello_ends_the_link);
	tcase_add_test(tc, the_stream_of_another_process_has_to_end_first);
	tcase_add_test(tc, connections_that_say_nothing_disturb_no_stream);
	tcase_add_loop_test(tc, a_box_that_is_no_peer_is_refused, 0, 2);
	tcase_add_loop_test(tc, an_answer_that_cannot_be_ends_the_stream, 0, 3);
	tcase_add_loop_test(tc, a_refusal_is_shown_and_tried_again, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
