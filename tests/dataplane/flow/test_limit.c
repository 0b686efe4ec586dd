/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits of clients: the table has exactly the sessions that there are, a client
 * over its limit is turned away, and what nobody has proven changes nothing.
 * Method: real worker_poll(); after each step of a random walk the table is
 * compared with all session files. */
#include <stdlib.h>
#include <string.h>

#include "limit.h"
#include "proxytalk.h"
#include "runner.h"
#include "talk.h"
#include "tcpstate.h"

static struct rig *rig;

static void
setup(void)
{
	rig = rig_make(2);
}

static void
teardown(void)
{
	rig_free(rig);
}

static struct mx_client_limits
limits(uint32_t sessions, uint32_t prefix_sessions)
{
	return (struct mx_client_limits){
		.sessions = sessions,
		.prefix_sessions = prefix_sessions,
		.prefix4 = 96 + 24,
		.prefix6 = 64,
		.used = 1,
	};
}

static void
set(uint32_t sessions, uint32_t prefix_sessions)
{
	const struct mx_client_limits some = limits(sessions, prefix_sessions);

	rig_set_limits(rig, &some);
}

/* What the table says of the first bits of an address. */
static struct clients_seen
seen(enum rig_service service, const struct mx_addr *addr, uint8_t bits)
{
	const struct clients *clients = limiter_of(rig->worker[0])->clients;
	const struct mx_addr first = mx_addr_first(addr, bits);

	return clients_look(
		clients, clients_key(clients, (uint8_t)service, &first, bits),
		rig->worker[0]->now_s);
}

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

/* The sum of all sessions in the table. */
static uint64_t
sum(void)
{
	const struct clients *clients = limiter_of(rig->worker[0])->clients;
	uint64_t sessions = 0;

	for (uint32_t b = 0; b < clients->buckets; b++)
		for (uint32_t i = 0; i < CLIENTS_BUCKET_ENTRIES; i++)
			sessions += clients->bucket[b].count[i] >> 8 & 0xffffff;
	return sessions;
}

/* Client n of few, of few /24. */
static struct end
client(uint32_t n, uint16_t port)
{
	struct end end = talk_client(false, port);

	end.ip.byte[14] = (uint8_t)(n % 3);
	end.ip.byte[15] = (uint8_t)n;
	return end;
}

/* A segment of a client by any worker's port: others hand it over. */
static void
send_in(struct talk *talk, uint8_t flags)
{
	const struct segment said = talk_in(talk, flags);

	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
}

/* Open a session up to its banner.  Returns whether it is there. */
static bool
opens(struct talk *talk)
{
	struct segment said;

	send_in(talk, SYN);
	if (talk_session(talk) == NULL)
		return false;
	said = talk_next(rig, LAN);
	talk->local = said.from;
	talk->mta = rig_mta(said.to.mac.addr_bytes[5]);
	rig_flush(rig);
	said = talk_back(talk, SYN | ACK);
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	rig_flush(rig);
	send_in(talk, ACK);
	if (talk_session(talk) == NULL)
		return false;
	rig_flush(rig);
	said = talk_back(talk, ACK | PSH);
	said.payload_bytes = 30;
	rig_send(rig, 0, LAN, &said);
	rig_poll(rig);
	rig_flush(rig);
	return true;
}

static bool
opens_from(const struct end *from, enum rig_service service)
{
	struct talk talk = talk_make(rig, service, from);
	const bool opened = opens(&talk);

	rig_flush(rig);
	return opened;
}

#define CLIENTS 6u

static void
say_at_random(uint32_t n, bool direct)
{
	static const uint8_t flags[] = {SYN,       SYN,       ACK,
					ACK | PSH, FIN | ACK, RST};
	const uint8_t its = flags[rand() % 6];
	const struct end from = client(n, (uint16_t)(40000 + rand() % 6));
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
			const struct end end = client(n, 1);
			const uint32_t its = walk(both[i], &end.ip, 128);

			ck_assert_uint_eq(seen(both[i], &end.ip, 128).sessions,
					  its);
			ck_assert_uint_eq(seen(both[i], &end.ip, bits).sessions,
					  walk(both[i], &end.ip, bits));
			sessions += its;
		}
	/* Nothing else is in it: each counts by its address and its prefix. */
	ck_assert_uint_eq(sum(), 2 * sessions);
	return sessions;
}

