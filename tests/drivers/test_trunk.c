/* SPDX-License-Identifier: BSD-3-Clause */
/* A device with several VLANs: each port sends and receives the frames of its
 * own VLAN, and no frame gets lost or is seen twice.
 * Method: a ring port plays the device.  test_vlans.c has a worker. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "port.h"
#include "rigports.h"
#include "runner.h"
#include "tag.h"
#include "trunk.h"

#define WIRE_FRAMES 256 /* a ring holds one less */
#define BURST 32
#define BYTES 60
#define NONE 0xffff /* no tag, where a tag's 16 bits are named */

static struct rte_ring *in, *out;
static uint16_t device_id;
static uint16_t id[3]; /* of the ports, by the order of their making */
static unsigned frames_before;

static void
setup(void)
{
	static const struct rte_eth_conf plain;
	static unsigned made; /* a name is not free again */
	char name[16];

	frames_before = rte_mempool_avail_count(rig_ports.pool);
	in = rte_ring_create("trunk-in", WIRE_FRAMES, 0, 0);
	out = rte_ring_create("trunk-out", WIRE_FRAMES, 0, 0);
	snprintf(name, sizeof(name), "trunk%u", made++);
	const int port = rte_eth_from_rings(name, &in, 1, &out, 1, 0);
	ck_assert_int_ge(port, 0);
	device_id = (uint16_t)port;
	rte_eth_dev_configure(device_id, 1, 1, &plain);
	rte_eth_rx_queue_setup(device_id, 0, 64, 0, NULL, rig_ports.pool);
	rte_eth_tx_queue_setup(device_id, 0, 64, 0, NULL);
	ck_assert_int_eq(rte_eth_dev_start(device_id), 0);
}

static void
make(unsigned number, uint16_t vlan, bool inserts)
{
	const struct trunk_request wanted = {
		.device_id = device_id,
		.vlan = vlan,
		.inserts = inserts,
		.pool = rig_ports.pool,
	};

	ck_assert_int_eq(trunk_port_make(&wanted, &id[number]), 0);
	ck_assert_uint_eq(trunk_device(id[number]), device_id);
	ck_assert_int_eq(trunk_is_first(id[number]), number == 0);
}

static void
make_three(bool inserts)
{
	make(0, 0, inserts);
	make(1, 42, inserts);
	make(2, 43, inserts);
}

/* End the ports, and then their device.  Every frame is in the pool again. */
static void
end(unsigned ports)
{
	struct rte_mbuf *frame;

	for (unsigned i = 0; i < ports; i++) {
		ck_assert(rte_eth_dev_is_valid_port(device_id));
		port_stop(id[i]);
	}
	ck_assert(!rte_eth_dev_is_valid_port(device_id));
	while (rte_ring_dequeue(in, (void **)&frame) == 0 ||
	       rte_ring_dequeue(out, (void **)&frame) == 0)
		rte_pktmbuf_free(frame);
	rte_ring_free(in);
	rte_ring_free(out);
	ck_assert_uint_eq(rte_mempool_avail_count(rig_ports.pool),
			  frames_before);
}

/* A frame whose bytes follow from the number. */
static struct rte_mbuf *
make_frame(uint8_t number)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(rig_ports.pool);

	ck_assert_ptr_nonnull(frame);
	uint8_t *data = (uint8_t *)rte_pktmbuf_append(frame, BYTES);
	for (unsigned i = 0; i < BYTES; i++)
		data[i] = (uint8_t)(number + i);
	data[12] = 8; /* IPv4 */
	data[13] = 0;
	return frame;
}

/* Check that it is that frame, and free it. */
static void
check_frame(struct rte_mbuf *frame, uint8_t number)
{
	struct rte_mbuf *same = make_frame(number);

	ck_assert_uint_eq(frame->pkt_len, BYTES);
	ck_assert_uint_eq(frame->data_len, BYTES);
	ck_assert_mem_eq(rte_pktmbuf_mtod(frame, void *),
			 rte_pktmbuf_mtod(same, void *), BYTES);
	rte_pktmbuf_free(same);
	rte_pktmbuf_free(frame);
}

