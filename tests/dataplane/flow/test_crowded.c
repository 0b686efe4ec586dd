/* SPDX-License-Identifier: BSD-3-Clause */
/* All local ports are in use, nearly all by live sessions.  A new client gets,
 * at its first SYN, the port of the oldest session that carries no mail.  No
 * live session is given up.
 * Method: one worker and one local address with all of its 64,512 ports; whole
 * handshakes, in bursts.  Each number n is a client, whose SYN has number n. */
#include "runner.h"
#include "talk.h"

#define PLACES 70000u /* more than ports */
#define SPARE 40u     /* sessions that may be given up */
#define BURST 32u

/* The number of ports of each client. */
#define CLIENT_PORTS 50000u
#define CLIENTS 400000u

static struct rig *rig;
static uint8_t out[FRAME_MAX];

/* An MTA's sight of the session of client n: its peer, and itself. */
static struct {
	uint16_t local_port;
	uint8_t mta;
} seen[CLIENTS];

static void
setup(void)
{
	rig = rig_make_sized(1, PLACES, 1);
	ck_assert_uint_eq(rig->worker[0]->map[0].count, MX_LOCAL_PORTS);
}

static void
teardown(void)
{
	rig_free(rig);
}

static struct segment
from_client(uint32_t n, uint8_t flags, uint32_t ahead)
{
	struct end client =
		talk_client(false, (uint16_t)(10000 + n % CLIENT_PORTS));

	client.ip.byte[15] = (uint8_t)(10 + n / CLIENT_PORTS);
	return (struct segment){.from = client,
				.to = rig_vip,
				.flags = flags,
				.seq = n + ahead,
				.ack = flags & ACK ? 1 : 0};
}

static struct segment
from_mta(uint32_t n, uint8_t flags, uint32_t seq)
{
	struct segment said = {.from = rig_mta(seen[n].mta),
			       .to = rig_local,
			       .flags = flags,
			       .seq = seq,
			       .ack = n + 1};

	said.to.port = seen[n].local_port;
	return said;
}

/* Note which port each SYN that left has; returns how many did. */
static uint32_t
see_syns(void)
{
	uint32_t count = 0;
	uint16_t bytes;

	while ((bytes = rig_get(rig, LAN, out)) > 0) {
		struct segment left;

		frame_read(out, bytes, &left);
		ck_assert_uint_eq(left.flags, SYN);
		ck_assert_uint_lt(left.seq, CLIENTS);
		seen[left.seq].local_port = left.from.port;
		seen[left.seq].mta = (uint8_t)rig_mta_number(&left.to.ip);
		count++;
	}
	return count;
}

/* The SYNs of clients [first..first + count); returns how many get a port. */
static uint32_t
knock(uint32_t first, uint32_t count)
{
	uint32_t got = 0;

	for (uint32_t i = 0; i < count; i += BURST) {
		for (uint32_t n = i; n < count && n < i + BURST; n++) {
			const struct segment syn =
				from_client(first + n, SYN, 0);

			rig_send(rig, 0, WAN, &syn);
		}
		rig_poll(rig);
		got += see_syns();
	}
	return got;
}

/* Send one segment of each session, in bursts. */
static void
say_each(uint32_t first, uint32_t count, uint16_t port, uint8_t flags,
	 uint32_t number)
{
	for (uint32_t i = 0; i < count; i++) {
		struct segment said =
			port == WAN ? from_client(first + i, flags, number)
				    : from_mta(first + i, flags, number);

		said.payload_bytes = flags & PSH ? 9 : 0;
		rig_send(rig, 0, port, &said);
		if ((i + 1) % BURST == 0 || i + 1 == count) {
			rig_poll(rig);
			rig_flush(rig);
		}
	}
}

/* Complete the handshake, and send the greeting. */
static void
establish(uint32_t first, uint32_t count)
{
	say_each(first, count, LAN, SYN | ACK, 0);
	say_each(first, count, WAN, ACK, 1);
	say_each(first, count, LAN, ACK | PSH, 1);
}

static void
open_all(uint32_t first, uint32_t count)
{
	ck_assert_uint_eq(knock(first, count), count);
	establish(first, count);
}

static void
close_all(uint32_t first, uint32_t count)
{
	say_each(first, count, WAN, FIN | ACK, 1);
	say_each(first, count, LAN, FIN | ACK, 10);
}

static uint32_t
in_state(uint8_t state)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < PLACES; i++)
		count += atomic_load(&rig->file[0]->session[i].state) == state;
	return count;
}

static uint16_t
knock_one(uint32_t n)
{
	ck_assert_uint_eq(knock(n, 1), 1);
	return seen[n].local_port;
}

static void
assert_refused(uint32_t n)
{
	const uint64_t before = rig_dropped(rig, MX_DROP_NO_PORT);

	ck_assert_uint_eq(knock(n, 1), 0);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_PORT), before + 1);
}