START_TEST(the_table_is_what_the_session_files_say_whatever_happens)
{
	struct mx_client_limits some = limits(2, 3);
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
			refused += rig_dropped(rig, MX_DROP_CLIENT_LIMIT);
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
	set(200, 400);
	for (uint16_t port = 1; port <= 150; port++)
		ck_assert(opens_from(
			&(struct end){
				.mac = rig_client.mac,
				.ip = rig_client.ip,
				.port = (uint16_t)(1000 + port),
			},
			RIG_FULLNAT_TO4));
	ck_assert_uint_gt(rig->worker[0]->sessions.used, 0);
	ck_assert_uint_gt(rig->worker[1]->sessions.used, 0);
	ck_assert_uint_eq(walk(RIG_FULLNAT_TO4, &rig_client.ip, 128), 150);
	ck_assert_uint_eq(seen(RIG_FULLNAT_TO4, &rig_client.ip, 128).sessions,
			  150);
	rig_restart(rig);
	ck_assert_uint_eq(seen(RIG_FULLNAT_TO4, &rig_client.ip, 128).sessions,
			  150);
	ck_assert_uint_eq(sum(), 300);
	rig_pass_s(rig, 901);
	ck_assert_uint_eq(sum(), 0);
}
END_TEST

START_TEST(a_client_gets_its_limit_and_no_session_more)
{
	struct end from = rig_client;

	set(5, 0);
	for (from.port = 1; from.port <= 5; from.port++)
		ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert(!opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 1);
	/* Another client, and another service, are not affected. */
	from.ip.byte[15]++;
	ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
	from = rig_client;
	from.port = 77;
	ck_assert(opens_from(&from, RIG_NAT_TO4));
}
END_TEST

/* Take a session to where its client's ACK is due. */
static void
almost_open(struct talk *talk)
{
	send_in(talk, SYN);
	const struct segment sent = talk_next(rig, LAN);
	talk->local = sent.from;
	talk->mta = rig_mta(sent.to.mac.addr_bytes[5]);
	const struct segment answer = talk_back(talk, SYN | ACK);
	rig_send(rig, 0, LAN, &answer);
	rig_poll(rig);
	rig_flush(rig);
}

START_TEST(a_client_over_its_limit_at_the_proof_is_reset_with_its_backend)
{
	static const enum rig_service modes[] = {RIG_FULLNAT_TO4, RIG_NAT_TO4,
						 RIG_V2_TO4};
	const enum rig_service mode = modes[_i];
	struct end first = talk_client(false, 1), second = first;

	set(1, 0);
	second.port = 2;
	struct talk one = talk_make(rig, mode, &first);
	struct talk other = talk_make(rig, mode, &second);
	almost_open(&one);
	almost_open(&other); /* both are half-open: nothing is counted yet */
	send_in(&one, ACK);
	rig_flush(rig);
	send_in(&other, ACK);
	struct segment to_backend = talk_next(rig, LAN);
	ck_assert_uint_eq(to_backend.flags, RST | ACK);
	ck_assert_uint_eq(to_backend.seq, 1);
	ck_assert_uint_eq(to_backend.ack, 1);
	ck_assert(mx_addr_equal(&to_backend.from.ip, &other.local.ip));
	ck_assert_uint_eq(to_backend.from.port, other.local.port);
	struct segment to_client = talk_next(rig, WAN);
	ck_assert_uint_eq(to_client.flags, RST | ACK);
	ck_assert_uint_eq(to_client.seq, 1);
	ck_assert_uint_eq(to_client.ack, 1);
	ck_assert(mx_addr_equal(&to_client.to.ip, &second.ip));
	ck_assert_uint_eq(to_client.to.port, 2);
	talk_assert_silence(rig);
	ck_assert_ptr_null(talk_session(&other));
	ck_assert_ptr_nonnull(talk_session(&one));
	ck_assert_uint_eq(seen(mode, &first.ip, 128).sessions, 1);
}
END_TEST