/* Let a frame arrive.  stripped: the card has removed the tag. */
static void
arrives(uint8_t number, uint16_t tci, bool stripped)
{
	struct rte_mbuf *frame = make_frame(number);

	if (tci != NONE && stripped) {
		frame->ol_flags |=
			RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		frame->vlan_tci = tci;
	} else if (tci != NONE) {
		ck_assert(tag_insert(frame, tci));
	}
	ck_assert_int_eq(rte_ring_enqueue(in, frame), 0);
}

/* The frame that a port receives by one poll, or NULL. */
static struct rte_mbuf *
receives(unsigned number)
{
	struct rte_mbuf *frame[BURST];
	const uint16_t count = rte_eth_rx_burst(id[number], 0, frame, BURST);

	ck_assert_uint_le(count, 1);
	return count > 0 ? frame[0] : NULL;
}

/* Polls in any order give the frame to one port alone. */
static void
check_receiver(unsigned number)
{
	for (unsigned i = 0; i < 3; i++) {
		struct rte_mbuf *frame = receives((number + 1 + i) % 3);

		ck_assert_int_eq(frame != NULL, i == 2);
		if (frame != NULL)
			check_frame(frame, 7);
	}
}

START_TEST(a_port_receives_the_frames_of_its_vlan_without_their_tag)
{
	static const struct {
		uint16_t tci;
		unsigned port;
	} cases[] = {
		{NONE, 0}, {0, 0}, {0xe000, 0}, {42, 1}, {0x602a, 1}, {43, 2},
	};
	struct trunk_counts counts;

	make_three(false);
	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		arrives(7, cases[i].tci, _i);
		check_receiver(cases[i].port);
	}
	trunk_count(id[1], &counts);
	ck_assert_uint_eq(counts.rx, 2);
	end(3);
}
END_TEST

START_TEST(a_port_tags_the_frames_that_it_sends)
{
	struct trunk_counts counts;
	struct rte_mbuf *frame;
	uint16_t vlan;

	make_three(_i);
	for (unsigned i = 0; i < 3; i++) {
		frame = make_frame(7);
		ck_assert_uint_eq(rte_eth_tx_burst(id[i], 0, &frame, 1), 1);
		ck_assert_ptr_null(receives(i));
		ck_assert_int_eq(rte_ring_dequeue(out, (void **)&frame), 0);
		const bool tagged = i > 0;
		const bool by_card = tagged && _i;
		ck_assert_int_eq(tag_read(frame, &vlan), tagged && !by_card);
		ck_assert_int_eq((frame->ol_flags & RTE_MBUF_F_TX_VLAN) != 0,
				 by_card);
		if (by_card)
			ck_assert_uint_eq(frame->vlan_tci, 41 + i);
		if (tagged && !by_card) {
			ck_assert_uint_eq(vlan, 41 + i);
			tag_strip(frame);
		}
		check_frame(frame, 7);
		trunk_count(id[i], &counts);
		ck_assert_uint_eq(counts.tx, 1);
	}
	end(3);
}
END_TEST

START_TEST(a_frame_of_no_ports_vlan_keeps_its_tag_or_is_counted)
{
	struct trunk_counts counts;
	struct rte_mbuf *frame;
	uint16_t vlan;

	make_three(false);
	arrives(7, 44, _i);
	ck_assert_ptr_null(receives(1));
	frame = receives(0);
	ck_assert_ptr_nonnull(frame);
	ck_assert(tag_read(frame, &vlan));
	ck_assert_uint_eq(vlan, 44);
	tag_strip(frame);
	check_frame(frame, 7);
	port_stop(id[0]);

	/* Without an untagged port the device has no place for it. */
	id[0] = id[2];
	arrives(7, 44, _i);
	arrives(7, 0, _i);
	arrives(7, NONE, _i);
	ck_assert_ptr_null(receives(0));
	ck_assert_ptr_null(receives(1));
	end(2);
	setup();
	make(0, 42, false);
	make(1, 43, false);
	arrives(7, 44, _i);
	arrives(7, NONE, _i);
	arrives(7, 43, _i);
	ck_assert_ptr_null(receives(0));
	check_frame(receives(1), 7);
	trunk_count(id[0], &counts);
	ck_assert_uint_eq(counts.other_vlan, 2);
	trunk_count(id[1], &counts);
	ck_assert_uint_eq(counts.other_vlan, 0);
	end(2);
}
END_TEST

