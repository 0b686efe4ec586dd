/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcppeer.h"

#include <stdlib.h>
#include <string.h>

/* Ticks until unacknowledged data are sent again, or a silent connection sends
 * a keepalive. */
#define RESEND_TICKS 3
#define KEEPALIVE_TICKS 12

#define BLOCKS_MAX 3

/* The options of a SYN, some of which do not survive a shared address. */
static const uint8_t syn_options[20] = {2, 4, 2, 24, 4, 2, 8, 10, 1, 2,
					3, 4, 0, 0,  0, 0, 1, 3,  3, 0};

void
peer_init(struct peer *peer, uint32_t bytes, uint32_t seed)
{
	*peer = (struct peer){.out_bytes = bytes, .in_end = UINT32_MAX};
	for (uint32_t i = 0; i < bytes; i++) {
		seed = seed * 1664525u + 1013904223u;
		peer->out[i] = (uint8_t)(seed >> 24);
	}
}

static void
put32(uint8_t *at, uint32_t value)
{
	value = rte_cpu_to_be_32(value);
	memcpy(at, &value, sizeof(value));
}

static uint32_t
get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return rte_be_to_cpu_32(value);
}

/* Name the blocks that are there behind a gap (RFC 2018). */
static void
add_sack(const struct peer *peer, struct segment *segment)
{
	uint8_t *option = segment->option;
	uint8_t blocks = 0;

	for (uint32_t at = peer->in_next; at < PEER_STREAM_MAX; at++) {
		if (!peer->in_there[at])
			continue;
		const uint32_t first = at;
		while (at < PEER_STREAM_MAX && peer->in_there[at])
			at++;
		put32(option + 4 + 8 * blocks, peer->irs + 1 + first);
		put32(option + 8 + 8 * blocks, peer->irs + 1 + at);
		if (++blocks == BLOCKS_MAX)
			break;
	}
	if (blocks == 0)
		return;
	memcpy(option, (uint8_t[]){1, 1, 5, (uint8_t)(2 + 8 * blocks)}, 4);
	segment->option_bytes = (uint8_t)(4 + 8 * blocks);
}

static uint32_t
acknowledgement(const struct peer *peer)
{
	return peer->irs + 1 + peer->in_next +
	       (peer->in_next == peer->in_end ? 1 : 0);
}

/* Send `bytes` from offset `at` on, and the FIN if they reach the end. */
static void
send_data(struct peer *peer, uint32_t at, uint32_t bytes, bool fin)
{
	struct segment segment = {
		.flags = (uint8_t)(ACK | (bytes > 0 ? PSH : 0) |
				   (fin ? FIN : 0)),
		.seq = peer->iss + 1 + at,
		.ack = acknowledgement(peer),
		.window = 60000,
		.payload = bytes > 0 ? peer->out + at : NULL,
		.payload_bytes = (uint16_t)bytes,
	};

	add_sack(peer, &segment);
	peer->send(peer->arg, &segment);
}

static void
send_ack(struct peer *peer)
{
	send_data(peer, RTE_MIN(peer->next, peer->out_bytes + 1), 0, false);
}

static void
send_syn(struct peer *peer, uint8_t flags)
{
	struct segment segment = {
		.flags = flags,
		.seq = peer->iss,
		.ack = flags & ACK ? peer->irs + 1 : 0,
		.window = 60000,
		.option_bytes = sizeof(syn_options),
	};

	memcpy(segment.option, syn_options, sizeof(syn_options));
	peer->send(peer->arg, &segment);
}

void
peer_call(struct peer *peer)
{
	peer->state = PEER_CALLS;
	send_syn(peer, SYN);
}

static void
hear_sack(struct peer *peer, const struct segment *segment)
{
	const uint8_t *option = segment->option;

	if (segment->option_bytes < 4 || option[2] != 5)
		return;
	for (int i = 4; i + 8 <= 2 + option[3]; i += 8) {
		const uint32_t first = get32(option + i) - (peer->iss + 1);
		const uint32_t end = get32(option + i + 4) - (peer->iss + 1);

		/* It acknowledges bytes that were never sent: the host between
		 * the ends is wrong. */
		if (first >= end || end > peer->next)
			abort();
		for (uint32_t at = first; at < end; at++)
			peer->out_sacked[at] = true;
	}
}

