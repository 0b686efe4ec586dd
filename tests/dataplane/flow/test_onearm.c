/* SPDX-License-Identifier: BSD-3-Clause */
/* One port leads to clients and MTAs: the MAC address tells whose a segment is.
 * What a client sends in the name of its MTA moves nothing, and is dropped while
 * it could.
 * Method: sessions over a ring port; each forged segment has every number
 * right. */
#include <string.h>

#include "onerig.h"
#include "runner.h"

static struct talk talk;

/* All MTAs are at the clients' port.  A client has sent its SYN. */
static void
setup(void)
{
	onerig_setup();
	for (int id = 1; id <= MX_BACKENDS_MAX; id++)
		rig_plan(rig)->backend[id].port = WAN;
	rig_restart(rig);
	talk = onerig_talk(RIG_FULLNAT_TO4, false, 40000);
	const struct segment syn = talk_in(&talk, SYN);
	talk_send(&talk, WAN, &syn);
	const struct segment sent = talk_next(rig, WAN);
	talk.local = sent.from;
	talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
}

/* Send a segment of the MTA, from a MAC address. */
static void
say(uint8_t flags, uint16_t bytes, const struct rte_ether_addr *mac)
{
	struct segment said = talk_back(&talk, flags);

	said.seq = flags & SYN ? 0 : 1;
	said.ack = 1;
	said.payload_bytes = bytes;
	said.from.mac = *mac;
	said.to.mac = rig_vip.mac; /* the port's */
	talk_send(&talk, WAN, &said);
}

static void
expect_passed(uint8_t flags)
{
	ck_assert_uint_eq(talk_next(rig, WAN).flags, flags);
	talk_assert_silence(rig);
}

/* The client sends a segment of the MTA. */
static void
forge(uint8_t flags, uint16_t bytes)
{
	const uint64_t before = rig_dropped(rig, MX_DROP_NOT_OURS);

	say(flags, bytes, &talk.client.mac);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NOT_OURS), before + 1);
}

static void
acknowledge(void)
{
	struct segment said = talk_in(&talk, ACK);

	said.seq = 1;
	said.ack = 1;
	talk_send(&talk, WAN, &said);
	expect_passed(ACK);
}

START_TEST(a_session_goes_on_by_one_port)
{
	say(SYN | ACK, 0, &talk.mta.mac);
	expect_passed(SYN | ACK);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ANSWERED);
	acknowledge();
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_GREETING);
	say(ACK | PSH, 20, &talk.mta.mac);
	expect_passed(ACK | PSH);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
	say(ACK | FIN, 0, &talk.mta.mac);
	expect_passed(ACK | FIN);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_BACKEND_FIN);
}
END_TEST

START_TEST(a_client_cannot_answer_for_its_mta)
{
	forge(SYN | ACK, 0);
	forge(RST | ACK, 0);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_OPENING);
	say(SYN | ACK, 0, &talk.mta.mac);
	expect_passed(SYN | ACK);
	forge(ACK | PSH, 20);
	forge(ACK | FIN, 0);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ANSWERED);
	acknowledge();
	forge(ACK | PSH, 20);
	forge(ACK | FIN, 0);
	forge(RST, 0);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_GREETING);
}
END_TEST

/* The MTA may answer from another MAC address, as that of a bond or of VRRP. */
START_TEST(another_mac_than_the_clients_is_an_mtas)
{
	const struct rte_ether_addr other = {{2, 0, 0, 0, 9, 9}};

	say(SYN | ACK, 0, &other);
	expect_passed(SYN | ACK);
	acknowledge();
	say(ACK | PSH, 20, &other);
	expect_passed(ACK | PSH);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
}
END_TEST

/* One router leads to clients and MTAs: the MAC address tells nothing. */
START_TEST(behind_a_gateway_an_mta_may_have_its_clients_mac)
{
	for (int id = 1; id <= MX_BACKENDS_MAX; id++)
		rig_plan(rig)->backend[id].routed = 1;
	say(SYN | ACK, 0, &talk.client.mac);
	expect_passed(SYN | ACK);
	acknowledge();
	say(ACK | PSH, 20, &talk.client.mac);
	expect_passed(ACK | PSH);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
}
END_TEST

START_TEST(strict_ports_off_passes_all)
{
	rig_plan(rig)->strict_ports = 0;
	say(SYN | ACK, 0, &talk.client.mac);
	expect_passed(SYN | ACK);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("onearm");
	TCase *t = tcase_create("onearm");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_add_test(t, a_session_goes_on_by_one_port);
	tcase_add_test(t, a_client_cannot_answer_for_its_mta);
	tcase_add_test(t, another_mac_than_the_clients_is_an_mtas);
	tcase_add_test(t, behind_a_gateway_an_mta_may_have_its_clients_mac);
	tcase_add_test(t, strict_ports_off_passes_all);
	suite_add_tcase(s, t);
	return s;
}
