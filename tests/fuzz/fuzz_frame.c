/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a frame: read without a step outside them, accounted for, and
 * what leaves is well-formed.
 * Method: libFuzzer.  An input chooses a frame of some session, of any mode and
 * family, and spoils it.  The frame goes twice through the product: once in a
 * heap block of its own size, so that the sanitizer sees an over-read that a
 * pool's large buffers would hide, through all that only reads or changes it in
 * place; once through real workers that have sessions of every kind.
 *
 * Some frames are of half-open sessions, whose MTA's first number only some of
 * the frames know.  A frame by the clients' port that does not know it may not
 * make such a session one that can carry mail.
 *
 *   service, shape, how, number[2], bytes[2], {at, value}...
 */
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "rewrite.h"
#include "icmpmsg.h"
#include "partial.h"
#include "read.h"
#include "tag.h"
#include "talk.h"
#include "vlan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sessions wear out, so they are opened anew after so many inputs. */
#define INPUTS_PER_SESSION 512

enum shape { IN, BACK, ERROR_IN, ERROR_BACK, SOLICIT, ECHO, RAW, SHAPES };

/* Bits of `how`. */
#define HOW_SIX 1
#define HOW_MEND 2
#define HOW_UNSUMMED 4 /* the port says that the checksum was never computed */
#define HOW_LAN 8
#define HOW_LATER 16
#define HOW_RESTART 32
#define HOW_CUT 64
#define HOW_HALF 128
#define HEAD 7

/* The first byte of each backend: in sessions, and in half-open ones. */
#define MTA_FIRST 5001
#define MTA_FIRST_HALF 0x9e3779b1u

static struct rig *rig;
static struct talk talks[RIG_SERVICES][2];

/* Half-open sessions, and their entries. */
static struct talk halves[RIG_SERVICES][2];
static struct mx_session *half_entries[RIG_SERVICES][2];

static bool
is_direct(enum rig_service service)
{
	return service >= RIG_DSR_TO4 && service <= RIG_GUE_TO6;
}

/* Send a SYN and its answer.  Returns whether the SYN went to an MTA. */
static bool
begin_session(struct talk *talk, enum rig_service service, bool six,
	      uint32_t mta_first)
{
	static uint16_t port = 1024;
	const struct end client = talk_client(six, port);
	uint8_t out[FRAME_MAX];

	port = port == UINT16_MAX ? 1024 : (uint16_t)(port + 1);
	*talk = talk_make(rig, service, &client);
	talk->local = six ? rig_local6 : rig_local;
	talk->mta = rig_mta(six ? 4 : 1);
	struct segment said = talk_in(talk, SYN);
	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
	const uint16_t bytes = rig_get(rig, LAN, out);
	if (bytes == 0)
		return false;
	talk->mta = rig_mta(out[5]);
	if (!is_direct(service)) {
		frame_read(out, bytes, &said);
		talk->local = said.from;
	}
	said = talk_back(talk, SYN | ACK);
	said.seq = mta_first - 1;
	said.ack = 1;
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	return true;
}

static void
open_session(enum rig_service service, bool six)
{
	struct talk *talk = &talks[service][six];

	if (!begin_session(talk, service, six, MTA_FIRST))
		return;
	struct segment said = talk_in(talk, ACK);
	said.seq = 1;
	said.ack = MTA_FIRST;
	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
	rig_flush(rig);
}

static void
open_half(enum rig_service service, bool six)
{
	struct talk *half = &halves[service][six];

	half_entries[service][six] = NULL;
	if (begin_session(half, service, six, MTA_FIRST_HALF))
		half_entries[service][six] = talk_session(half);
	rig_flush(rig);
}

static void
open_sessions(void)
{
	if (rig == NULL) {
		rig_start_dpdk();
		rig = rig_make(1);
		for (int id = 1; id <= 6; id++)
			rig_plan(rig)->backend[id].mtu = 1400;
	}
	rig_pass_s(rig, 1000);
	for (int service = 0; service < RIG_SERVICES; service++) {
		open_session((enum rig_service)service, false);
		open_session((enum rig_service)service, true);
		open_half((enum rig_service)service, false);
		open_half((enum rig_service)service, true);
	}
}

static uint16_t
build_error(uint8_t *frame, const struct segment *about, uint16_t quote)
{
	const bool six = !mx_addr_is4(&about->from.ip);
	const struct error error = {
		.from = {{{2, 0, 0, 0, 9, 9}},
			 six ? ip6(0x2001, 0x1111, 1) : ip4(192, 0, 2, 1),
			 0},
		.to = about->from,
		.type = six ? 2 : 3,
		.code = six ? 0 : 4,
		.mtu = 1300,
		.about = *about,
		.quote_bytes = (uint16_t)(8 + quote % 1200),
	};

	return frame_error(frame, &error);
}

