/* SPDX-License-Identifier: BSD-3-Clause */
/* Arriving frames at a software port: partial TCP checksums are completed, tags
 * that name no VLAN are removed, and nothing else changes.
 * Method: frames in buffers of exactly their size, so that a sanitizer sees a
 * read behind them; then sessions over ring ports that complete checksums. */
#include <stdlib.h>
#include <string.h>

#include "arrival.h"
#include "partial.h"
#include "runner.h"
#include "tag.h"
#include "talk.h"

static const struct segment spoken[] = {
	{.flags = ACK | PSH, .seq = 77, .ack = 99},
	{.flags = ACK | PSH, .seq = 0xfffffff0, .ack = 1},
};
#define FAMILIES (int)RTE_DIM(spoken)

static struct rig *rig;
static uint8_t whole[FRAME_MAX];
static uint16_t bytes;

static struct rte_tcp_hdr *
tcp_of(uint8_t *frame)
{
	return (void *)(frame + RTE_ETHER_HDR_LEN +
			(frame_is4(frame) ? 20 : 40));
}

/* Leave the checksum as a sender with a network card does. */
static void
begin_checksum(uint8_t *frame)
{
	const void *ip = frame + RTE_ETHER_HDR_LEN;

	tcp_of(frame)->cksum = frame_is4(frame) ? rte_ipv4_phdr_cksum(ip, 0)
						: rte_ipv6_phdr_cksum(ip, 0);
}

static void
make(int family, uint16_t payload_bytes)
{
	struct segment segment = spoken[family];

	segment.from = family == 0 ? rig_client : rig_client6;
	segment.from.port = 40000;
	segment.to = family == 0 ? rig_vip : rig_vip6;
	segment.payload_bytes = payload_bytes;
	segment.seed = payload_bytes;
	bytes = frame_tcp(whole, &segment);
}

/* Complete a copy of the data in a buffer of exactly its size.  Returns the
 * result. */
static bool
complete(uint8_t *data, uint16_t count)
{
	uint8_t *exact = malloc(count > 0 ? count : 1);
	struct rte_mbuf frame = {
		.buf_addr = exact,
		.buf_len = count,
		.data_len = count,
		.pkt_len = count,
	};

	memcpy(exact, data, count);
	const bool partial = partial_complete(&frame);
	memcpy(data, exact, count);
	free(exact);
	return partial;
}

START_TEST(a_begun_checksum_is_completed_whatever_the_length)
{
	uint8_t data[FRAME_MAX];

	for (uint16_t n = 0; n <= 1400; n++) {
		make(_i, n);
		memcpy(data, whole, bytes);
		begin_checksum(data);
		ck_assert(complete(data, bytes));
		ck_assert_mem_eq(data, whole, bytes);
	}
}
END_TEST

START_TEST(a_whole_or_a_wrong_checksum_is_left_alone)
{
	uint8_t data[FRAME_MAX];

	for (uint16_t n = 0; n <= 1400; n += 7) {
		make(_i, n);
		memcpy(data, whole, bytes);
		ck_assert(!complete(data, bytes));
		ck_assert_mem_eq(data, whole, bytes);
		tcp_of(whole)->cksum ^= 0x100;
		memcpy(data, whole, bytes);
		ck_assert(!complete(data, bytes));
		ck_assert_mem_eq(data, whole, bytes);
	}
}
END_TEST

START_TEST(bytes_that_fill_up_a_short_frame_do_not_count)
{
	uint8_t data[FRAME_MAX];

	make(_i, 0);
	memset(whole + bytes, 0xa5, 6);
	memcpy(data, whole, bytes + 6u);
	begin_checksum(data);
	ck_assert(complete(data, (uint16_t)(bytes + 6)));
	ck_assert_mem_eq(data, whole, bytes + 6);
}
END_TEST

START_TEST(a_frame_that_is_cut_short_is_left_alone)
{
	uint8_t data[FRAME_MAX], before[FRAME_MAX];

	make(_i, 300);
	begin_checksum(whole);
	for (uint16_t n = 0; n < bytes; n++) {
		memcpy(data, whole, n);
		memcpy(before, whole, n);
		ck_assert(!complete(data, n));
		ck_assert_mem_eq(data, before, n);
	}
}
END_TEST

START_TEST(headers_may_lie_in_any_byte)
{
	uint8_t data[FRAME_MAX];

	make(_i, 20);
	begin_checksum(whole);
	for (uint16_t at = 12; at < bytes; at++) {
		for (int value = 0; value < 256; value++) {
			memcpy(data, whole, bytes);
			data[at] = (uint8_t)value;
			complete(data, bytes); /* reads only what is there */
		}
	}
}
END_TEST

START_TEST(a_fragment_is_left_alone)
{
	make(0, 100);
	begin_checksum(whole);
	struct rte_ipv4_hdr *ip = (void *)(whole + RTE_ETHER_HDR_LEN);
	ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	ck_assert(!complete(whole, bytes));
	ip->fragment_offset = RTE_BE16(5);
	ck_assert(!complete(whole, bytes));
}
END_TEST

/* Write the frame with a tag into `data`.  Returns its bytes. */
static uint16_t
tag(uint8_t *data, rte_be16_t tci_be)
{
	const rte_be16_t type_be = RTE_BE16(RTE_ETHER_TYPE_VLAN);

	memcpy(data, whole, 12);
	memcpy(data + 12, &type_be, 2);
	memcpy(data + 14, &tci_be, 2);
	memcpy(data + 16, whole + 12, bytes - 12u);
	return (uint16_t)(bytes + 4);
}