/* Open sessions that carry mail and end. */
static void
make_history(uint32_t first, uint32_t count)
{
	open_all(first, count);
	close_all(first, count);
	rig_pass_s(rig, 120);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}

/* Sessions that are over hold SPARE of all ports.  The case runs on a fresh
 * worker, and on one whose earlier sessions have come and gone. */
START_TEST(ports_of_sessions_that_are_over_are_found_at_once_oldest_first)
{
	const uint32_t live = MX_LOCAL_PORTS - SPARE;
	const uint32_t fresh = 100000;

	if (_i > 0)
		make_history(200000, 60000);
	open_all(0, MX_LOCAL_PORTS);
	ck_assert_uint_eq(atomic_load(&rig->worker[0]->map[0].used),
			  MX_LOCAL_PORTS);
	close_all(live, SPARE);
	ck_assert_uint_eq(in_state(MX_SESSION_ESTABLISHED), live);
	ck_assert_uint_eq(in_state(MX_SESSION_CLOSING), SPARE);
	assert_refused(fresh); /* their last ACKs may be under way */
	rig_pass_s(rig, 1);
	for (uint32_t i = 0; i < SPARE; i++)
		ck_assert_uint_eq(knock_one(fresh + i),
				  seen[live + i].local_port);
	establish(fresh, SPARE);
	ck_assert_uint_eq(in_state(MX_SESSION_ESTABLISHED), MX_LOCAL_PORTS);
	assert_refused(fresh + SPARE);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_PORT), 2);
}
END_TEST

/* The same, but handshakes that are never completed hold the ports.  Some were
 * begun before the live sessions, and some in between. */
START_TEST(ports_of_half_open_sessions_are_found_at_once_oldest_first)
{
	const uint32_t part = (MX_LOCAL_PORTS - SPARE) / 2;
	const uint32_t half = 300000, fresh = 100000;

	ck_assert_uint_eq(knock(half, SPARE / 2), SPARE / 2);
	open_all(0, part);
	ck_assert_uint_eq(knock(half + SPARE / 2, SPARE / 2), SPARE / 2);
	open_all(part, part);
	ck_assert_uint_eq(atomic_load(&rig->worker[0]->map[0].used),
			  MX_LOCAL_PORTS);
	for (uint32_t i = 0; i < SPARE; i++) {
		ck_assert_uint_eq(knock_one(fresh + i),
				  seen[half + i].local_port);
		establish(fresh + i, 1);
	}
	ck_assert_uint_eq(in_state(MX_SESSION_ESTABLISHED), MX_LOCAL_PORTS);
	assert_refused(fresh + SPARE);
}
END_TEST

/* The flood goes on while honest clients come; each of them is served by its
 * first SYN, and stays. */
START_TEST(a_flood_that_holds_all_ports_shuts_no_honest_client_out)
{
	uint32_t flooder = 0;
	const uint32_t honest = 300000;

	flooder += knock(flooder, MX_LOCAL_PORTS);
	ck_assert_uint_eq(flooder, MX_LOCAL_PORTS);
	for (uint32_t i = 0; i < 500; i++) {
		flooder += knock(flooder, 100);
		knock_one(honest + i);
		flooder += knock(flooder, 100);
		establish(honest + i, 1);
	}
	ck_assert_uint_eq(flooder, MX_LOCAL_PORTS + 100000);
	ck_assert_uint_eq(in_state(MX_SESSION_ESTABLISHED), 500);
	ck_assert_uint_eq(in_state(MX_SESSION_OPENING), MX_LOCAL_PORTS - 500);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_PORT), 0);
}
END_TEST

/* A stranger that repeats its SYN with another number is no younger for it. */
START_TEST(a_syn_with_another_number_keeps_the_place_in_the_queue)
{
	ck_assert_uint_eq(knock(0, MX_LOCAL_PORTS), MX_LOCAL_PORTS);
	struct segment again = from_client(0, SYN, 0);

	again.seq += 100000;
	rig_send(rig, 0, WAN, &again);
	rig_poll(rig);
	ck_assert_uint_eq(see_syns(), 1);
	ck_assert_uint_eq(knock_one(300000), seen[0].local_port);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("crowded");
	TCase *t = tcase_create("crowded");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
		t,
		ports_of_sessions_that_are_over_are_found_at_once_oldest_first,
		0, 2);
	tcase_add_test(
		t, ports_of_half_open_sessions_are_found_at_once_oldest_first);
	tcase_add_test(t,
		       a_flood_that_holds_all_ports_shuts_no_honest_client_out);
	tcase_add_test(t,
		       a_syn_with_another_number_keeps_the_place_in_the_queue);
	suite_add_tcase(s, t);
	return s;
}
