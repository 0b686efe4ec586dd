/* SPDX-License-Identifier: BSD-3-Clause */
#include "talk.h"

#include <check.h>
#include <string.h>

#define GREETING_BYTES 30

static uint8_t out[FRAME_MAX];

struct end
talk_client(bool six, uint16_t port)
{
	struct end client = six ? rig_client6 : rig_client;

	client.port = port;
	return client;
}

static bool
is_direct(enum rig_service service)
{
	return service >= RIG_DSR_TO4 && service <= RIG_GUE_TO6;
}

/* Differences where numbers wrap, and any. */
static uint32_t
ack_shift_of(uint16_t port)
{
	static const uint32_t edges[] = {1,  UINT32_MAX, INT32_MAX,  1u << 31,
					 64, 0u - 64,    0u - 65536, 0u - 500};

	return port % 2 == 0 ? edges[port / 2 % RTE_DIM(edges)]
			     : port * 2654435761u;
}

struct talk
talk_make(struct rig *rig, enum rig_service service, const struct end *client)
{
	return (struct talk){
		.rig = rig,
		.service = service,
		.client = *client,
		.vip = rig_vip_of(service, !mx_addr_is4(&client->ip)),
		.ack_shift = rig->told && !is_direct(service)
				     ? ack_shift_of(client->port)
				     : 0,
	};
}

void
talk_tell(const struct talk *talk)
{
	if (talk->ack_shift != 0)
		mx_session_set_ack_shift(talk_session(talk), talk->ack_shift);
}

static void
shift_sack(struct segment *segment, uint32_t shift)
{
	uint8_t *option = segment->option;

	/* Behind two that do nothing, as hosts send it. */
	if (segment->option_bytes < 4 || option[0] != 1 || option[1] != 1 ||
	    option[2] != 5 || 2 + option[3] > segment->option_bytes)
		return;
	for (int i = 4; i < 2 + option[3]; i += 4) {
		rte_be32_t edge_be;

		memcpy(&edge_be, option + i, sizeof(edge_be));
		edge_be = rte_cpu_to_be_32(rte_be_to_cpu_32(edge_be) + shift);
		memcpy(option + i, &edge_be, sizeof(edge_be));
	}
}

/* The numbers of an end that has sent its SYN and got the other's. */
static void
number(struct segment *segment)
{
	segment->seq = segment->flags & SYN ? 0 : 1;
	segment->ack = segment->flags & ACK ? 1 : 0;
}

struct segment
talk_in(const struct talk *talk, uint8_t flags)
{
	struct segment segment = {
		.from = talk->client, .to = talk->vip, .flags = flags};

	number(&segment);
	if (flags & ACK)
		segment.ack -= talk->ack_shift;
	return segment;
}

struct segment
talk_back(const struct talk *talk, uint8_t flags)
{
	struct segment segment = {
		.from = talk->mta, .to = talk->local, .flags = flags};

	segment.to.mac = rig_local.mac;
	number(&segment);
	return segment;
}

static struct segment
left(struct segment segment, const struct end *from, const struct end *to)
{
	segment.made = mx_addr_is4(&segment.from.ip) != mx_addr_is4(&from->ip);
	segment.from = *from;
	segment.to = *to;
	segment.ttl = (uint8_t)((segment.ttl == 0 ? 64 : segment.ttl) - 1);
	return segment;
}

struct segment
talk_left_in(const struct talk *talk, struct segment segment)
{
	struct end local = talk->local;

	local.mac = rig_local.mac;
	if (segment.flags & ACK) {
		segment.ack += talk->ack_shift;
		shift_sack(&segment, talk->ack_shift);
	}
	return left(segment, &local, &talk->mta);
}

struct segment
talk_left_back(const struct talk *talk, struct segment segment)
{
	segment.seq -= talk->ack_shift;
	return left(segment, &talk->vip, &talk->client);
}

void
talk_send(const struct talk *talk, uint16_t port, const struct segment *segment)
{
	rig_send(talk->rig, 0, port, segment);
	rig_poll(talk->rig);
}

struct segment
talk_next(struct rig *rig, uint16_t port)
{
	struct segment segment;
	const uint16_t bytes = rig_get(rig, port, out);

	ck_assert_uint_gt(bytes, 0);
	ck_assert(frame_sums_are_right(out, bytes));
	frame_read(out, bytes, &segment);
	return segment;
}

