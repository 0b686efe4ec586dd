/* SPDX-License-Identifier: BSD-3-Clause */
/* The stream between boxes: every message survives the wire, its bytes stay what
 * they are, and what cannot be is refused.  test_wiresound.c has the sessions that
 * cannot be.
 * Method: golden bytes; random sessions there and back; one wrong field at a time,
 * written by the encoder, which checks nothing. */
#include "wire.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wiresample.h"

#define ROUNDS 2000

static uint8_t room[WIRE_BYTES_MAX];
static struct wire_message sent, taken;

/* Take exactly these bytes, from memory that ends behind them. */
static int
take(const uint8_t *bytes, size_t count)
{
	uint8_t *exact = malloc(count + (count == 0));

	memcpy(exact, bytes, count);
	memset(&taken, 0, sizeof(taken));
	const int used = wire_take(exact, count, &taken);
	free(exact);
	return used;
}

static void
require_bytes(const char *hex)
{
	const size_t bytes = wire_put(&sent, room);
	char text[2 * WIRE_BYTES_MAX + 1] = "";

	for (size_t i = 0; i < bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", room[i]);
	ck_assert_str_eq(text, hex);
	ck_assert_int_eq(take(room, bytes), (int)bytes);
	ck_assert_int_eq(taken.type, sent.type);
}

START_TEST(the_bytes_of_a_message_stay_what_they_are)
{
	sent = (struct wire_message){.type = WIRE_HELLO,
				     .hello = wiresample_hello()};
	require_bytes("010049"
		      "6d787274"
		      "0001"
		      "0001"
		      "02"
		      "01"
		      "0004"
		      "000f4240"
		      "0102030405060708"
		      "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
		      "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
		      "c4c4c4c4c4c4c4c4"
		      "02"
		      "03"
		      "77616e"
		      "03"
		      "6c616e");
	sent = (struct wire_message){
		.type = WIRE_WELCOME,
		.welcome = {0, 1, REPLICATED_REFUSED_WORKERS}};
	require_bytes("020004"
		      "0000"
		      "01"
		      "06");
	sent = (struct wire_message){.type = WIRE_SESSION4,
				     .session = wiresample_session()};
	require_bytes("03003e"
		      "00010203"
		      "03"
		      "00"
		      "e4"
		      "1f"
		      "b4"
		      "01"
		      "021112131415"
		      "00000258"
		      "0000001e"
		      "21222324"
		      "31323334"
		      "41424344"
		      "0107"
		      "9c40"
		      "0019"
		      "09dd"
		      "07d0"
		      "cb007105"
		      "c6336419"
		      "0a00020b"
		      "0a000264");
	sent.type = WIRE_SESSION6;
	sent.session.kind |= MX_SESSION_CLIENT6;
	sent.session.client = (struct mx_addr){{0x20, 1, [15] = 1}};
	sent.session.vip = (struct mx_addr){{0x20, 1, [15] = 2}};
	require_bytes("04006e"
		      "00010203"
		      "03"
		      "40"
		      "e4"
		      "1f"
		      "b4"
		      "01"
		      "021112131415"
		      "00000258"
		      "0000001e"
		      "21222324"
		      "31323334"
		      "41424344"
		      "0107"
		      "9c40"
		      "0019"
		      "09dd"
		      "07d0"
		      "20010000000000000000000000000001"
		      "20010000000000000000000000000002"
		      "00000000000000000000ffff0a00020b"
		      "00000000000000000000ffff0a000264");
	sent = (struct wire_message){.type = WIRE_END, .slot = 0x010203};
	require_bytes("050004"
		      "00010203");
	sent = (struct wire_message){.type = WIRE_SYNCED};
	require_bytes("060000");
	sent = (struct wire_message){.type = WIRE_TICK,
				     .serial = 0xa1a2a3a4,
				     .serves = {0xb1, [31] = 0xb2}};
	require_bytes("070024"
		      "a1a2a3a4"
		      "b1000000000000000000000000000000"
		      "000000000000000000000000000000b2");
	ck_assert_mem_eq(taken.serves, sent.serves, sizeof(sent.serves));
	sent = (struct wire_message){.type = WIRE_DONE, .serial = 0xa1a2a3a4};
	require_bytes("080004"
		      "a1a2a3a4");
}
END_TEST

/* They cross the wire as they are in replicated.h. */
START_TEST(the_numbers_of_refusals_stay_what_they_are)
{
	ck_assert_int_eq(REPLICATED_REFUSED_NOT, 0);
	ck_assert_int_eq(REPLICATED_REFUSED_TLS, 1);
	ck_assert_int_eq(REPLICATED_REFUSED_VERSION, 2);
	ck_assert_int_eq(REPLICATED_REFUSED_BOX, 3);
	ck_assert_int_eq(REPLICATED_REFUSED_OWN, 4);
	ck_assert_int_eq(REPLICATED_REFUSED_TAKEN, 5);
	ck_assert_int_eq(REPLICATED_REFUSED_WORKERS, 6);
	ck_assert_int_eq(REPLICATED_REFUSED_COUNT, 7);
	ck_assert_int_eq(REPLICATED_REFUSED_KEY, 8);
	ck_assert_int_eq(REPLICATED_REFUSED_RECORD, 9);
	ck_assert_int_eq(REPLICATED_REFUSED_SPACE, 10);
	ck_assert_int_eq(REPLICATED_REFUSED_SILENT, 11);
	ck_assert_int_eq(REPLICATED_REFUSED_PLACES, 12);
}
END_TEST

START_TEST(random_sessions_come_as_they_went)
{
	srand(4);
	for (int i = 0; i < ROUNDS; i++) {
		const struct wire_session s = wiresample_random();
		const size_t bytes = wire_put_session(&s, room);

		ck_assert(wire_session_is_sound(&s));
		ck_assert_int_eq(take(room, bytes), (int)bytes);
		/* Padding is zero on both sides: taken was cleared. */
		ck_assert_mem_eq(&taken.session, &s, sizeof(s));
	}
}
END_TEST

START_TEST(a_hello_comes_as_it_went)
{
	sent = (struct wire_message){.type = WIRE_HELLO,
				     .hello = wiresample_hello()};
	sent.hello.ports = MX_PORTS_MAX;
	for (int i = 0; i < MX_PORTS_MAX; i++)
		memset(sent.hello.port[i], 'a' + i, MX_NAME_MAX - 1);
	const size_t bytes = wire_put(&sent, room);

	ck_assert_int_eq(take(room, bytes), (int)bytes);
	ck_assert_mem_eq(&taken.hello, &sent.hello, sizeof(sent.hello));
	sent.hello.ports = 0;
	memset(sent.hello.port, 0, sizeof(sent.hello.port));
	ck_assert_int_gt(take(room, wire_put(&sent, room)), 0);
	ck_assert_mem_eq(&taken.hello, &sent.hello, sizeof(sent.hello));
}
END_TEST

/* Messages one behind the other, of which more and more bytes are there. */
START_TEST(a_message_is_taken_when_its_last_byte_has_come)
{
	uint8_t stream[3 * WIRE_BYTES_MAX];
	const struct wire_session s = wiresample_session();
	size_t first, all;

	sent = (struct wire_message){.type = WIRE_HELLO,
				     .hello = wiresample_hello()};
	first = wire_put(&sent, stream);
	all = first + wire_put_session(&s, stream + first);
	for (size_t count = 0; count < first; count++)
		ck_assert_int_eq(take(stream, count), 0);
	for (size_t count = first; count <= all; count++)
		ck_assert_int_eq(take(stream, count), (int)first);
	for (size_t count = first; count < all; count++)
		ck_assert_int_eq(take(stream + first, count - first), 0);
	ck_assert_int_eq(take(stream + first, all - first), (int)(all - first));
	ck_assert_int_eq(taken.type, WIRE_SESSION4);
}
END_TEST

/* Set the length of the message in room[]. */
static void
set_body(size_t bytes)
{
	room[1] = (uint8_t)(bytes >> 8);
	room[2] = (uint8_t)bytes;
}

START_TEST(fields_of_a_later_version_are_passed_over)
{
	static const enum wire_type types[] = {
		WIRE_HELLO,  WIRE_WELCOME, WIRE_SESSION4, WIRE_END,
		WIRE_SYNCED, WIRE_TICK,    WIRE_DONE};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memset(&sent, 0, sizeof(sent));
		sent.type = types[i];
		if (types[i] == WIRE_HELLO)
			sent.hello = wiresample_hello();
		if (types[i] == WIRE_SESSION4)
			sent.session = wiresample_session();
		if (types[i] == WIRE_WELCOME)
			sent.welcome = (struct wire_welcome){1, 1, 0};
		const size_t bytes = wire_put(&sent, room);

		memset(room + bytes, 0xee, sizeof(room) - bytes);
		set_body(bytes - 3 + 20);
		ck_assert_int_eq(take(room, bytes + 20), (int)bytes + 20);
		ck_assert_int_eq(taken.type, types[i]);
		set_body(WIRE_BYTES_MAX - 3);
		ck_assert_int_eq(take(room, WIRE_BYTES_MAX), WIRE_BYTES_MAX);
		set_body(WIRE_BYTES_MAX - 2);
		ck_assert_int_eq(take(room, 3), -EPROTO);
	}
}
END_TEST