/* Build the frame that the first bytes of an input ask for. */
static uint16_t
build(uint8_t *frame, const uint8_t *head)
{
	const bool six = head[2] & HOW_SIX;
	const bool half = head[2] & HOW_HALF;
	const struct talk *talk = half ? &halves[head[0] % RIG_SERVICES][six]
				       : &talks[head[0] % RIG_SERVICES][six];
	const uint32_t mta_first = half ? MTA_FIRST_HALF : MTA_FIRST;
	const uint16_t number = (uint16_t)(head[3] << 8 | head[4]);
	const uint16_t bytes = (uint16_t)((head[5] << 8 | head[6]) % 1420);
	struct segment said = talk_in(talk, ACK);
	const struct solicitation ask = {.from = talk->client,
					 .target = talk->vip,
					 .unicast = number & 1,
					 .nameless = number & 2};

	switch (head[1] % SHAPES) {
	case BACK:
		said = talk_back(talk, ACK);
		said.seq = mta_first;
		break;
	case ERROR_IN:
		return build_error(frame, &said, bytes);
	case ERROR_BACK:
		said = (struct segment){
			.from = talk->vip, .to = talk->client, .flags = ACK};
		return build_error(frame, &said, bytes);
	case SOLICIT:
		return frame_solicit(frame, &ask);
	case ECHO:
		return frame_echo(frame, &talk->client, &talk->vip, bytes);
	default:
		said.seq = 1;
		break;
	}
	said.seq += number;
	/* A client that knows the backend's first number can complete a
	 * handshake. */
	said.ack = head[4] % 8 == 0 ? mta_first : 1;
	said.option_bytes = head[3] % 11 * 4;
	memset(said.option, 1, sizeof(said.option));
	said.payload_bytes = bytes % 1380;
	return frame_tcp(frame, &said);
}

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Has slow.c found that much of the frame? */
static bool
is_icmp(const uint8_t *frame, uint16_t size)
{
	return frame_is4(frame) ? size >= 42 && frame[23] == IPPROTO_ICMP
				: size >= 62 && frame[20] == IPPROTO_ICMPV6;
}

/* Prepare a frame as software ports do before a worker sees it. */
static void
arrive_exactly(const uint8_t *bytes, uint16_t size)
{
	uint8_t *frame = malloc(size);

	memcpy(frame, bytes, size);
	struct rte_mbuf mbuf = {
		.buf_addr = frame,
		.buf_len = size,
		.data_len = size,
		.pkt_len = size,
	};
	vlan_hides_ours(rig->active, &mbuf);
	tag_strip_priority(&mbuf);
	partial_complete(&mbuf);
	free(frame);
}

/* Call everything that reads a frame, or changes it in place. */
static void
read_exactly(const uint8_t *bytes, uint16_t size, uint16_t port, bool unsummed)
{
	struct packet_info info = {0};
	struct icmp_error error;
	uint8_t *frame = malloc(size);

	memcpy(frame, bytes, size);
	struct rte_mbuf mbuf = {
		.buf_addr = frame,
		.data_len = size,
		.pkt_len = size,
		.ol_flags = unsummed ? RTE_MBUF_F_RX_L4_CKSUM_NONE : 0,
	};
	const enum verdict verdict = read_packet(rig->worker[0], rig->active,
						 &mbuf, (uint8_t)port, &info);
	must(verdict != VERDICT_DROP ||
	     (info.why != MX_DROP_NONE && info.why < MX_DROP_REASONS));
	if (verdict == VERDICT_ANSWER && is_icmp(frame, size))
		icmp_error_read(&error, &mbuf);
	if (verdict == VERDICT_FORWARD) {
		must(size >= RTE_ETHER_HDR_LEN + info.ip_bytes + 20u);
		options_hide_client(&mbuf, info.ip_bytes);
		options_clamp_mss(&mbuf, info.ip_bytes, 1300);
		options_shift_sack(&mbuf, info.ip_bytes, 1, 52);
		rewrite_tcp_checksum(&mbuf, info.ip_bytes, 0);
	}
	free(frame);
}

