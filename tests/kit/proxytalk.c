/* SPDX-License-Identifier: BSD-3-Clause */
#include "proxytalk.h"

#include <check.h>
#include <string.h>

#include "sweep.h"

/* The header of a talk; test_proxy.c compares mx_proxy_write() with
 * examples. */
void
proxytalk_header_of(struct proxytalk *p)
{
	const struct mx_endpoint client = {
		p->talk.client.ip, rte_cpu_to_be_16(p->talk.client.port)};
	const struct mx_endpoint vip = {p->talk.vip.ip,
					rte_cpu_to_be_16(p->talk.vip.port)};

	if (p->talk.service < RIG_V1_TO4)
		return;
	p->shift = mx_proxy_write(p->header,
				  p->talk.service < RIG_V2_TO4 ? MX_PROXY_V1
							       : MX_PROXY_V2,
				  &client, &vip);
}

struct proxytalk
proxytalk_make(struct rig *rig, enum rig_service service, bool six)
{
	const struct end client = talk_client(six, 40000);

	/* Close to the number where sequence numbers wrap. */
	return (struct proxytalk){.talk = talk_make(rig, service, &client),
				  .c = UINT32_MAX - 60,
				  .b = UINT32_MAX - 500};
}

void
proxytalk_hear_answer(struct proxytalk *p)
{
	struct segment said = talk_back(&p->talk, SYN | ACK);

	said.seq = p->b;
	said.ack = p->c + 1;
	talk_send(&p->talk, LAN, &said);
	talk_next(p->talk.rig, WAN);
}

void
proxytalk_syn(struct proxytalk *p)
{
	struct segment said = talk_in(&p->talk, SYN);

	proxytalk_header_of(p);
	said.seq = p->c;
	talk_send(&p->talk, WAN, &said);
	const struct segment sent = talk_next(p->talk.rig, LAN);
	p->talk.local = sent.from;
	p->talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	ck_assert_uint_eq(sent.seq, p->c);
	talk_tell(&p->talk);
}

void
proxytalk_answer(struct proxytalk *p)
{
	proxytalk_syn(p);
	proxytalk_hear_answer(p);
}

void
proxytalk_send_header(struct proxytalk *p)
{
	proxytalk_answer(p);
	const struct segment ack = proxytalk_in(p, ACK, 0, 0);
	const struct segment header = proxytalk_header(p, p->b + 1, 65535);
	talk_send(&p->talk, WAN, &ack);
	talk_assert_left(p->talk.rig, LAN, &header);
}

void
proxytalk_open(struct proxytalk *p)
{
	proxytalk_send_header(p);
	proxytalk_expect_back(p, ACK, 0, 0, 0);
}

void
proxytalk_free(const struct proxytalk *p)
{
	worker_session_end(p->talk.rig->worker[0], talk_session(&p->talk));
}

struct segment
proxytalk_in(const struct proxytalk *p, uint8_t flags, uint32_t at,
	     uint32_t got)
{
	struct segment segment = talk_in(&p->talk, flags);

	segment.seq = p->c + 1 + at;
	segment.ack = p->b - p->talk.ack_shift + 1 + got;
	return segment;
}

struct segment
proxytalk_back(const struct proxytalk *p, uint8_t flags, uint32_t at,
	       uint32_t got)
{
	struct segment segment = talk_back(&p->talk, flags);

	segment.seq = p->b + 1 + at;
	segment.ack = p->c + 1 + p->shift + got;
	return segment;
}

struct segment
proxytalk_header(const struct proxytalk *p, uint32_t ack, uint16_t window)
{
	const struct segment segment = {
		.from = p->talk.local,
		.to = p->talk.mta,
		.flags = ACK | PSH,
		.made = true,
		.seq = p->c + 1,
		.ack = ack,
		.window = window,
		.payload = p->header,
		.payload_bytes = p->shift,
	};

	return segment;
}

void
proxytalk_expect_in(const struct proxytalk *p, uint8_t flags, uint32_t at,
		    uint32_t got, uint16_t bytes)
{
	struct segment said = proxytalk_in(p, flags, at, got);

	said.payload_bytes = bytes;
	said.seed = at;
	talk_send(&p->talk, WAN, &said);
	said = talk_left_in(&p->talk, said);
	said.seq += p->shift;
	talk_assert_left(p->talk.rig, LAN, &said);
}

void
proxytalk_expect_back(const struct proxytalk *p, uint8_t flags, uint32_t at,
		      uint32_t got, uint16_t bytes)
{
	struct segment said = proxytalk_back(p, flags, at, got);

	said.payload_bytes = bytes;
	said.seed = at;
	talk_send(&p->talk, LAN, &said);
	said = talk_left_back(&p->talk, said);
	said.ack -= p->shift;
	talk_assert_left(p->talk.rig, WAN, &said);
}