START_TEST(a_body_that_is_too_short_is_refused_at_once)
{
	struct wire_session s = wiresample_session();

	for (int type = WIRE_HELLO; type < WIRE_TYPES; type++) {
		if (type == WIRE_SYNCED)
			continue;
		sent = (struct wire_message){.type = (enum wire_type)type};
		if (type == WIRE_SESSION6)
			s.kind |= MX_SESSION_CLIENT6;
		if (type == WIRE_SESSION4 || type == WIRE_SESSION6)
			sent.session = s;
		const size_t bytes = wire_put(&sent, room);

		set_body(bytes - 4);
		ck_assert_int_eq(take(room, 3), -EPROTO);
		ck_assert_int_eq(take(room, bytes), -EPROTO);
	}
	/* The names of ports end within the body. */
	sent = (struct wire_message){.type = WIRE_HELLO,
				     .hello = wiresample_hello()};
	const size_t bytes = wire_put(&sent, room);

	for (size_t cut = 1; cut <= 8; cut++) {
		set_body(bytes - 3 - cut);
		ck_assert_int_eq(take(room, bytes), -EPROTO);
	}
}
END_TEST

START_TEST(an_unknown_type_is_refused_at_once)
{
	memset(room, 0, sizeof(room));
	for (int type = 0; type < 256; type++) {
		room[0] = (uint8_t)type;
		ck_assert_int_eq(
			take(room, 1),
			type >= WIRE_HELLO && type < WIRE_TYPES ? 0 : -EPROTO);
	}
}
END_TEST