static void
hear_ack(struct peer *peer, const struct segment *segment)
{
	const uint32_t ack = segment->ack - (peer->iss + 1);

	if ((int32_t)(ack - peer->una) <= 0)
		return; /* old */
	if (ack > peer->next)
		abort(); /* of bytes that were never sent */
	peer->una = ack;
	peer->ticks = 0;
}

static void
hear_data(struct peer *peer, const struct segment *segment)
{
	const int32_t first = (int32_t)(segment->seq - (peer->irs + 1));

	for (int32_t i = 0; i < segment->payload_bytes; i++) {
		const int32_t at = first + i;

		if (at < (int32_t)peer->in_next || at >= PEER_STREAM_MAX)
			continue;
		if (peer->in_there[at] && peer->in[at] != segment->payload[i])
			abort(); /* another byte than the first time */
		peer->in[at] = segment->payload[i];
		peer->in_there[at] = true;
	}
	if (segment->flags & FIN)
		peer->in_end = (uint32_t)first + segment->payload_bytes;
	while (peer->in_next < PEER_STREAM_MAX && peer->in_there[peer->in_next])
		peer->in_next++;
}

static void
hear_open(struct peer *peer, const struct segment *segment)
{
	const int32_t first = (int32_t)(segment->seq - (peer->irs + 1));

	hear_ack(peer, segment);
	hear_sack(peer, segment);
	hear_data(peer, segment);
	/* Data, or a segment without anything: acknowledge what is there. */
	if (segment->payload_bytes > 0 || segment->flags & FIN || first < 0)
		send_ack(peer);
}

void
peer_hear(struct peer *peer, const struct segment *segment)
{
	const uint8_t handshake = segment->flags & (SYN | ACK);

	if (handshake == SYN && peer->state <= PEER_ANSWERED) {
		peer->irs = segment->seq;
		if (!peer->forgets)
			peer->state = PEER_ANSWERED;
		send_syn(peer, SYN | ACK);
		return;
	}
	if (handshake == (SYN | ACK)) {
		if (peer->state == PEER_CALLS) {
			peer->irs = segment->seq;
			peer->state = PEER_OPEN;
		}
		send_ack(peer);
		return;
	}
	if (peer->state == PEER_ANSWERED || peer->state == PEER_LISTENS) {
		/* A cookie is valid only with the number of the SYN before. */
		if (segment->ack != peer->iss + 1 ||
		    (peer->forgets && segment->seq != peer->irs + 1))
			return;
		peer->state = PEER_OPEN;
	}
	if (peer->state == PEER_OPEN)
		hear_open(peer, segment);
}

/* Send everything again that is neither acknowledged nor known to be there. */
static void
send_from(struct peer *peer, uint32_t at)
{
	while (at < peer->out_bytes) {
		uint32_t bytes = 0;
		const uint32_t most = 1 + (uint32_t)rand() % PEER_SEGMENT_MAX;

		while (bytes < most && at + bytes < peer->out_bytes &&
		       !peer->out_sacked[at + bytes])
			bytes++;
		if (bytes == 0) {
			at++;
			continue;
		}
		at += bytes;
		peer->next = RTE_MAX(peer->next, at);
		const bool fin = at == peer->out_bytes && rand() % 2;
		if (fin)
			peer->next = peer->out_bytes + 1;
		send_data(peer, at - bytes, bytes, fin);
	}
	if (peer->una <= peer->out_bytes) {
		peer->next = peer->out_bytes + 1;
		send_data(peer, peer->out_bytes, 0, true);
	}
}

void
peer_tick(struct peer *peer)
{
	const bool again = ++peer->ticks % RESEND_TICKS == 0;

	if (peer->state == PEER_CALLS && again)
		send_syn(peer, SYN);
	if (peer->state == PEER_ANSWERED && again)
		send_syn(peer, SYN | ACK);
	if (peer->state != PEER_OPEN)
		return;
	if (peer->silent && peer->in_next == 0) {
		/* A keepalive: a byte that was acknowledged long ago. */
		if (peer->ticks % KEEPALIVE_TICKS == 0)
			send_data(peer, (uint32_t)-1, 0, false);
		return;
	}
	if (peer->next == 0)
		send_from(peer, 0);
	else if (again && peer->una <= peer->out_bytes)
		send_from(peer, peer->una);
}

bool
peer_is_done(const struct peer *peer)
{
	return peer->state == PEER_OPEN && peer->una == peer->out_bytes + 1 &&
	       peer->in_next == peer->in_end;
}
