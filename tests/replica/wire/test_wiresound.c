/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that no mxsteer tells are refused.
 * Method: one wrong field at a time in a session that is sound, written by the
 * encoder, which checks nothing. */
#include "wire.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "plan.h"
#include "proxyheader.h"
#include "wiresample.h"

static uint8_t room[WIRE_BYTES_MAX];

static int
take(const uint8_t *bytes, size_t count)
{
	struct wire_message taken;

	return wire_take(bytes, count, &taken);
}

/* Spoil a session, and see that it is refused. */
#define REFUSED(change)                                                        \
	do {                                                                   \
		struct wire_session s = wiresample_session();                  \
		change;                                                        \
		ck_assert(!wire_session_is_sound(&s));                         \
		ck_assert_int_eq(take(room, wire_put_session(&s, room)),       \
				 -EPROTO);                                     \
	} while (0)

START_TEST(a_session_that_cannot_be_is_refused)
{
	REFUSED(s.slot = MX_SESSIONS_MAX);
	REFUSED(s.port = MX_PORTS_MAX);
	REFUSED(s.client_mac[0] = 0x03);
	REFUSED(s.left_s = WIRE_LEFT_S_MAX + 1);
	REFUSED(s.backend = MX_BACKEND_NONE);
	REFUSED(s.backend = MX_BACKENDS_MAX + 1);
	REFUSED(s.client_port_be = 0);
	REFUSED(s.vip_port_be = 0);
	REFUSED(s.server_port_be = 0);
	REFUSED(s.local_port_be = 0);
	/* The header: its state, its length, and that both say the same. */
	REFUSED(s.flags = MX_SESSION_PROXY_ARMED << MX_SESSION_PROXY_SHIFT);
	REFUSED(s.flags = MX_SESSION_PROXY_SENT << MX_SESSION_PROXY_SHIFT);
	REFUSED(s.flags = MX_SESSION_PROXY_NONE);
	REFUSED(s.shifts = MX_SESSION_TOLD);
	REFUSED(s.shifts = MX_SESSION_TOLD | (MX_PROXY_HEADER_MAX + 1));
	REFUSED(s.shifts = 52);
	REFUSED(s.ack_shift = 0);
	/* Modes. */
	REFUSED(s.kind = MX_FORWARD_DSR);
	REFUSED(s.kind = MX_FORWARD_TUNNEL);
	REFUSED(s.kind = MX_FORWARDS);
	REFUSED(s.kind = 0x10);
	REFUSED(s.kind = 0x20);
}
END_TEST

START_TEST(a_state_that_is_not_told_is_refused)
{
	struct wire_session s = wiresample_session();

	s.state = (uint8_t)_i;
	const bool sound =
		_i == MX_SESSION_GREETING || _i == MX_SESSION_ESTABLISHED ||
		_i == MX_SESSION_CLIENT_FIN || _i == MX_SESSION_BACKEND_FIN;

	ck_assert_int_eq(take(room, wire_put_session(&s, room)) > 0, sound);
}
END_TEST

START_TEST(a_nat_session_with_another_local_end_is_refused)
{
	struct wire_session s = wiresample_session();

	s.kind = MX_FORWARD_NAT;
	s.flags = 0;
	s.shifts = MX_SESSION_TOLD;
	s.local = s.client;
	s.local_port_be = s.client_port_be;
	ck_assert(wire_session_is_sound(&s));
	s.local_port_be ^= 1;
	ck_assert(!wire_session_is_sound(&s));
	s.local_port_be ^= 1;
	s.local.byte[15] ^= 1;
	ck_assert(!wire_session_is_sound(&s));
	s.local = s.client;
	s.flags = MX_SESSION_PROXY_ACKED << MX_SESSION_PROXY_SHIFT;
	s.shifts |= 52;
	ck_assert(!wire_session_is_sound(&s));
}
END_TEST

static const uint32_t wrong4[] = {0, 0xe0000001, 0xefffffff, 0xffffffff};

START_TEST(an_address_that_no_host_has_is_refused)
{
	const struct mx_addr wrong[] = {
		mx_addr_from4(htonl(wrong4[_i])),
		{{0xff, 0x02, [15] = 1}},
		{{0}},
		{{0x20, 0x01, [15] = 1}}, /* the wrong family */
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		REFUSED(s.client = wrong[i]; s.kind = MX_SESSION_SERVER6);
		for (int end = 0; end < 4; end++) {
			struct wire_session s = wiresample_session();
			struct mx_addr *const at[] = {&s.client, &s.vip,
						      &s.server, &s.local};

			*at[end] = wrong[i];
			ck_assert(!wire_session_is_sound(&s));
		}
	}
}
END_TEST

START_TEST(the_type_and_the_kind_name_the_same_families)
{
	struct wire_session s = wiresample_session();
	const size_t bytes = wire_put_session(&s, room);

	room[8] = MX_SESSION_CLIENT6; /* kind */
	ck_assert_int_eq(take(room, bytes), -EPROTO);
	s.kind = MX_SESSION_SERVER6;
	s.server = (struct mx_addr){{0x20, [15] = 1}};
	s.local = (struct mx_addr){{0x20, [15] = 2}};
	const size_t bytes6 = wire_put_session(&s, room);

	ck_assert_int_eq(take(room, bytes6), (int)bytes6);
	room[8] = 0;
	ck_assert_int_eq(take(room, bytes6), -EPROTO);
	/* All four addresses are IPv4: this is SESSION4's. */
	memcpy(room + 3 + 46 + 32, room + 3 + 46, 32);
	ck_assert_int_eq(take(room, bytes6), -EPROTO);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wiresound");
	TCase *tc = tcase_create("wiresound");

	tcase_add_test(tc, a_session_that_cannot_be_is_refused);
	tcase_add_loop_test(tc, a_state_that_is_not_told_is_refused, 0, 256);
	tcase_add_test(tc, a_nat_session_with_another_local_end_is_refused);
	tcase_add_loop_test(tc, an_address_that_no_host_has_is_refused, 0,
			    sizeof(wrong4) / sizeof(wrong4[0]));
	tcase_add_test(tc, the_type_and_the_kind_name_the_same_families);
	suite_add_tcase(s, tc);
	return s;
}
