/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits of clients: the table has exactly the sessions that there are, and what
 * nobody has proven changes nothing.
 * Method: real worker_poll(); after each step of a random walk the table is
 * compared with all session files. */
#include <stdlib.h>
#include <string.h>

#include "limit.h"
#include "limitrig.h"
#include "runner.h"
#include "tcpstate.h"

/* The same by the twin: all session files. */
static uint32_t
walk(enum rig_service service, const struct mx_addr *addr, uint8_t bits)
{
	const struct mx_addr wanted = mx_addr_first(addr, bits);
	uint32_t count = 0;

	for (uint16_t w = 0; w < rig->workers; w++)
		for (uint32_t i = 0; i < rig->file[w]->count; i++) {
			const struct mx_session *s = &rig->file[w]->session[i];

			if (s->service != service ||
			    !mx_session_is_begun(s->state,
						 session_is_direct(s)))
				continue;
			const struct mx_addr its =
				session_ends(&rig->worker[w]->sessions, s)
					.client;
			const struct mx_addr first = mx_addr_first(&its, bits);
			count += mx_addr_equal(&first, &wanted);
		}
	return count;
}

#define CLIENTS 6u

static void
say_at_random(uint32_t n, bool direct)
{
	static const uint8_t flags[] = {SYN,       SYN,       ACK,
					ACK | PSH, FIN | ACK, RST};
	const uint8_t its = flags[rand() % 6];
	const struct end from =
		limitrig_client(n, (uint16_t)(40000 + rand() % 6));
	struct segment said = {
		.from = from,
		.to = rig_vip_of(direct ? RIG_DSR_TO4 : RIG_FULLNAT_TO4, false),
		.flags = its,
		.seq = its == SYN ? n : n + 1,
		.ack = its & ACK ? 1 : 0};

	said.payload_bytes = its & PSH ? 9 : 0;
	if (its == SYN && rand() % 8 == 0)
		said.seq += 1000; /* the client has begun anew */
	rig_send(rig, (uint16_t)(rand() % 2), WAN, &said);
}

static void
answer_at_random(const struct mx_session *s)
{
	static const uint8_t flags[] = {SYN | ACK, SYN | ACK, ACK,
					ACK | PSH, FIN | ACK, RST | ACK};
	const uint8_t its = flags[rand() % 6];
	struct segment said = {.from = rig_mta(s->backend),
			       .to = rig_local,
			       .flags = its,
			       .seq = its & SYN ? 0 : 1,
			       .ack = s->client_seq};

	said.to.ip = mx_addr_from4(s->local_be);
	said.to.port = rte_be_to_cpu_16(s->local_port_be);
	said.payload_bytes = its & PSH ? 9 : 0;
	rig_send(rig, (uint16_t)(rand() % 2), LAN, &said);
}

/* The table is right about each client.  Returns how many sessions count. */
static uint64_t
check_all(uint8_t bits)
{
	static const enum rig_service both[] = {RIG_FULLNAT_TO4, RIG_DSR_TO4};
	uint64_t sessions = 0;

	for (uint32_t n = 0; n < CLIENTS; n++)
		for (int i = 0; i < 2; i++) {
			const struct end end = limitrig_client(n, 1);
			const uint32_t its = walk(both[i], &end.ip, 128);

			ck_assert_uint_eq(
				limitrig_seen(both[i], &end.ip, 128).sessions,
				its);
			ck_assert_uint_eq(
				limitrig_seen(both[i], &end.ip, bits).sessions,
				walk(both[i], &end.ip, bits));
			sessions += its;
		}
	/* Nothing else is in it: each counts by its address and its prefix. */
	ck_assert_uint_eq(limitrig_sum(), 2 * sessions);
	return sessions;
}

/* Clients over their limit that got nothing, and those that got a reset. */
static uint64_t
refused_all(void)
{
	uint64_t sum = rig_dropped(rig, MX_DROP_CLIENT_LIMIT);

	for (uint16_t w = 0; w < rig->workers; w++)
		for (int i = 0; i < RIG_SERVICES; i++)
			sum += rig->count[w].told[i][MX_ANSWER_RESET]
						 [MX_DROP_CLIENT_LIMIT];
	return sum;
}