/* Does a frame that left agree with its headers? */
static void
check_left(const uint8_t *frame, uint16_t bytes, bool sums_are_right)
{
	const struct rte_ipv4_hdr *four = (const void *)(frame + 14);
	const struct rte_ipv6_hdr *six = (const void *)(frame + 14);
	const struct rte_ether_hdr *ether = (const void *)frame;

	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return;
	if (frame_is4(frame)) {
		must(bytes >= 34 && four->version_ihl == 0x45 &&
		     rte_be_to_cpu_16(four->total_length) <= bytes - 14);
		must(rte_raw_cksum(four, 20) == 0xffff);
	} else {
		must(ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6));
		must(bytes >= 54 &&
		     (rte_be_to_cpu_32(six->vtc_flow) >> 28) == 6 &&
		     rte_be_to_cpu_16(six->payload_len) <= bytes - 54);
	}
	const uint8_t proto =
		frame_is4(frame) ? four->next_proto_id : six->proto;
	if (sums_are_right && (proto == IPPROTO_TCP || proto == IPPROTO_ICMP ||
			       proto == IPPROTO_ICMPV6))
		must(frame_sums_are_right(frame, bytes));
}

static void
check_all_that_left(bool sums_are_right)
{
	uint8_t out[FRAME_MAX];
	uint16_t bytes;

	for (uint16_t port = WAN; port <= LAN; port++)
		while ((bytes = rig_get(rig, port, out)) > 0)
			check_left(out, bytes, sums_are_right);
}

/* Can the session carry mail?  False if its entry is another's by now. */
static bool
carries_mail(const struct talk *half, const struct mx_session *entry)
{
	const uint8_t state = atomic_load(&entry->state);

	return entry->client_port_be == rte_cpu_to_be_16(half->client.port) &&
	       state != MX_SESSION_FREE && state != MX_SESSION_OPENING &&
	       state != MX_SESSION_ANSWERED && state != MX_SESSION_RESET;
}

/* Does a frame have the first number of a half-open session's MTA, wherever? */
static bool
knows_number(const uint8_t *frame, uint16_t bytes)
{
	const rte_be32_t number_be = rte_cpu_to_be_32(MTA_FIRST_HALF);

	return memmem(frame, bytes, &number_be, sizeof(number_be)) != NULL;
}

/* Change the frame as the rest of the input says. */
static void
spoil(uint8_t *frame, uint16_t bytes, const uint8_t *edit, size_t edits)
{
	for (size_t i = 0; i + 1 < edits; i += 2)
		if (edit[i] < bytes)
			frame[edit[i]] = edit[i + 1];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t inputs;
	uint8_t frame[FRAME_MAX];
	uint16_t bytes;

	if (inputs++ % INPUTS_PER_SESSION == 0)
		open_sessions();
	if (size <= HEAD || size > 1500)
		return 0;
	const uint8_t how = data[2];
	if (data[1] % SHAPES == RAW) {
		bytes = (uint16_t)(size - HEAD);
		memcpy(frame, data + HEAD, bytes);
	} else {
		bytes = build(frame, data);
		spoil(frame, bytes, data + HEAD, size - HEAD);
	}
	if (how & HOW_CUT)
		bytes = (uint16_t)(bytes - data[6] % bytes);
	if (how & HOW_MEND && bytes >= 14)
		frame_mend(frame, bytes);
	if (how & HOW_RESTART && data[3] == 0x5a && data[4] == 0xa5)
		rig_restart(rig); /* rarely: it takes milliseconds */

	const uint16_t port = how & HOW_LAN ? LAN : WAN;
	const enum rig_service service = data[0] % RIG_SERVICES;
	const bool six = how & HOW_SIX;
	const struct talk *half = &halves[service][six];
	const struct mx_session *entry = half_entries[service][six];
	const bool carried = entry == NULL || is_direct(service) ||
			     carries_mail(half, entry);
	arrive_exactly(frame, bytes);
	read_exactly(frame, bytes, port, how & HOW_UNSUMMED);
	rig->said = how & HOW_UNSUMMED ? RTE_MBUF_F_RX_L4_CKSUM_NONE : 0;
	rig_put(rig, 0, port, frame, bytes);
	rig->said = 0;
	if (how & HOW_LATER)
		rig_pass_ms(rig, 700);
	else
		rig_poll(rig);
	must(carried || port == LAN || knows_number(frame, bytes) ||
	     !carries_mail(half, entry));
	check_all_that_left(bytes >= 54 && frame_sums_are_right(frame, bytes));
	if (how & HOW_HALF && !is_direct(service) && entry != NULL &&
	    (carried || carries_mail(half, entry)))
		open_half(service, six);
	return 0;
}
