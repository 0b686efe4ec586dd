/* SPDX-License-Identifier: BSD-3-Clause */
/* Unusual frames from the link: with a VLAN tag, or with several segments in
 * one.  Each has its own drop reason.  Tagged frames to other hosts have none.
 * Method: real worker_poll() over ring ports. */
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "talk.h"

#define TAG_BYTES 4

static struct rig *rig;
static uint8_t frame[FRAME_MAX];

static void
setup(void)
{
	rig = rig_make(1);
}

static void
teardown(void)
{
	rig_free(rig);
}

/* Put a tag behind the MAC addresses. */
static uint16_t
tag(uint16_t bytes, rte_be16_t type_be, uint16_t vlan)
{
	const rte_be16_t tci_be = rte_cpu_to_be_16(vlan);

	memmove(frame + 12 + TAG_BYTES, frame + 12, bytes - 12u);
	memcpy(frame + 12, &type_be, sizeof(type_be));
	memcpy(frame + 14, &tci_be, sizeof(tci_be));
	return (uint16_t)(bytes + TAG_BYTES);
}

static uint16_t
syn_frame(bool six)
{
	struct segment syn = {.from = six ? rig_client6 : rig_client,
			      .to = six ? rig_vip6 : rig_vip,
			      .flags = SYN};

	syn.from.port = 40000;
	return frame_tcp(frame, &syn);
}

static const rte_be16_t types[] = {RTE_BE16(RTE_ETHER_TYPE_VLAN),
				   RTE_BE16(RTE_ETHER_TYPE_QINQ)};

START_TEST(a_tagged_frame_to_an_address_of_ours_is_counted_by_its_own_reason)
{
	const bool six = _i & 1;

	rig_put(rig, 0, WAN, frame, tag(syn_frame(six), types[_i / 2], 7));
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_VLAN), 1);
	rig_put(rig, 0, WAN, frame,
		tag(frame_arp(frame, &rig_client, &rig_vip), types[_i / 2], 7));
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_VLAN), 2);
	ck_assert_uint_eq(rig->count[0].to_kernel, 0);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_tagged_frame_to_others_is_the_kernels)
{
	const bool six = _i & 1;
	struct segment syn = {.from = six ? rig_client6 : rig_client,
			      .to = six ? rig_client6 : rig_client,
			      .flags = SYN};

	syn.from.port = 40000;
	syn.to.port = 25;
	syn.to.mac = rig_vip.mac;
	rig_put(rig, 0, WAN, frame,
		tag(frame_tcp(frame, &syn), types[_i / 2], 7));
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_VLAN), 0);
	ck_assert_uint_eq(rig->count[0].to_kernel, 1);
}
END_TEST

START_TEST(a_tagged_frame_that_is_cut_is_the_kernels)
{
	const uint16_t bytes = tag(syn_frame(_i & 1), types[_i / 2], 7);
	const uint16_t enough = (uint16_t)(14 + 4 + (_i & 1 ? 40 : 20));

	for (uint16_t n = 14; n < bytes; n++) {
		rig_put(rig, 0, WAN, frame, n);
		rig_poll(rig);
		ck_assert_uint_eq(rig_dropped(rig, MX_DROP_VLAN),
				  n < enough ? 0u : n - enough + 1u);
	}
}
END_TEST

START_TEST(a_tag_that_names_no_vlan_changes_nothing)
{
	const bool six = _i;
	const rte_be16_t type_be = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	uint8_t left[FRAME_MAX];

	rig_put(rig, 0, WAN, frame, tag(syn_frame(six), type_be, 0x6000));
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, LAN, left), 0);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig_put(rig, 0, WAN, frame,
		tag(frame_arp(frame, &rig_client, &rig_vip), type_be, 0));
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, WAN, left), 0);
	ck_assert_uint_eq(rig->count[0].answered, 1);
	ck_assert_uint_eq(rig->count[0].to_kernel, 0);
}
END_TEST

/* A packet that claims more bytes than the frame has; the port's MTU is
 * RIG_MTU. */
static void
put_cut(uint16_t frame_bytes)
{
	const bool six = false;

	memset(frame, 0, sizeof(frame));
	syn_frame(six);
	struct rte_ipv4_hdr *ip = (void *)(frame + RTE_ETHER_HDR_LEN);
	ip->total_length = RTE_BE16(60000);
	frame_mend(frame, frame_bytes);
	rig_put(rig, 0, WAN, frame, frame_bytes);
	rig_poll(rig);
}

START_TEST(several_segments_in_one_are_told_from_a_frame_cut_on_a_wire)
{
	put_cut(RIG_MTU + RTE_ETHER_HDR_LEN);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TRUNCATED), 1);
	put_cut(RIG_MTU + RTE_ETHER_HDR_LEN + 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TRUNCATED), 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_SUPER_PACKET), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *all = suite_create("link");
	TCase *test = tcase_create("frames");

	tcase_add_unchecked_fixture(test, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(test, setup, teardown);
	tcase_add_loop_test(
		test,
		a_tagged_frame_to_an_address_of_ours_is_counted_by_its_own_reason,
		0, 4);
	tcase_add_loop_test(test, a_tagged_frame_to_others_is_the_kernels, 0,
			    4);
	tcase_add_loop_test(test, a_tag_that_names_no_vlan_changes_nothing, 0,
			    2);
	tcase_add_loop_test(test, a_tagged_frame_that_is_cut_is_the_kernels, 0,
			    4);
	tcase_add_test(
		test,
		several_segments_in_one_are_told_from_a_frame_cut_on_a_wire);
	suite_add_tcase(all, test);
	return all;
}