START_TEST(the_table_is_what_the_session_files_say_whatever_happens)
{
	struct mx_client_limits some = limitrig_limits(2, 3);
	uint64_t counted = 0, refused = 0;

	rig_free(rig);
	rig = rig_make_sized(2, 24, 2);
	rig_set_limits(rig, &some);
	srand(11);
	for (int i = 0; i < 30000; i++) {
		const struct mx_session *s =
			&rig->file[rand() % 2]->session[rand() % 24];

		if (rand() % 2)
			say_at_random((uint32_t)rand() % CLIENTS,
				      rand() % 4 == 0);
		else if (s->state != MX_SESSION_FREE && !session_is_direct(s))
			answer_at_random(s);
		rig_poll(rig);
		if (rand() % 50 == 0)
			rig_pass_s(rig, (uint32_t)rand() % 60);
		if (rand() % 100 == 0)
			rig_pass_ms(rig, 2000);
		if (rand() % 1000 == 0) {
			refused += refused_all();
			rig_restart(rig);
		}
		if (rand() % 500 == 0) {
			some.sessions = 1 + (uint32_t)rand() % 3;
			some.prefix4 = (uint8_t)(96 + 20 + rand() % 8);
			rig_set_limits(rig, &some);
		}
		rig_flush(rig);
		counted += check_all(some.prefix4);
	}
	ck_assert_uint_gt(counted, 100000); /* many sessions were there */
	ck_assert_uint_gt(refused, 100);
}
END_TEST

START_TEST(sessions_end_on_each_worker_and_all_are_given_back)
{
	limitrig_set(200, 400);
	for (uint16_t port = 1; port <= 150; port++)
		ck_assert(limitrig_opens_from(
			&(struct end){
				.mac = rig_client.mac,
				.ip = rig_client.ip,
				.port = (uint16_t)(1000 + port),
			},
			RIG_FULLNAT_TO4));
	ck_assert_uint_gt(rig->worker[0]->sessions.used, 0);
	ck_assert_uint_gt(rig->worker[1]->sessions.used, 0);
	ck_assert_uint_eq(walk(RIG_FULLNAT_TO4, &rig_client.ip, 128), 150);
	ck_assert_uint_eq(
		limitrig_seen(RIG_FULLNAT_TO4, &rig_client.ip, 128).sessions,
		150);
	rig_restart(rig);
	ck_assert_uint_eq(
		limitrig_seen(RIG_FULLNAT_TO4, &rig_client.ip, 128).sessions,
		150);
	ck_assert_uint_eq(limitrig_sum(), 300);
	rig_pass_s(rig, 901);
	ck_assert_uint_eq(limitrig_sum(), 0);
}
END_TEST

START_TEST(forged_syns_and_acks_leave_the_table_as_it_is)
{
	limitrig_set(5, 10);
	const struct clients *clients = limiter_of(rig->worker[0])->clients;
	const size_t bytes = clients->buckets * sizeof(*clients->bucket);
	void *before = malloc(bytes);

	ck_assert_ptr_nonnull(before);
	for (uint16_t port = 1; port < 5; port++)
		limitrig_opens_from(&(struct end){.mac = rig_client.mac,
						  .ip = rig_client.ip,
						  .port = port},
				    RIG_FULLNAT_TO4);
	memcpy(before, clients->bucket, bytes);
	for (uint32_t i = 0; i < 3000; i++) {
		struct segment said = {.from = rig_client,
				       .to = rig_vip,
				       .flags = i % 3 == 0 ? ACK : SYN,
				       .seq = i,
				       .ack = i};

		said.from.ip.byte[14] = (uint8_t)(i >> 8);
		said.from.ip.byte[15] = (uint8_t)i;
		said.from.port = (uint16_t)(i / 7 + 10);
		rig_send(rig, 0, WAN, &said);
		rig_poll(rig);
		rig_flush(rig);
	}
	ck_assert_int_eq(memcmp(before, clients->bucket, bytes), 0);
	free(before);
}
END_TEST