START_TEST(drop_resets_the_backend_and_says_nothing_to_the_client)
{
	struct mx_client_limits some = limits(1, 0);
	struct end first = talk_client(false, 1),
		   second = talk_client(false, 2);

	some.answer = MX_LIMIT_DROP;
	rig_set_limits(rig, &some);
	struct talk one = talk_make(rig, RIG_FULLNAT_TO4, &first);
	struct talk other = talk_make(rig, RIG_FULLNAT_TO4, &second);
	almost_open(&one);
	almost_open(&other);
	send_in(&one, ACK);
	rig_flush(rig);
	send_in(&other, ACK);
	ck_assert_uint_eq(talk_next(rig, LAN).flags, RST | ACK);
	talk_assert_silence(rig);
	struct talk third = talk_make(rig, RIG_FULLNAT_TO4,
				      &(struct end){
					      .mac = first.mac,
					      .ip = first.ip,
					      .port = 3,
				      });
	send_in(&third, SYN);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 2);
}
END_TEST

START_TEST(forged_syns_and_acks_leave_the_table_as_it_is)
{
	set(5, 10);
	const struct clients *clients = limiter_of(rig->worker[0])->clients;
	const size_t bytes = clients->buckets * sizeof(*clients->bucket);
	void *before = malloc(bytes);

	ck_assert_ptr_nonnull(before);
	for (uint16_t port = 1; port < 5; port++)
		opens_from(&(struct end){.mac = rig_client.mac,
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

START_TEST(a_client_that_resets_keeps_its_place_until_the_mta_confirms_it)
{
	struct end from = rig_client;
	struct talk talk[3];

	set(3, 0);
	for (int i = 0; i < 3; i++) {
		from.port = (uint16_t)(i + 1);
		talk[i] = talk_make(rig, RIG_FULLNAT_TO4, &from);
		ck_assert(opens(&talk[i]));
		struct segment reset = talk_in(&talk[i], RST);
		reset.seq = 99; /* it may be anyone's */
		rig_send(rig, 0, WAN, &reset);
		rig_poll(rig);
		rig_flush(rig);
		ck_assert_uint_eq(talk_state(&talk[i]), MX_SESSION_DOUBTED);
	}
	from.port = 9;
	ck_assert(!opens_from(&from, RIG_FULLNAT_TO4));
	/* One MTA knows the connection no more. */
	struct segment answer = talk_back(&talk[1], RST);
	answer.seq = 1;
	rig_send(rig, 0, LAN, &answer);
	rig_poll(rig);
	rig_flush(rig);
	ck_assert_uint_eq(seen(RIG_FULLNAT_TO4, &from.ip, 128).sessions, 2);
	ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(addresses_of_a_prefix_share_its_limit)
{
	struct end from = rig_client6;

	set(2, 20);
	/* A client of IPv6 that uses another address each time. */
	for (uint16_t i = 0; i < 40; i++) {
		from.ip.byte[14] = (uint8_t)i;
		ck_assert_int_eq(opens_from(&from, RIG_FULLNAT_TO4), i < 20);
	}
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_PREFIX_LIMIT), 20);
	from.ip.byte[7]++;
	ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(many_people_behind_one_address_are_let_in_if_it_is_allowed)
{
	struct mx_client_limits some = limits(2, 3);
	struct mx_plan *plan = rig_plan(rig);
	struct end from = rig_client;

	some.allow_count = plan->allows = 1;
	plan->allow[0] = (struct mx_prefix){from.ip, 128};
	rig_set_limits(rig, &some);
	for (from.port = 1; from.port <= 40; from.port++)
		ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
	/* They take nothing of their neighbours' prefix. */
	from.ip.byte[15]++;
	ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_uint_eq(seen(RIG_FULLNAT_TO4, &from.ip, 120).sessions, 1);
}
END_TEST

START_TEST(new_sessions_are_limited_in_ten_seconds)
{
	struct mx_client_limits some = limits(0, 0);
	struct end from = rig_client;
	int opened = 0;

	some.per_10s = 4;
	rig_set_limits(rig, &some);
	for (from.port = 1; from.port <= 10; from.port++)
		opened += opens_from(&from, RIG_FULLNAT_TO4);
	ck_assert_int_eq(opened, 4);
	rig_pass_s(rig, 20);
	ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(limits_that_come_later_count_the_sessions_that_are_there)
{
	struct end from = rig_client;

	for (from.port = 1; from.port <= 5; from.port++)
		ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_ptr_null(limiter_of(rig->worker[0]));
	set(3, 0); /* fewer than there are: none is ended */
	ck_assert_uint_eq(seen(RIG_FULLNAT_TO4, &from.ip, 128).sessions, 5);
	ck_assert(!opens_from(&from, RIG_FULLNAT_TO4));
	/* Other prefixes, and then no limit at all. */
	set(30, 40);
	ck_assert_uint_eq(sum(), 10);
	rig_set_limits(rig, &(struct mx_client_limits){0});
	ck_assert_uint_eq(sum(), 0);
	ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
	ck_assert_uint_eq(sum(), 0);
	set(30, 40);
	ck_assert_uint_eq(sum(), 12);
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
	struct end from = rig_client, other = client(1, 1);
	const uint32_t slots = 64;

	rig_free(rig);
	rig = rig_make_sized(1, slots, 2);
	set(1000, 0);
	struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &from);
	ck_assert(opens(&talk));
	quit(&talk);
	ck_assert(seen(RIG_FULLNAT_TO4, &from.ip, 128).known);
	rig_pass_s(rig, 200);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	/* Strangers with silent sessions take all but the last sixteenth. */
	for (other.port = 1; other.port <= slots; other.port++)
		opens_from(&other, RIG_FULLNAT_TO4);
	ck_assert_uint_eq(rig_sessions(rig), slots - slots / 16);
	ck_assert_uint_gt(rig_dropped(rig, MX_DROP_TABLE_FULL), 0);
	for (from.port = 1; from.port <= slots / 16; from.port++)
		ck_assert(opens_from(&from, RIG_FULLNAT_TO4));
}
END_TEST

START_TEST(with_direct_return_a_session_counts_from_its_data_on)
{
	struct end from = rig_client;
	struct segment said;

	set(1, 0);
	for (uint16_t port = 1; port <= 2; port++) {
		from.port = port;
		struct talk talk = talk_make(rig, RIG_IPIP_TO4, &from);

		send_in(&talk, SYN);
		send_in(&talk, ACK);
		rig_flush(rig);
	}
	ck_assert_uint_eq(sum(), 0);
	for (uint16_t port = 1; port <= 2; port++) {
		from.port = port;
		struct talk talk = talk_make(rig, RIG_IPIP_TO4, &from);

		said = talk_in(&talk, ACK | PSH);
		said.payload_bytes = 9;
		rig_send(rig, 0, WAN, &said);
		rig_poll(rig);
		if (port == 1)
			rig_flush(rig);
	}
	ck_assert_uint_eq(sum(), 1);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 1);
	const struct segment reset = talk_next(rig, WAN);
	ck_assert_uint_eq(reset.flags, RST);
	ck_assert_uint_eq(reset.seq, 1);
	uint8_t out[FRAME_MAX];
	ck_assert_uint_eq(rig_get(rig, LAN, out), 14 + 20 + 40);
	ck_assert_uint_eq(out[14 + 20 + 20 + 13], RST | ACK);
	talk_assert_silence(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("limit");
	TCase *t = tcase_create("limit");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(
		t, the_table_is_what_the_session_files_say_whatever_happens);
	tcase_add_test(t, sessions_end_on_each_worker_and_all_are_given_back);
	tcase_add_test(t, a_client_gets_its_limit_and_no_session_more);
	tcase_add_loop_test(
		t,
		a_client_over_its_limit_at_the_proof_is_reset_with_its_backend,
		0, 3);
	tcase_add_test(t,
		       drop_resets_the_backend_and_says_nothing_to_the_client);
	tcase_add_test(t, forged_syns_and_acks_leave_the_table_as_it_is);
	tcase_add_test(
		t,
		a_client_that_resets_keeps_its_place_until_the_mta_confirms_it);
	tcase_add_test(t, addresses_of_a_prefix_share_its_limit);
	tcase_add_test(
		t, many_people_behind_one_address_are_let_in_if_it_is_allowed);
	tcase_add_test(t, new_sessions_are_limited_in_ten_seconds);
	tcase_add_test(
		t, limits_that_come_later_count_the_sessions_that_are_there);
	tcase_add_test(t, known_clients_have_a_reserve_of_slots);
	tcase_add_test(t, with_direct_return_a_session_counts_from_its_data_on);
	suite_add_tcase(s, t);
	return s;
}