void
talk_syn(struct talk *talk)
{
	const struct segment syn = talk_in(talk, SYN);

	talk_send(talk, WAN, &syn);
	const struct segment sent = talk_next(talk->rig, LAN);
	talk->local = sent.from;
	talk->mta = rig_mta(sent.to.mac.addr_bytes[5]);
	talk_tell(talk);
}

void
talk_say(const struct talk *talk, uint8_t flags)
{
	const struct segment segment = talk_in(talk, flags);

	talk_send(talk, WAN, &segment);
	talk_next(talk->rig, LAN);
}

void
talk_hear(const struct talk *talk, uint8_t flags)
{
	const struct segment segment = talk_back(talk, flags);

	talk_send(talk, LAN, &segment);
	talk_next(talk->rig, WAN);
}

void
talk_hear_data(const struct talk *talk)
{
	struct segment segment = talk_back(talk, ACK | PSH);

	segment.payload_bytes = GREETING_BYTES;
	talk_send(talk, LAN, &segment);
	talk_next(talk->rig, WAN);
}

void
talk_say_data(const struct talk *talk)
{
	struct segment segment = talk_in(talk, ACK | PSH);

	segment.payload_bytes = GREETING_BYTES;
	talk_send(talk, WAN, &segment);
	talk_next(talk->rig, LAN);
}

struct talk
talk_open(struct rig *rig, enum rig_service service, const struct end *client)
{
	struct talk talk = talk_make(rig, service, client);

	talk_syn(&talk);
	talk_hear(&talk, SYN | ACK);
	talk_say(&talk, ACK);
	if (is_direct(service))
		talk_say_data(&talk);
	else
		talk_hear_data(&talk);
	return talk;
}

struct error
talk_error(uint16_t port, const struct segment *about)
{
	const bool six = !mx_addr_is4(&about->from.ip);
	struct error error = {
		.from = {.mac = {{0x02, 0, 0, 0, 9, 9}}},
		.to = about->from,
		.type = six ? 1 : 3,
		.code = six ? 0 : 1,
		.about = *about,
	};

	if (port == LAN)
		error.from.ip = six ? ip6(0xfd00, 2, 1) : ip4(10, 0, 2, 1);
	else
		error.from.ip =
			six ? ip6(0x2001, 0x1111, 1) : ip4(192, 0, 2, 1);
	error.to.mac = port == LAN ? rig_local.mac : rig_vip.mac;
	return error;
}

struct mx_session *
talk_session(const struct talk *talk)
{
	const struct mx_flow flow = {talk->client.ip, talk->vip.ip,
				     rte_cpu_to_be_16(talk->client.port),
				     rte_cpu_to_be_16(talk->vip.port)};

	for (uint16_t w = 0; w < talk->rig->workers; w++) {
		struct mx_sessions_file *file = talk->rig->file[w];
		const struct session_table *table =
			&talk->rig->worker[w]->sessions;

		for (uint32_t i = 0; i < file->count; i++) {
			struct mx_session *s = &file->session[i];
			const struct mx_session_wide ends =
				session_ends(table, s);

			if (atomic_load(&s->state) != MX_SESSION_FREE &&
			    mx_addr_equal(&ends.client, &flow.src) &&
			    mx_addr_equal(&ends.vip, &flow.dst) &&
			    s->client_port_be == flow.src_port_be &&
			    s->vip_port_be == flow.dst_port_be)
				return s;
		}
	}
	return NULL;
}

uint8_t
talk_state(const struct talk *talk)
{
	const struct mx_session *s = talk_session(talk);

	return s == NULL ? MX_SESSION_FREE : atomic_load(&s->state);
}

void
talk_assert_frame(struct rig *rig, uint16_t port, const uint8_t *expected,
		  uint16_t bytes)
{
	ck_assert_uint_eq(rig_get(rig, port, out), bytes);
	ck_assert_mem_eq(out, expected, bytes);
}

void
talk_assert_left(struct rig *rig, uint16_t port, const struct segment *expected)
{
	uint8_t twin[FRAME_MAX];
	const uint16_t bytes = frame_tcp(twin, expected);

	talk_assert_frame(rig, port, twin, bytes);
}

void
talk_assert_silence(struct rig *rig)
{
	ck_assert_uint_eq(rig_get(rig, WAN, out), 0);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 0);
}