START_TEST(a_tag_of_no_vlan_is_taken_off_and_another_stays)
{
	uint8_t data[FRAME_MAX], before[FRAME_MAX];
	struct rte_mbuf frame = {.buf_addr = data, .buf_len = sizeof(data)};

	make(_i, 100);
	for (uint32_t tci = 0; tci < 0x10000; tci++) {
		frame.data_off = 0;
		frame.data_len = tag(data, rte_cpu_to_be_16((uint16_t)tci));
		frame.pkt_len = frame.data_len;
		memcpy(before, data, frame.data_len);
		const bool none = (tci & 0xfff) == 0;
		ck_assert_int_eq(tag_strip_priority(&frame), none);
		ck_assert_uint_eq(frame.pkt_len, none ? bytes : bytes + 4u);
		ck_assert_uint_eq(frame.data_len, frame.pkt_len);
		ck_assert_mem_eq(rte_pktmbuf_mtod(&frame, void *),
				 none ? whole : before, frame.data_len);
	}
	for (uint16_t n = 0; n < 18; n++) {
		frame.data_off = 0;
		tag(data, 0);
		frame.data_len = n;
		frame.pkt_len = n;
		ck_assert(!tag_strip_priority(&frame));
	}
}
END_TEST

static void
setup(void)
{
	rig = rig_make(1);
	for (uint16_t port = 0; port < 2; port++)
		ck_assert_int_eq(
			arrival_follow(rig->worker[0]->port[port].port_id, 1),
			0);
}

static void
teardown(void)
{
	for (uint16_t port = 0; port < 2; port++)
		arrival_end(rig->worker[0]->port[port].port_id);
	rig_free(rig);
}

/* Send a segment as a peer on this host does.  The frame that leaves at the
 * other side must have right checksums. */
static void
say_partly(uint16_t port, const struct segment *segment)
{
	uint8_t data[FRAME_MAX], out[FRAME_MAX];

	const uint16_t sent = frame_tcp(data, segment);
	begin_checksum(data);
	rig_put(rig, 0, port, data, sent);
	rig_poll(rig);
	const uint16_t left = rig_get(rig, port == WAN ? LAN : WAN, out);
	ck_assert_uint_gt(left, 0);
	ck_assert(frame_sums_are_right(out, left));
}

static const enum rig_service services[] = {
	RIG_FULLNAT_TO4, RIG_FULLNAT_TO6, RIG_NAT_TO4, RIG_V2_TO4, RIG_V1_TO6};
#define TWO_WAY (int)RTE_DIM(services)

START_TEST(a_session_of_two_peers_on_this_host_is_right_at_both_ends)
{
	const struct end client = talk_client(false, 40000);
	struct talk talk = talk_make(rig, services[_i], &client);
	struct segment said;

	talk_syn(&talk); /* the talk finds out its MTA */
	said = talk_back(&talk, SYN | ACK);
	said.ack = 1;
	say_partly(LAN, &said);
	said = talk_in(&talk, ACK);
	said.seq = 1;
	said.ack = 1;
	say_partly(WAN, &said);
	said.ack = 1;
	said.flags = ACK | PSH;
	said.payload_bytes = 501;
	said.seed = 3;
	say_partly(WAN, &said);
	ck_assert_uint_eq(arrival_partial(rig->worker[0]->port[WAN].port_id),
			  2);
	ck_assert_uint_eq(arrival_partial(rig->worker[0]->port[LAN].port_id),
			  1);
}
END_TEST

START_TEST(what_goes_past_us_is_completed_too)
{
	const struct end client = talk_client(false, 40000);
	const struct talk talk = talk_make(rig, RIG_DSR_TO4, &client);
	struct segment said = talk_in(&talk, SYN);

	say_partly(WAN, &said);
	said.flags = ACK | PSH;
	said.payload_bytes = 1000;
	say_partly(WAN, &said);
}
END_TEST

Suite *
suite(void)
{
	Suite *all = suite_create("arrival");
	TCase *alone = tcase_create("frames");
	TCase *sessions = tcase_create("sessions");

	tcase_add_loop_test(alone,
			    a_begun_checksum_is_completed_whatever_the_length,
			    0, FAMILIES);
	tcase_add_loop_test(alone, a_whole_or_a_wrong_checksum_is_left_alone, 0,
			    FAMILIES);
	tcase_add_loop_test(alone,
			    bytes_that_fill_up_a_short_frame_do_not_count, 0,
			    FAMILIES);
	tcase_add_loop_test(alone, a_frame_that_is_cut_short_is_left_alone, 0,
			    FAMILIES);
	tcase_add_loop_test(alone, headers_may_lie_in_any_byte, 0, FAMILIES);
	tcase_add_test(alone, a_fragment_is_left_alone);
	tcase_add_loop_test(alone,
			    a_tag_of_no_vlan_is_taken_off_and_another_stays, 0,
			    FAMILIES);
	tcase_add_unchecked_fixture(sessions, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(sessions, setup, teardown);
	tcase_add_loop_test(
		sessions,
		a_session_of_two_peers_on_this_host_is_right_at_both_ends, 0,
		TWO_WAY);
	tcase_add_test(sessions, what_goes_past_us_is_completed_too);
	suite_add_tcase(all, alone);
	suite_add_tcase(all, sessions);
	return all;
}