#define REFUSED_HELLO(change)                                                  \
	do {                                                                   \
		sent = (struct wire_message){.type = WIRE_HELLO,               \
					     .hello = wiresample_hello()};     \
		struct wire_hello *h = &sent.hello;                            \
		change;                                                        \
		ck_assert_int_eq(take(room, wire_put(&sent, room)), -EPROTO);  \
	} while (0)

START_TEST(a_hello_that_cannot_be_is_refused)
{
	REFUSED_HELLO(h->version_from = 0);
	REFUSED_HELLO(h->version_from = 2);
	REFUSED_HELLO(h->box = 0);
	REFUSED_HELLO(h->box = MX_BOXES_MAX + 1);
	REFUSED_HELLO(h->workers = 0);
	REFUSED_HELLO(h->workers = MX_WORKERS_MAX + 1);
	REFUSED_HELLO(h->sessions_max = 0);
	REFUSED_HELLO(h->sessions_max = MX_SESSIONS_MAX + 1);
	REFUSED_HELLO(h->port[1][0] = '\0');
	REFUSED_HELLO(h->port[1][1] = ' ');
	REFUSED_HELLO(h->port[0][0] = '\x7f');
	sent.hello = wiresample_hello();
	const size_t bytes = wire_put(&sent, room);

	room[67] = MX_PORTS_MAX + 1; /* the number of ports */
	ck_assert_int_eq(take(room, bytes), -EPROTO);
	room[67] = 2;
	ck_assert_int_eq(take(room, bytes), (int)bytes);
	room[3] ^= 1; /* the magic number */
	ck_assert_int_eq(take(room, bytes), -EPROTO);
}
END_TEST

