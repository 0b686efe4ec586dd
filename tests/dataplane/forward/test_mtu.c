/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet that is too large for its port is answered with an ICMP error with
 * the size that fits.  It never reaches the port, which would lose it.
 * Method: the rig, one port with a smaller MTU; the largest packet that fits,
 * and one byte more, in both directions, with and without a growing header. */
#include "runner.h"
#include "talk.h"

#define MTU 1400u

static const struct way {
	enum rig_service service;
	bool client6;
	bool server6;
	bool direct;
} ways[] = {
	{RIG_FULLNAT_TO4, false, false, false},
	{RIG_FULLNAT_TO6, true, true, false},
	{RIG_FULLNAT_TO4, true, false, false},
	{RIG_FULLNAT_TO6, false, true, false},
	{RIG_V2_TO6, false, true, false},
	{RIG_NAT_TO4, false, false, false},
	{RIG_NAT_TO6, true, true, false},
	{RIG_DSR_TO4, false, false, true},
	{RIG_DSR_TO6, true, true, true},
};

static struct rig *rig;
static uint8_t out[FRAME_MAX];

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

static struct talk
open_way(const struct way *way)
{
	const struct end client = talk_client(way->client6, 40000);

	if (!way->direct)
		return talk_open(rig, way->service, &client);
	struct talk talk = talk_make(rig, way->service, &client);
	talk_syn(&talk);
	return talk;
}

/* The MTU in an ICMP error in `out`. */
static uint32_t
told_mtu(bool six)
{
	const uint8_t *icmp = out + (six ? 54 : 34);

	ck_assert_uint_eq(icmp[0], six ? 2 : 3);
	ck_assert_uint_eq(icmp[1], six ? 0 : 4);
	return (uint32_t)icmp[6] << 8 | icmp[7];
}

/* Segments of the sender's family by a port, towards one of that MTU. */
static void
assert_bound(const struct talk *talk, struct segment segment, uint16_t from,
	     bool six, bool grows)
{
	const uint16_t to = from == WAN ? LAN : WAN;
	const uint32_t fits = MTU - (grows ? 20 : 0);

	rig->worker[0]->port[to].mtu = MTU;
	segment.payload_bytes = (uint16_t)(fits - (six ? 60 : 40));
	talk_send(talk, from, &segment);
	ck_assert_uint_gt(rig_get(rig, to, out), 0);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TOO_BIG), 0);
	rig_flush(rig);

	segment.payload_bytes++;
	talk_send(talk, from, &segment);
	ck_assert_uint_eq(rig_get(rig, to, out), 0);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TOO_BIG), 1);
	ck_assert_uint_gt(rig_get(rig, from, out), 0);
	ck_assert_uint_eq(told_mtu(six), fits);
	talk_assert_silence(rig);
}

START_TEST(what_a_client_sends_too_large_is_answered)
{
	const struct way *way = &ways[_i];
	const struct talk talk = open_way(way);

	rig_flush(rig);
	assert_bound(&talk, talk_in(&talk, ACK), WAN, way->client6,
		     !way->client6 && way->server6);
}
END_TEST

START_TEST(what_an_mta_sends_too_large_is_answered)
{
	const struct way *way = &ways[_i];

	if (way->direct)
		return; /* its replies are by direct return */
	const struct talk talk = open_way(way);

	rig_flush(rig);
	assert_bound(&talk, talk_back(&talk, ACK), LAN, way->server6,
		     way->client6 && !way->server6);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("mtu");
	TCase *t = tcase_create("mtu");
	const int count = (int)RTE_DIM(ways);

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_a_client_sends_too_large_is_answered, 0,
			    count);
	tcase_add_loop_test(t, what_an_mta_sends_too_large_is_answered, 0,
			    count);
	suite_add_tcase(s, t);
	return s;
}
