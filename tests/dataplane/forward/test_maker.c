/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of the frames that begin here, one of each kind and family.
 * Method: real worker_poll().  Keys and numbers are the same in each run of the
 * rig, so each frame is compared with the bytes that stand here. */
#include <stdio.h>
#include <string.h>

#include "neighbour.h"
#include "onerig.h"
#include "proxytalk.h"
#include "runner.h"

static uint8_t out[FRAME_MAX];

/* The services that send a header are followed by those of the other family. */
static struct proxytalk
shake_hands(enum rig_service to4, bool six)
{
	struct proxytalk p = proxytalk_make(rig, to4 + six, six);

	proxytalk_answer(&p);
	return p;
}

static uint16_t
header_in_place_of_an_ack(bool six)
{
	const struct proxytalk p = shake_hands(RIG_V1_TO4, six);
	const struct segment ack = proxytalk_in(&p, ACK, 0, 0);

	talk_send(&p.talk, WAN, &ack);
	return rig_get(rig, LAN, out);
}

static uint16_t
header_before_data(bool six)
{
	const struct proxytalk p = shake_hands(RIG_V2_TO4, six);
	struct segment said = proxytalk_in(&p, ACK | PSH, 0, 0);

	said.payload_bytes = 6;
	said.window = 1234;
	talk_send(&p.talk, WAN, &said);
	return rig_get(rig, LAN, out);
}

static uint16_t
header_again(bool six)
{
	const struct proxytalk p = shake_hands(RIG_V2_TO4, six);
	const struct segment ack = proxytalk_in(&p, ACK, 0, 0);

	talk_send(&p.talk, WAN, &ack);
	rig_flush(rig);
	rig_pass_ms(rig, 200);
	return rig_get(rig, LAN, out);
}

/* What answers a segment that belongs to no session. */
static uint16_t
reset_of(bool six, uint8_t flags)
{
	const struct talk talk = onerig_talk(RIG_FULLNAT_TO4, six, 40000);
	struct segment said = talk_in(&talk, flags);

	rig_pass_s(rig, 10); /* none right after a start */
	said.seq = 0x11223344;
	said.ack = 0x55667788;
	said.payload_bytes = 9;
	talk_send(&talk, WAN, &said);
	return rig_get(rig, WAN, out);
}

static uint16_t
reset_at_a_number(bool six)
{
	return reset_of(six, ACK);
}

static uint16_t
reset_that_acknowledges(bool six)
{
	return reset_of(six, FIN);
}

static struct talk
open_fullnat(bool six)
{
	const struct end client = talk_client(six, 40000);

	return talk_open(rig, six ? RIG_FULLNAT_TO6 : RIG_FULLNAT_TO4, &client);
}

static uint16_t
question_to_a_client(bool six)
{
	const struct talk talk = open_fullnat(six);
	const struct mx_session *s = talk_session(&talk);

	rig_end(rig, s->backend, s->opened_s);
	rig->active->search_until_s = s->opened_s + 60;
	for (int i = 0; i < RIG_SESSIONS; i++)
		rig_poll(rig);
	return rig_get(rig, WAN, out);
}

static uint16_t
question_to_a_backend(bool six)
{
	const struct talk talk = open_fullnat(six);

	talk_say(&talk, RST);
	rig_pass_ms(rig, 50);
	return rig_get(rig, LAN, out);
}

/* The client's own segment, cut down. */
static uint16_t
reset_of_a_backend(bool six)
{
	const struct talk talk = open_fullnat(six);
	const struct mx_session *s = talk_session(&talk);
	struct segment said = talk_in(&talk, ACK | PSH);

	rig_end(rig, s->backend, s->opened_s);
	said.payload_bytes = 99;
	said.option_bytes = 4;
	memset(said.option, 1, 4);
	talk_send(&talk, WAN, &said);
	return rig_get(rig, LAN, out);
}

static uint16_t
packet_too_big(bool six)
{
	const struct talk talk = open_fullnat(six);
	struct segment said = talk_in(&talk, ACK | PSH);

	rig->worker[0]->port[LAN].mtu = 72;
	said.tos = 0x28;
	said.payload_bytes = 34;
	talk_send(&talk, WAN, &said);
	return rig_get(rig, WAN, out);
}

/* An error about a segment that the client sent, as it came to its backend's
 * router. */
static uint16_t
error_for_a_client(bool six, enum rig_service service)
{
	const struct end client = talk_client(six, 40000);
	const struct talk talk = talk_open(rig, service, &client);
	struct segment about = talk_in(&talk, ACK | PSH);

	about.payload_bytes = 6;
	about = talk_left_in(&talk, about);
	struct error error = talk_error(LAN, &about);
	error.type = mx_addr_is4(&talk.mta.ip) ? 3 : 2;
	error.code = mx_addr_is4(&talk.mta.ip) ? 4 : 0;
	error.mtu = 1400;
	rig_put(rig, 0, LAN, out, frame_error(out, &error));
	rig_poll(rig);
	return rig_get(rig, WAN, out);
}

