/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that an outsider can make doubt no card that keeps its word.
 * Method: segments at queues that they do not belong to, each of them crafted
 * such that a card may put it anywhere; and the same segments as they were. */
#include <check.h>
#include <string.h>

#include "proofrig.h"
#include "runner.h"

static struct proofrig rig;

static void
setup(void)
{
	proofrig_make(&rig, 2, 10);
	proofrig_warm_up(&rig);
}

static void
teardown(void)
{
	proofrig_free(&rig);
}

/* What a frame of the outside may be made into, so that a card that keeps its
 * word puts it anywhere. */
static void
fragment(struct rte_mbuf *frame)
{
	struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;

	ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
last_fragment(struct rte_mbuf *frame)
{
	fragment(frame);
	packet_headers(frame)->ip.fragment_offset = RTE_BE16(100);
}

static void
options(struct rte_mbuf *frame)
{
	packet_headers(frame)->ip.version_ihl = 0x46;
}

static void
tag(struct rte_mbuf *frame)
{
	uint8_t macs[12];

	memcpy(macs, rte_pktmbuf_mtod(frame, void *), sizeof(macs));
	rte_pktmbuf_prepend(frame, 4);
	memcpy(rte_pktmbuf_mtod(frame, void *), macs, sizeof(macs));
	memcpy(rte_pktmbuf_mtod_offset(frame, void *, sizeof(macs)),
	       (const uint8_t[]){0x81, 0, 0, 42}, 4);
}

static void
tunnel(struct rte_mbuf *frame)
{
	packet_headers(frame)->ip.next_proto_id = IPPROTO_IPIP;
}

static void
udp(struct rte_mbuf *frame)
{
	packet_headers(frame)->ip.next_proto_id = IPPROTO_UDP;
}

static void
bad_ip_sum(struct rte_mbuf *frame)
{
	packet_headers(frame)->ip.hdr_checksum ^= 1;
}

static void
bad_tcp_sum(struct rte_mbuf *frame)
{
	packet_headers(frame)->tcp.cksum ^= 1;
}

static void
too_long(struct rte_mbuf *frame)
{
	packet_headers(frame)->ip.total_length = RTE_BE16(1000);
}

static void
too_short(struct rte_mbuf *frame)
{
	packet_headers(frame)->ip.total_length = RTE_BE16(39);
}

static void
cut(struct rte_mbuf *frame)
{
	rte_pktmbuf_trim(frame, 21);
}

static void
long_header(struct rte_mbuf *frame)
{
	packet_headers(frame)->tcp.data_off = 15 << 4;
}

static void
no_port(struct rte_mbuf *frame)
{
	packet_headers(frame)->tcp.src_port = 0;
}

static void
other_host(struct rte_mbuf *frame)
{
	packet_headers(frame)->ether.dst_addr.addr_bytes[5] ^= 0x40;
}

static void
broadcast(struct rte_mbuf *frame)
{
	memset(&packet_headers(frame)->ether.dst_addr, 0xff, 6);
}

static void
syn(struct rte_mbuf *frame)
{
	packet_headers(frame)->tcp.tcp_flags = RTE_TCP_SYN_FLAG;
	bad_tcp_sum(frame);
}

static void
syn_ack(struct rte_mbuf *frame)
{
	packet_headers(frame)->tcp.tcp_flags |= RTE_TCP_SYN_FLAG;
	packet_headers(frame)->tcp.cksum -= RTE_BE16(RTE_TCP_SYN_FLAG);
}

static void
reset(struct rte_mbuf *frame)
{
	packet_headers(frame)->tcp.tcp_flags |= RTE_TCP_RST_FLAG;
	packet_headers(frame)->tcp.cksum -= RTE_BE16(RTE_TCP_RST_FLAG);
}

static void
type(struct rte_mbuf *frame)
{
	packet_headers(frame)->ether.ether_type = RTE_BE16(0x8847);
}

static void
extension(struct rte_mbuf *frame)
{
	packet_headers6(frame)->ip.proto = IPPROTO_DSTOPTS;
}

static void
fragment6(struct rte_mbuf *frame)
{
	packet_headers6(frame)->ip.proto = IPPROTO_FRAGMENT;
}

static void
bad_tcp_sum6(struct rte_mbuf *frame)
{
	packet_headers6(frame)->tcp.cksum ^= 1;
}

static void
too_long6(struct rte_mbuf *frame)
{
	packet_headers6(frame)->ip.payload_len = RTE_BE16(1000);
}

static void
version(struct rte_mbuf *frame)
{
	packet_headers6(frame)->ip.vtc_flow ^= RTE_BE32(0x10000000);
}

static const struct {
	void (*change)(struct rte_mbuf *frame);
	bool six;
} crafted[] = {
	{fragment, false},    {last_fragment, false},
	{options, false},     {tag, false},
	{tag, true},          {tunnel, false},
	{udp, false},         {bad_ip_sum, false},
	{bad_tcp_sum, false}, {too_long, false},
	{too_short, false},   {cut, false},
	{long_header, false}, {no_port, false},
	{other_host, false},  {broadcast, false},
	{syn, false},         {syn_ack, false},
	{reset, false},       {type, false},
	{extension, true},    {fragment6, true},
	{bad_tcp_sum6, true}, {too_long6, true},
	{version, true},      {cut, true},
};
#define CRAFTED (int)RTE_DIM(crafted)

/* Clients' segments, each changed or not, at the queues that are wrong. */
static void
send_astray(bool six, void (*change)(struct rte_mbuf *frame))
{
	for (uint32_t n = 0; n < 400; n++) {
		const struct mx_flow flow = cards_client(2 * n + six, 25);
		const uint16_t queue = 1 - cards_queue(rig.cards, &flow);
		void *frame;

		cards_send(rig.cards, WAN, queue, &flow, RTE_TCP_ACK_FLAG);
		ck_assert_int_eq(rte_ring_dequeue(cards_rx[WAN][queue], &frame),
				 0);
		if (change != NULL)
			change(frame);
		rte_ring_enqueue(cards_rx[WAN][queue], frame);
		cards_poll(rig.cards);
		proofrig_swallow(&rig, WAN);
	}
	rsswatch_poll(&rig.watch);
}

START_TEST(crafted_frames_doubt_no_card_that_keeps_its_word)
{
	send_astray(crafted[_i].six, crafted[_i].change);
	ck_assert_int_eq(rig.region->header.steering, MX_STEERING_RSS);
	ck_assert_uint_eq(proofrig_evidence(&rig, WAN).astray, 0);
}
END_TEST

START_TEST(the_same_frames_unchanged_doubt_the_card)
{
	send_astray(_i, NULL);
	ck_assert_int_eq(rig.region->header.steering, MX_STEERING_RINGS);
	ck_assert_int_eq(proofrig_state(&rig, WAN, _i ? RSS_IPV6 : RSS_IPV4),
			 MX_RSS_DOUBTED);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rsscrafted");
	TCase *t = tcase_create("rsscrafted");

	tcase_add_unchecked_fixture(t, cards_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, crafted_frames_doubt_no_card_that_keeps_its_word,
			    0, CRAFTED);
	tcase_add_loop_test(t, the_same_frames_unchanged_doubt_the_card, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