START_TEST(any_mix_of_bursts_arrives_once_and_in_order)
{
	uint8_t sent[3] = {0}, seen[3] = {0};
	struct rte_mbuf *frame[BURST];

	make_three(false);
	srandom(1);
	for (unsigned round = 0; round < 5000; round++) {
		const unsigned count = (unsigned)random() % 48;

		for (unsigned i = 0; i < count && rte_ring_free_count(in) > 0;
		     i++) {
			const unsigned to = (unsigned)random() % 3;
			arrives(sent[to]++,
				to == 0 ? NONE : (uint16_t)(41 + to), false);
		}
		const unsigned port = (unsigned)random() % 3;
		const uint16_t come =
			rte_eth_rx_burst(id[port], 0, frame, BURST);
		for (uint16_t i = 0; i < come; i++)
			check_frame(frame[i], seen[port]++);
	}
	for (unsigned round = 0; round < 3 * WIRE_FRAMES; round++) {
		const uint16_t come =
			rte_eth_rx_burst(id[round % 3], 0, frame, BURST);
		for (uint16_t i = 0; i < come; i++)
			check_frame(frame[i], seen[round % 3]++);
	}
	ck_assert_mem_eq(sent, seen, sizeof(sent));
	end(3);
}
END_TEST

START_TEST(what_a_full_device_does_not_take_is_sent_later_in_order)
{
	struct rte_mbuf *frame;
	uint8_t sent = 0, seen = 0;
	uint16_t vlan;

	make_three(false);
	for (unsigned i = 0; i < 2 * WIRE_FRAMES; i++) {
		frame = make_frame(sent);
		ck_assert_uint_eq(rte_eth_tx_burst(id[1], 0, &frame, 1), 1);
		sent++;
	}
	for (unsigned i = 0; i < 2 * WIRE_FRAMES; i++) {
		ck_assert_ptr_null(receives(1));
		ck_assert_int_eq(rte_ring_dequeue(out, (void **)&frame), 0);
		ck_assert(tag_read(frame, &vlan) && vlan == 42);
		tag_strip(frame);
		check_frame(frame, seen++);
	}
	/* Frames that wait when the ports end are freed. */
	frame = make_frame(0);
	ck_assert_uint_eq(rte_eth_tx_burst(id[1], 0, &frame, 1), 1);
	arrives(0, 43, false);
	ck_assert_ptr_null(receives(0));
	end(3);
}
END_TEST

START_TEST(a_frame_without_room_for_a_tag_is_not_sent)
{
	struct rte_mbuf *frame[3];

	make_three(false);
	for (unsigned i = 0; i < 3; i++)
		frame[i] = make_frame((uint8_t)i);
	struct rte_mbuf *tight = frame[0];
	rte_pktmbuf_prepend(tight, rte_pktmbuf_headroom(tight));
	ck_assert_uint_eq(rte_eth_tx_burst(id[1], 0, frame, 3), 2);
	ck_assert_ptr_eq(frame[2], tight);
	rte_pktmbuf_free(tight);
	end(3);
}
END_TEST

START_TEST(two_ports_of_a_device_have_two_vlans)
{
	uint16_t port;
	struct trunk_request wanted = {.vlan = 42, .pool = rig_ports.pool};

	make_three(false);
	wanted.device_id = device_id;
	ck_assert_int_eq(trunk_port_make(&wanted, &port), -EEXIST);
	end(3);
}
END_TEST

Suite *
suite(void)
{
	Suite *all = suite_create("trunk");
	TCase *device = tcase_create("device");

	tcase_add_unchecked_fixture(device, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(device, setup, NULL);
	tcase_add_loop_test(
		device,
		a_port_receives_the_frames_of_its_vlan_without_their_tag, 0, 2);
	tcase_add_loop_test(device, a_port_tags_the_frames_that_it_sends, 0, 2);
	tcase_add_loop_test(
		device, a_frame_of_no_ports_vlan_keeps_its_tag_or_is_counted, 0,
		2);
	tcase_add_test(device, any_mix_of_bursts_arrives_once_and_in_order);
	tcase_add_test(device,
		       what_a_full_device_does_not_take_is_sent_later_in_order);
	tcase_add_test(device, a_frame_without_room_for_a_tag_is_not_sent);
	tcase_add_test(device, two_ports_of_a_device_have_two_vlans);
	suite_add_tcase(all, device);
	return all;
}
