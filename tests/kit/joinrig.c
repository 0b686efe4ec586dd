/* SPDX-License-Identifier: BSD-3-Clause */
#include "joinrig.h"

#include <check.h>
#include <string.h>

#include "ways.h"

static uint8_t out[FRAME_MAX];

const uint8_t joinrig_offered[12] = {2, 4, 0x05, 0x78, 1, 3, 3, 7, 1, 1, 4, 2};
const uint8_t joinrig_answered[12] = {2, 4, 0x05, 0x50, 1, 3, 3, 9, 1, 1, 4, 2};
#define WINDOW 60000

void
joinrig_teach(void)
{
	const struct offer all = {1460, 7, true};
	const struct profile says = {true, {1360, 9, true}, WINDOW};

	for (uint16_t id = 1; id <= 6; id++)
		profiles_learn(&rig->worker[0]->profiles, id, &all, &says);
}

void
joinrig_setup(void)
{
	onerig_setup();
	for (int i = 0; i < RIG_SERVICES; i++) {
		struct mx_service *service = &rig_plan(rig)->service[i];

		if (mx_forward_is_direct(service->forward))
			continue;
		service->cookies = MX_COOKIES_ALWAYS;
		service->fail_over = MX_FAIL_OVER_REFUSED | MX_FAIL_OVER_SILENT;
		service->answer = MX_ANSWER_421;
	}
	joinrig_teach();
}

struct segment
joinrig_with_options(struct segment segment, const uint8_t options[12])
{
	segment.option_bytes = 12;
	memcpy(segment.option, options, 12);
	return segment;
}

struct proxytalk
joinrig_call(int way)
{
	struct proxytalk p =
		proxytalk_make(rig, ways[way].service, ways[way].six);
	struct segment said =
		joinrig_with_options(talk_in(&p.talk, SYN), joinrig_offered);

	proxytalk_header_of(&p);
	said.seq = p.c;
	talk_send(&p.talk, WAN, &said);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
	const struct segment synack = talk_next(rig, WAN);
	ck_assert_uint_eq(synack.flags, SYN | ACK);
	ck_assert_uint_eq(synack.ack, p.c + 1);
	ck_assert_mem_eq(&synack.to, &p.talk.client, sizeof(synack.to));
	/* Where the backend's numbers begin, for the client. */
	p.talk.ack_shift = p.b - synack.seq;
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(synack.option_bytes, 12);
	ck_assert_mem_eq(synack.option, joinrig_answered, 12);
	ck_assert_uint_eq(synack.window,
			  WINDOW - (p.shift > 0 ? MX_PROXY_HEADER_MAX : 0));
	talk_assert_silence(rig);
	return p;
}

int
joinrig_hear_syn(struct proxytalk *p)
{
	const struct segment sent = talk_next(rig, LAN);
	const int mta = sent.to.mac.addr_bytes[5];

	ck_assert_uint_eq(sent.flags, SYN);
	ck_assert_uint_eq(sent.seq, p->c);
	ck_assert_uint_eq(sent.payload_bytes, 0);
	ck_assert_uint_eq(sent.option_bytes, 12);
	ck_assert_mem_eq(sent.option, joinrig_offered, 12);
	p->talk.local = sent.from;
	p->talk.mta = rig_mta(mta);
	talk_assert_silence(rig);
	return mta;
}

void
joinrig_acknowledge(const struct proxytalk *p)
{
	const struct segment ack = proxytalk_in(p, ACK, 0, 0);

	talk_send(&p->talk, WAN, &ack);
}

struct proxytalk
joinrig_begin(int way)
{
	struct proxytalk p = joinrig_call(way);

	joinrig_acknowledge(&p);
	joinrig_hear_syn(&p);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_JOINING);
	return p;
}

void
joinrig_answer(const struct proxytalk *p, const uint8_t options[12])
{
	struct segment said =
		joinrig_with_options(talk_back(&p->talk, SYN | ACK), options);

	said.seq = p->b;
	said.ack = p->c + 1;
	talk_send(&p->talk, LAN, &said);
}

void
joinrig_assert_joined(const struct proxytalk *p)
{
	const struct segment sent = talk_next(rig, LAN);

	ck_assert_uint_eq(sent.flags | PSH, ACK | PSH);
	ck_assert_uint_eq(sent.seq, p->c + 1);
	ck_assert_uint_eq(sent.ack, p->b + 1);
	ck_assert_uint_eq(sent.payload_bytes, p->shift);
	if (p->shift > 0)
		ck_assert_mem_eq(sent.payload, p->header, p->shift);
	ck_assert_uint_eq(sent.to.mac.addr_bytes[5],
			  p->talk.mta.mac.addr_bytes[5]);
	talk_assert_silence(rig);
}

void
joinrig_go_on(struct proxytalk *p)
{
	joinrig_answer(p, joinrig_answered);
	joinrig_assert_joined(p);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_GREETING);
	proxytalk_expect_back(p, ACK | PSH, 0, 0, 30);
	proxytalk_expect_in(p, ACK | PSH, 0, 30, 17);
	proxytalk_expect_back(p, ACK | PSH, 30, 17, 100);
	proxytalk_expect_in(p, ACK | PSH, 17, 130, 10);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_ESTABLISHED);
	talk_assert_silence(rig);
}
