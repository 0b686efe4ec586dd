/* SPDX-License-Identifier: BSD-3-Clause */
#include "refuserig.h"

#include <check.h>
#include <string.h>

const struct refuserig_way refuserig_ways[REFUSERIG_WAYS] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_NAT_TO4, false},
	{RIG_NAT_TO6, true},      {RIG_DSR_TO4, false},
	{RIG_DSR_TO6, true},      {RIG_IPIP_TO4, false},
	{RIG_GUE_TO6, true},      {RIG_V2_TO4, false},
	{RIG_V1_TO6, true},
};

void
refuserig_set_answer(enum mx_answer answer)
{
	for (int i = 0; i < RIG_SERVICES; i++) {
		struct mx_service *service = &rig_plan(rig)->service[i];

		service->answer = (uint8_t)answer;
		service->host_bytes = sizeof(HOST) - 1;
		memcpy(service->host, HOST, sizeof(HOST) - 1);
	}
}

static void
lose_backends(void)
{
	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
}

struct segment
refuserig_says(enum rig_service service, bool six, uint16_t port, uint8_t flags)
{
	return (struct segment){.from = talk_client(six, port),
				.to = rig_vip_of(service, six),
				.flags = flags,
				.seq = flags & SYN ? REFUSERIG_ISN
						   : REFUSERIG_ISN + 1};
}

void
refuserig_put(const struct segment *segment)
{
	rig_send(rig, 0, WAN, segment);
	rig_poll(rig);
}

/* A SYN that is refused makes the time of refusals begin. */
void
refuserig_outlast(enum rig_service service, bool six)
{
	const struct segment syn = refuserig_says(service, six, 9, SYN);

	refuserig_put(&syn);
	talk_assert_silence(rig);
	rig_pass_s(rig, OUTAGE_PATIENCE_S);
}

void
refuserig_setup(void)
{
	onerig_setup();
	refuserig_set_answer(MX_ANSWER_421);
	lose_backends();
}

struct refused
refuserig_begin(enum rig_service service, bool six, uint16_t port)
{
	struct refused r = {.syn = refuserig_says(service, six, port, SYN)};

	refuserig_put(&r.syn);
	r.synack = talk_next(rig, WAN);
	ck_assert_uint_eq(r.synack.flags, SYN | ACK);
	ck_assert_uint_eq(r.synack.ack, REFUSERIG_ISN + 1);
	ck_assert_uint_eq(r.synack.payload_bytes, 0);
	ck_assert_mem_eq(&r.synack.to, &r.syn.from, sizeof(r.syn.from));
	talk_assert_silence(rig);
	return r;
}

struct refused
refuserig_refuse(int way)
{
	refuserig_outlast(refuserig_ways[way].service, refuserig_ways[way].six);
	return refuserig_begin(refuserig_ways[way].service,
			       refuserig_ways[way].six, 40000);
}

/* The client's segment number `at` of its bytes that acknowledges `acked` bytes
 * behind the SYN-ACK. */
struct segment
refuserig_in(const struct refused *r, uint8_t flags, uint32_t at,
	     uint32_t acked)
{
	struct segment segment = r->syn;

	segment.flags = flags | ACK;
	segment.seq = REFUSERIG_ISN + 1 + at;
	segment.ack = r->synack.seq + 1 + acked;
	return segment;
}

/* The next frame is the text, and acknowledges `taken` of the client. */
void
refuserig_assert_text(const struct refused *r, const char *text, uint32_t taken)
{
	struct segment expected = {
		.from = r->syn.to,
		.to = r->syn.from,
		.flags = ACK | PSH | FIN,
		.made = true,
		.seq = r->synack.seq + 1,
		.ack = REFUSERIG_ISN + 1 + taken,
		.window = 8192,
		.payload = (const uint8_t *)text,
		.payload_bytes = (uint16_t)strlen(text),
	};

	talk_assert_left(rig, WAN, &expected);
}

void
refuserig_assert_ack(const struct refused *r, uint32_t taken)
{
	const struct segment expected = {
		.from = r->syn.to,
		.to = r->syn.from,
		.flags = ACK,
		.made = true,
		.seq = r->synack.seq + 1 + REFUSERIG_TEXT_BYTES + 1,
		.ack = REFUSERIG_ISN + 1 + taken,
		.window = 8192,
	};

	talk_assert_left(rig, WAN, &expected);
}

uint64_t
refuserig_told(enum rig_service service, enum mx_answer answer,
	       enum mx_drop why)
{
	return rig->count[0].told[service][answer][why];
}