static int
take_welcome(uint16_t version, uint8_t box, uint8_t refusal)
{
	sent = (struct wire_message){.type = WIRE_WELCOME,
				     .welcome = {version, box, refusal}};
	return take(room, wire_put(&sent, room));
}

START_TEST(a_welcome_names_a_version_or_a_refusal)
{
	ck_assert_int_eq(take_welcome(1, 1, 0), 7);
	ck_assert_int_eq(take_welcome(0, 1, REPLICATED_REFUSED_KEY), 7);
	ck_assert_int_eq(taken.welcome.refusal, REPLICATED_REFUSED_KEY);
	ck_assert_int_eq(take_welcome(0, 1, 200), 7);
	ck_assert_int_eq(taken.welcome.refusal, REPLICATED_REFUSED_VERSION);
	ck_assert_int_eq(take_welcome(0, 1, 0), -EPROTO);
	ck_assert_int_eq(take_welcome(1, 0, 0), -EPROTO);
	ck_assert_int_eq(take_welcome(1, MX_BOXES_MAX + 1, 0), -EPROTO);
}
END_TEST

START_TEST(an_end_of_no_slot_is_refused)
{
	sent = (struct wire_message){.type = WIRE_END, .slot = MX_SESSIONS_MAX};
	ck_assert_int_eq(take(room, wire_put(&sent, room)), -EPROTO);
}
END_TEST

START_TEST(the_highest_version_of_both_is_spoken)
{
	struct wire_hello hello = wiresample_hello();

	ck_assert_uint_eq(wire_version(&hello), 1);
	hello.version_to = 9;
	ck_assert_uint_eq(wire_version(&hello), WIRE_VERSION_TO);
	hello.version_from = WIRE_VERSION_TO + 1;
	ck_assert_uint_eq(wire_version(&hello), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wire");
	TCase *tc = tcase_create("wire");

	tcase_add_test(tc, the_bytes_of_a_message_stay_what_they_are);
	tcase_add_test(tc, the_numbers_of_refusals_stay_what_they_are);
	tcase_add_test(tc, random_sessions_come_as_they_went);
	tcase_add_test(tc, a_hello_comes_as_it_went);
	tcase_add_test(tc, a_message_is_taken_when_its_last_byte_has_come);
	tcase_add_test(tc, fields_of_a_later_version_are_passed_over);
	tcase_add_test(tc, a_body_that_is_too_short_is_refused_at_once);
	tcase_add_test(tc, an_unknown_type_is_refused_at_once);
	tcase_add_test(tc, a_hello_that_cannot_be_is_refused);
	tcase_add_test(tc, a_welcome_names_a_version_or_a_refusal);
	tcase_add_test(tc, an_end_of_no_slot_is_refused);
	tcase_add_test(tc, the_highest_version_of_both_is_spoken);
	suite_add_tcase(s, tc);
	return s;
}