START_TEST(limits_that_come_later_count_the_sessions_that_are_there)
{
	struct end from = rig_client;

	for (from.port = 1; from.port <= 5; from.port++)
		ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_ptr_null(limiter_of(rig->worker[0]));
	limitrig_set(3, 0); /* fewer than there are: none is ended */
	ck_assert_uint_eq(
		limitrig_seen(RIG_FULLNAT_TO4, &from.ip, 128).sessions, 5);
	ck_assert(!limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	/* Other prefixes, and then no limit at all. */
	limitrig_set(30, 40);
	ck_assert_uint_eq(limitrig_sum(), 10);
	rig_set_limits(rig, &(struct mx_client_limits){0});
	ck_assert_uint_eq(limitrig_sum(), 0);
	ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_uint_eq(limitrig_sum(), 0);
	limitrig_set(30, 40);
	ck_assert_uint_eq(limitrig_sum(), 12);
}
END_TEST

/* End a session as an MTA does that has sent its QUIT. */
static void
quit(struct talk *talk)
{
	struct segment said = talk_in(talk, ACK | PSH);

	said.payload_bytes = 6;
	rig_send(rig, 0, WAN, &said);
	said = talk_back(talk, FIN | ACK);
	said.ack = 7;
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	said = talk_in(talk, FIN | ACK);
	said.seq = 7;
	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
	rig_flush(rig);
}

START_TEST(known_clients_have_a_reserve_of_slots)
{
	struct end from = rig_client, other = limitrig_client(1, 1);
	const uint32_t slots = 64;

	rig_free(rig);
	rig = rig_make_sized(1, slots, 2);
	limitrig_set(1000, 0);
	struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &from);
	ck_assert(limitrig_opens(&talk));
	quit(&talk);
	ck_assert(limitrig_seen(RIG_FULLNAT_TO4, &from.ip, 128).known);
	rig_pass_s(rig, 200);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	/* Strangers with silent sessions take all but the last sixteenth. */
	for (other.port = 1; other.port <= slots; other.port++)
		limitrig_opens_from(&other, RIG_FULLNAT_TO4);
	ck_assert_uint_eq(rig_sessions(rig), slots - slots / 16);
	ck_assert_uint_gt(rig_dropped(rig, MX_DROP_TABLE_FULL), 0);
	for (from.port = 1; from.port <= slots / 16; from.port++)
		ck_assert(limitrig_opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

/* End a session without a word. */
static void
leave_silently(struct talk *talk)
{
	struct segment said = talk_in(talk, FIN | ACK);

	rig_send(rig, 0, WAN, &said);
	said = talk_back(talk, FIN | ACK);
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	rig_flush(rig);
}

START_TEST(a_restart_knows_whose_sessions_have_just_ended)
{
	struct end talks = rig_client, silent = limitrig_client(1, 1);
	struct end counted = limitrig_client(2, 1);

	rig_free(rig);
	rig = rig_make_sized(1, 64, 2);
	limitrig_set(1000, 0);
	struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &talks);
	ck_assert(limitrig_opens(&talk));
	quit(&talk);
	talk = talk_make(rig, RIG_FULLNAT_TO4, &silent);
	ck_assert(limitrig_opens(&talk));
	leave_silently(&talk);
	ck_assert(limitrig_opens_from(&counted, RIG_FULLNAT_TO4));
	rig_restart(rig);
	ck_assert(limitrig_seen(RIG_FULLNAT_TO4, &talks.ip, 128).known);
	ck_assert(!limitrig_seen(RIG_FULLNAT_TO4, &silent.ip, 128).known);
	ck_assert_uint_eq(limitrig_sum(), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("limit");
	TCase *t = tcase_create("limit");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, limitrig_setup, onerig_teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(
		t, the_table_is_what_the_session_files_say_whatever_happens);
	tcase_add_test(t, sessions_end_on_each_worker_and_all_are_given_back);
	tcase_add_test(t, forged_syns_and_acks_leave_the_table_as_it_is);
	tcase_add_test(
		t, limits_that_come_later_count_the_sessions_that_are_there);
	tcase_add_test(t, known_clients_have_a_reserve_of_slots);
	tcase_add_test(t, a_restart_knows_whose_sessions_have_just_ended);
	suite_add_tcase(s, t);
	return s;
}
