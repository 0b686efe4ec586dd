/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker whose clients and MTAs are in two VLANs of one device: what enters by
 * one VLAN leaves by the right one, with its tag.
 * Method: the rig's port WAN is the device.  Clients are in VLAN 42, MTAs in
 * VLAN 43.  test_trunk.c has the ports of such a device alone. */
#include <string.h>

#include <rte_ethdev.h>

#include "rigports.h"
#include "runner.h"
#include "tag.h"
#include "talk.h"
#include "trunk.h"

static struct rig *rig;
static uint16_t id[2]; /* of the ports of the two VLANs */

static void
setup(void)
{
	rig = rig_make(1);
	for (uint16_t port = 0; port < 2; port++) {
		const struct trunk_request wanted = {
			.device_id = rig_ports.id[WAN],
			.vlan = (uint16_t)(42 + port),
			.pool = rig_ports.pool,
		};
		ck_assert_int_eq(trunk_port_make(&wanted, &id[port]), 0);
		rig->worker[0]->port[port].port_id = id[port];
	}
}

static void
teardown(void)
{
	trunk_port_end(id[0]);
	trunk_port_end(id[1]);
	rig_free(rig);
}

static void
put(uint16_t vlan, const uint8_t *data, uint16_t bytes)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(rig_ports.pool);

	memcpy(rte_pktmbuf_append(frame, bytes), data, bytes);
	ck_assert(tag_insert(frame, vlan));
	ck_assert_int_eq(rte_ring_enqueue(rig_ports.rx[WAN][0], frame), 0);
	rig_poll(rig);
}

/* The one frame that left has the tag of that VLAN.  Returns its bytes without
 * the tag. */
static uint16_t
get(uint16_t vlan, uint8_t *data)
{
	struct rte_mbuf *frame;
	uint16_t found;

	ck_assert_int_eq(
		rte_ring_dequeue(rig_ports.tx[WAN][0], (void **)&frame), 0);
	ck_assert_uint_eq(rte_ring_count(rig_ports.tx[WAN][0]), 0);
	ck_assert(tag_read(frame, &found));
	ck_assert_uint_eq(found, vlan);
	tag_strip(frame);
	const uint16_t bytes = frame->data_len;
	memcpy(data, rte_pktmbuf_mtod(frame, void *), bytes);
	rte_pktmbuf_free(frame);
	return bytes;
}

START_TEST(a_session_goes_from_one_vlan_of_a_device_to_another)
{
	const struct end client = talk_client(_i % 2, 40000);
	struct talk talk = talk_make(
		rig, _i % 2 ? RIG_FULLNAT_TO6 : RIG_FULLNAT_TO4, &client);
	uint8_t data[FRAME_MAX];
	struct segment said = talk_in(&talk, SYN), left;

	put(42, data, frame_tcp(data, &said));
	uint16_t bytes = get(43, data);
	ck_assert(frame_sums_are_right(data, bytes));
	frame_read(data, bytes, &left);
	talk.mta = left.to;
	talk.local = left.from;
	said = talk_back(&talk, SYN | ACK);
	said.ack = 1;
	put(43, data, frame_tcp(data, &said));
	bytes = get(42, data);
	ck_assert(frame_sums_are_right(data, bytes));
	frame_read(data, bytes, &left);
	ck_assert_uint_eq(left.to.port, 40000);
}
END_TEST

START_TEST(answers_have_the_tag_of_the_question)
{
	uint8_t data[FRAME_MAX];

	put(42, data, frame_arp(data, &rig_client, &rig_vip));
	get(42, data);
	ck_assert_uint_eq(rig->count[0].answered, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("vlans");
	TCase *t = tcase_create("vlans");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
		t, a_session_goes_from_one_vlan_of_a_device_to_another, 0, 2);
	tcase_add_test(t, answers_have_the_tag_of_the_question);
	suite_add_tcase(s, t);
	return s;
}