static uint16_t
error_of_one_family(bool six)
{
	return error_for_a_client(six, six ? RIG_FULLNAT_TO6 : RIG_FULLNAT_TO4);
}

static uint16_t
error_of_the_other_family(bool six)
{
	return error_for_a_client(six, six ? RIG_FULLNAT_TO4 : RIG_FULLNAT_TO6);
}

/* Put the frame in `out`, and take what answers it. */
static uint16_t
answer_to(uint16_t bytes)
{
	rig_put(rig, 0, WAN, out, bytes);
	rig_poll(rig);
	return rig_get(rig, WAN, out);
}

/* An IPv6 host asks by neighbour discovery. */
static uint16_t
answer_to_who_has(bool six)
{
	struct solicitation ask = {.from = rig_client6, .target = rig_vip6};

	return answer_to(six ? frame_solicit(out, &ask)
			     : frame_arp(out, &rig_client, &rig_vip));
}

static uint16_t
answer_to_who_has_no_address(bool six)
{
	struct solicitation ask = {
		.from = rig_client6, .target = rig_vip6, .nameless = true};
	const struct end probe = {.mac = rig_client.mac, .ip = ip4(0, 0, 0, 0)};

	if (six)
		return answer_to(frame_solicit(out, &ask));
	memset(out, 0x5a, 60); /* as short as Ethernet allows */
	frame_arp(out, &probe, &rig_vip);
	return answer_to(60);
}

static uint16_t
announcement(bool six)
{
	const struct worker *w = rig->worker[0];
	struct rte_mbuf *made = rte_pktmbuf_alloc(w->frame_pool);

	neighbour_announce(made, six ? &rig_vip6.ip : &rig_vip.ip,
			   &w->port[WAN].mac);
	const uint16_t bytes = rte_pktmbuf_data_len(made);
	memcpy(out, rte_pktmbuf_mtod(made, void *), bytes);
	rte_pktmbuf_free(made);
	return bytes;
}

/* What makes a frame of each kind leave, and its bytes, IPv4 and IPv6: the
 * Ethernet header, then all the rest. */
