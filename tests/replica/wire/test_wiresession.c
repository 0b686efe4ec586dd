/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions of a data plane and sessions of the stream: what is told, and that a
 * shadow gets what the session was.
 * Method: one session of each family mix, changed field by field. */
#include "wiresession.h"

#include <check.h>
#include <string.h>

#include "plan.h"

#define NOW_S 100000u
#define SLOT 4711u
#define KINDS 4

static struct mx_session session;
static struct mx_session_wide wide;
static struct wire_session wire;

static struct mx_addr
addr6(uint8_t last)
{
	return (struct mx_addr){{0x20, 0x01, 0x0d, 0xb8, [15] = last}};
}

/* An established session of fullnat; bits 0 and 1 of mix: IPv6 at which side. */
static void
fill(int mix)
{
	memset(&session, 0, sizeof(session));
	memset(&wide, 0, sizeof(wide));
	session.client_be = htonl(0xcb007105);
	session.vip_be = htonl(0xc6336419);
	session.server_be = htonl(0x0a00020b);
	session.local_be = htonl(0x0a000264);
	session.client_port_be = htons(40000);
	session.vip_port_be = htons(25);
	session.server_port_be = htons(2525);
	session.local_port_be = htons(2000);
	session.deadline_s = NOW_S + 600;
	session.opened_s = NOW_S - 30;
	session.backend = 7;
	session.state = MX_SESSION_ESTABLISHED;
	memcpy(session.client_mac, "\x02\x01\x02\x03\x04\x05", 6);
	session.client_port = 1;
	mx_session_set_proxy(&session, MX_SESSION_PROXY_ACKED);
	session.flags |= MX_SESSION_V2 | MX_SESSION_JOINED;
	session.syn = 0x1f;
	session.shifts = 52;
	mx_session_set_ack_shift(&session, 0x12345678);
	session.client_seq = 0xfffffff0;
	session.server_seq = 77;
	if (mix & 1) {
		session.kind |= MX_SESSION_CLIENT6;
		wide.client = addr6(1);
		wide.vip = addr6(2);
	}
	if (mix & 2) {
		session.kind |= MX_SESSION_SERVER6;
		wide.server = addr6(3);
		wide.local = addr6(4);
	}
}

static bool
is_told(void)
{
	return wiresession_from(&wire, SLOT, &session, &wide, NOW_S);
}

START_TEST(a_shadow_gets_what_the_session_was)
{
	struct mx_session copy;
	struct mx_session_wide copy_ends;

	fill(_i);
	ck_assert(is_told());
	ck_assert_uint_eq(wire.slot, SLOT);
	ck_assert_uint_eq(wire.left_s, 600);
	ck_assert_uint_eq(wire.age_s, 30);
	/* The clock of the other host. */
	wiresession_to(&wire, &copy, &copy_ends, 50);
	const struct mx_session_wide ends = mx_session_ends(&session, &wide);

	ck_assert_mem_eq(&copy_ends, &ends, sizeof(ends));
	ck_assert_uint_eq(copy.deadline_s, 650);
	ck_assert_uint_eq(copy.opened_s, 20);
	copy.deadline_s = session.deadline_s;
	copy.opened_s = session.opened_s;
	/* The digests of IPv6 addresses are made anew. */
	copy.client_be = session.client_be;
	copy.vip_be = session.vip_be;
	copy.server_be = session.server_be;
	copy.local_be = session.local_be;
	ck_assert_mem_eq(&copy, &session, sizeof(copy));
}
END_TEST

START_TEST(a_shadow_of_ipv4_has_its_addresses)
{
	struct mx_session copy;
	struct mx_session_wide ends;

	fill(0);
	ck_assert(wiresession_from(&wire, SLOT, &session, NULL, NOW_S));
	wiresession_to(&wire, &copy, &ends, NOW_S);
	ck_assert_mem_eq(&copy, &session, sizeof(copy));
}
END_TEST

START_TEST(only_sessions_with_mail_to_carry_are_told)
{
	fill(0);
	session.state = (uint8_t)_i;
	const bool told = is_told();

	switch (_i) {
	case MX_SESSION_GREETING:
	case MX_SESSION_ESTABLISHED:
	case MX_SESSION_CLIENT_FIN:
	case MX_SESSION_BACKEND_FIN:
		ck_assert(told);
		ck_assert_int_eq(wire.state, _i);
		break;
	case MX_SESSION_WATCHED:
	case MX_SESSION_SEALED:
		ck_assert(told);
		ck_assert_uint_eq(wire.state, MX_SESSION_ESTABLISHED);
		break;
	default:
		ck_assert(!told);
	}
}
END_TEST

START_TEST(a_header_that_is_not_acknowledged_keeps_a_session_here)
{
	fill(0);
	mx_session_set_proxy(&session, (enum mx_session_proxy)_i);
	if (_i == MX_SESSION_PROXY_NONE)
		session.shifts &= MX_SESSION_TOLD;
	ck_assert_int_eq(is_told(), _i == MX_SESSION_PROXY_NONE ||
					    _i == MX_SESSION_PROXY_ACKED);
}
END_TEST

START_TEST(direct_return_is_not_told)
{
	fill(0);
	session.kind = (uint8_t)_i;
	ck_assert_int_eq(is_told(), _i == MX_FORWARD_FULLNAT);
	/* nat has the client's own end, and no header. */
	mx_session_set_proxy(&session, MX_SESSION_PROXY_NONE);
	session.shifts = MX_SESSION_TOLD;
	session.local_be = session.client_be;
	session.local_port_be = session.client_port_be;
	ck_assert_int_eq(is_told(),
			 _i == MX_FORWARD_FULLNAT || _i == MX_FORWARD_NAT);
}
END_TEST

START_TEST(a_session_whose_time_is_over_is_not_told)
{
	fill(0);
	session.deadline_s = NOW_S;
	ck_assert(is_told());
	ck_assert_uint_eq(wire.left_s, 0);
	session.deadline_s = NOW_S - 1;
	ck_assert(!is_told());
}
END_TEST

START_TEST(half_written_times_do_no_harm)
{
	struct mx_session copy;
	struct mx_session_wide ends;

	fill(0);
	session.opened_s = NOW_S + 5;
	ck_assert(is_told());
	ck_assert_uint_eq(wire.age_s, 0);
	session.deadline_s = NOW_S + WIRE_LEFT_S_MAX + 1;
	ck_assert(!is_told());
	/* It is older than the other host. */
	fill(0);
	ck_assert(is_told());
	wiresession_to(&wire, &copy, &ends, 10);
	ck_assert_uint_eq(copy.opened_s, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wiresession");
	TCase *tc = tcase_create("wiresession");

	tcase_add_loop_test(tc, a_shadow_gets_what_the_session_was, 0, KINDS);
	tcase_add_test(tc, a_shadow_of_ipv4_has_its_addresses);
	tcase_add_loop_test(tc, only_sessions_with_mail_to_carry_are_told, 0,
			    MX_SESSION_STATES + 1);
	tcase_add_loop_test(
		tc, a_header_that_is_not_acknowledged_keeps_a_session_here, 0,
		MX_SESSION_PROXIES);
	tcase_add_loop_test(tc, direct_return_is_not_told, 0, MX_FORWARDS + 1);
	tcase_add_test(tc, a_session_whose_time_is_over_is_not_told);
	tcase_add_test(tc, half_written_times_do_no_harm);
	suite_add_tcase(s, tc);
	return s;
}