/* clang-format off */
static const struct {
	uint16_t (*leave)(bool six);
	const char *bytes[2];
} kinds[] = {
	{header_in_place_of_an_ack,
	 {"0200000002020200000000020800"
	  "4500005700004000400622320a0002640a00020c04070019ffffffc4fffffe0c"
	  "5018ffffbf93000050524f58592054435034203230332e302e3131332e372031"
	  "39382e35312e3130302e32352034303030302033350d0a",
	  "02000000020602000000000286dd"
	  "6000000000430640fd000002000000000000000000000100fd00000200000000"
	  "000000000000001004070019ffffffc4fffffe0c5018ffff0e4d000050524f58"
	  "59205443503620323030313a626565663a3a3720323030313a6462383a3a3235"
	  "2034303030302033360d0a"}},
	{header_before_data,
	 {"0200000002010200000000020800"
	  "4500004400004000400622460a0002640a00020b04070019ffffffc4fffffe0c"
	  "501804d29ee000000d0a0d0a000d0a515549540a2111000ccb007107c6336419"
	  "9c400025",
	  "02000000020502000000000286dd"
	  "6000000000480640fd000002000000000000000000000100fd00000200000000"
	  "000000000000000f04070019ffffffc4fffffe0c501804d2157900000d0a0d0a"
	  "000d0a515549540a212100242001beef00000000000000000000000720010db8"
	  "0000000000000000000000259c400026"}},
	{header_again,
	 {"0200000002010200000000020800"
	  "4500004400004000400622460a0002640a00020b04070019ffffffc4fffffe0c"
	  "5018100093b200000d0a0d0a000d0a515549540a2111000ccb007107c6336419"
	  "9c400025",
	  "02000000020502000000000286dd"
	  "6000000000480640fd000002000000000000000000000100fd00000200000000"
	  "000000000000000f04070019ffffffc4fffffe0c501810000a4b00000d0a0d0a"
	  "000d0a515549540a212100242001beef00000000000000000000000720010db8"
	  "0000000000000000000000259c400026"}},
	{reset_at_a_number,
	 {"0200000001010200000000010800"
	  "45000028000040004006d47bc6336419cb00710700199c405566778800000000"
	  "50040000e0430000",
	  "02000000010102000000000186dd"
	  "600000000014064020010db80000000000000000000000252001beef00000000"
	  "000000000000000700199c4055667788000000005004000039c30000"}},
	{reset_that_acknowledges,
	 {"0200000001010200000000010800"
	  "45000028000040004006d47bc6336419cb00710700199c40000000001122334e"
	  "5014000068b20000",
	  "02000000010102000000000186dd"
	  "600000000014064020010db80000000000000000000000252001beef00000000"
	  "000000000000000700199c40000000001122334e50140000c2310000"}},
	{question_to_a_client,
	 {"0200000001010200000000010800"
	  "45000028000040004006d47bc6336419cb00710700199c400000000000000001"
	  "50100000ad250000",
	  "02000000010102000000000186dd"
	  "600000000014064020010db80000000000000000000000252001beef00000000"
	  "0000000000000007001a9c4000000000000000015010000006a40000"}},
	{question_to_a_backend,
	 {"0200000002020200000000020800"
	  "4500002800004000400622610a0002640a00020c04070019ffffff9d00000001"
	  "5010ffff93a60000",
	  "02000000020502000000000286dd"
	  "6000000000140640fd000002000000000000000000000100fd00000200000000"
	  "000000000000000f04070019ffffff9d000000015010ffffb1010000"}},
	{reset_of_a_backend,
	 {"0200000002020200000000020800"
	  "45000028123440003f06112d0a0002640a00020c040700190000000100000001"
	  "5014ffff933f0000",
	  "02000000020502000000000286dd"
	  "600123450014063ffd000002000000000000000000000100fd00000200000000"
	  "000000000000000f0407001900000001000000015014ffffb09a0000"}},
	{packet_too_big,
	 {"0200000001010200000000010800"
	  "45000066000040004001d442c6336419cb00710703046345000000484528004a"
	  "000040004006d431cb007107c63364199c40001900000001000000015018ffff"
	  "cbe700003c47d1aa629f57a38194cbbc9de20183b54f62a5868a663f0343fb9c"
	  "732257055e60",
	  "02000000010102000000000186dd"
	  "6000000000663a4020010db80000000000000000000000252001beef00000000"
	  "0000000000000007020087870000004862800000003606402001beef00000000"
	  "000000000000000720010db80000000000000000000000259c40001a00000001"
	  "000000015018ffff256600003c47d1aa629f57a38194cbbc9de20183b54f62a5"
	  "868a663f0343fb9c732257055e60"}},
	{error_of_one_family,
	 {"0200000001010200000000010800"
	  "4500004a000040004001d45ec6336419cb00710703045df9000005784500002e"
	  "000040003f06d575cb007107c63364199c40001900000001000000015018ffff"
	  "3c8500003c47d1aa629f",
	  "02000000010102000000000186dd"
	  "60000000004a3a4020010db80000000000000000000000252001beef00000000"
	  "0000000000000007020084f40000057860000000001a063f2001beef00000000"
	  "000000000000000720010db80000000000000000000000259c40001a00000001"
	  "000000015018ffff960300003c47d1aa629f"}},
	{error_of_the_other_family,
	 {"0200000001010200000000010800"
	  "4500004a000040004001d45ec6336419cb00710703045e0d000005644500002e"
	  "000040003f06d575cb007107c63364199c40001a00000001000000015018ffff"
	  "3c8400003c47d1aa629f",
	  "02000000010102000000000186dd"
	  "60000000004a3a4020010db80000000000000000000000252001beef00000000"
	  "0000000000000007020084e00000058c60000000001a063f2001beef00000000"
	  "000000000000000720010db80000000000000000000000259c40001900000001"
	  "000000015018ffff960400003c47d1aa629f"}},
	{answer_to_who_has,
	 {"0200000001010200000000010806"
	  "0001080006040002020000000001c6336419020000000101cb007107",
	  "02000000010102000000000186dd"
	  "6000000000203aff20010db80000000000000000000000252001beef00000000"
	  "00000000000000078800d8ee6000000020010db8000000000000000000000025"
	  "0201020000000001"}},
	{answer_to_who_has_no_address,
	 {"0200000001010200000000010806"
	  "0001080006040002020000000001c6336419020000000101000000005a5a5a5a"
	  "5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
	  "33330000000102000000000186dd"
	  "6000000000203aff20010db8000000000000000000000025ff02000000000000"
	  "00000000000000018800f8e22000000020010db8000000000000000000000025"
	  "0201020000000001"}},
	{announcement,
	 {"ffffffffffff0200000000010806"
	  "0001080006040001020000000001c6336419000000000000c6336419",
	  "33330000000102000000000186dd"
	  "6000000000203aff20010db8000000000000000000000025ff02000000000000"
	  "00000000000000018800f8e22000000020010db8000000000000000000000025"
	  "0201020000000001"}},
};
/* clang-format on */

/* Written as the table has them. */
static const char *
in_hex(const uint8_t *frame, uint16_t bytes)
{
	static char text[2 * FRAME_MAX + 1];

	for (uint16_t i = 0; i < bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", frame[i]);
	text[2 * bytes] = '\0';
	return text;
}

START_TEST(each_frame_that_begins_here_has_these_bytes)
{
	const bool six = _i % 2;
	const uint16_t bytes = kinds[_i / 2].leave(six);

	ck_assert_str_eq(in_hex(out, bytes), kinds[_i / 2].bytes[six]);
	rig_flush(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("maker");
	TCase *t = tcase_create("maker");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_add_loop_test(t, each_frame_that_begins_here_has_these_bytes, 0,
			    2 * (int)RTE_DIM(kinds));
	suite_add_tcase(s, t);
	return s;
}
