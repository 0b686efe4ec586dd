/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors about a session's packets reach the end that sent the packet, as
 * if no balancer were in between.
 * Method: real worker_poll(); an error as a router makes it goes in.  The
 * expected error is built from scratch. */
#include <stdlib.h>
#include <string.h>

#include "errortalk.h"
#include "runner.h"

/* The meaning of an error in the other family, for an MTU of 1400 and 1420. */
struct meaning {
	uint8_t type, code;
	uint32_t mtu;
};
static const struct {
	struct meaning four, six;
	bool from4, from6; /* which is turned into the other */
} meanings[] = {
	{{3, 0, 0}, {1, 0, 0}, true, false},
	{{3, 1, 0}, {1, 0, 0}, true, true},
	{{3, 1, 0}, {1, 3, 0}, false, true},
	{{3, 3, 0}, {1, 4, 0}, true, true},
	{{3, 10, 0}, {1, 1, 0}, true, true},
	{{3, 13, 0}, {1, 1, 0}, true, false},
	{{3, 4, 1400}, {2, 0, 1420}, true, true},
	{{3, 4, 500}, {2, 0, 1280}, true, false},
	{{3, 4, 0}, {2, 0, 1280}, true, false},
	{{3, 4, 1260}, {2, 0, 5}, false, true},
	{{3, 4, 65535}, {2, 0, 100000}, false, true},
	{{11, 0, 0}, {3, 0, 0}, true, true},
};
#define MEANINGS (int)RTE_DIM(meanings)

static struct error
error_about(uint16_t port, const struct segment *about,
	    const struct meaning *meaning)
{
	struct error error = talk_error(port, about);

	error.type = meaning->type;
	error.code = meaning->code;
	error.mtu = meaning->mtu;
	return error;
}

static void
expect_error(uint16_t port, const struct error *error)
{
	uint8_t frame[FRAME_MAX];

	talk_assert_frame(rig, port, frame, frame_error(frame, error));
	talk_assert_silence(rig);
}

/* The packet as its sender sent it, with that time to live. */
static struct segment
as_sent(struct segment said, uint8_t ttl)
{
	said.ttl = ttl;
	said.made = true;
	return said;
}

/* An error about a packet to the backend, and the error that the client
 * gets. */
static void
client_is_told(const struct proxytalk *p, uint16_t worker,
	       const struct meaning *told, const struct meaning *tells,
	       uint16_t quote_bytes)
{
	struct segment said = proxytalk_in(p, ACK | PSH, 300, 700);
	said.payload_bytes = 1200;
	said.tos = 0x48;
	struct segment left = talk_left_in(&p->talk, said);
	left.seq += p->shift;
	left.ttl = 9;

	struct error error = error_about(LAN, &left, told);
	error.quote_bytes = quote_bytes;
	errortalk_put(worker, LAN, &error);

	const struct segment sent = as_sent(said, 9);
	error = error_about(LAN, &sent, tells);
	error.from = p->talk.vip;
	error.to = p->talk.client;
	error.quote_bytes = quote_bytes;
	error.made = true;
	expect_error(WAN, &error);
}

/* An error about a packet to the client, and the error that the backend
 * gets. */
static void
backend_is_told(const struct proxytalk *p, uint16_t worker,
		const struct meaning *told, const struct meaning *tells,
		uint16_t quote_bytes)
{
	struct segment said = proxytalk_back(p, ACK | PSH, 700, 300);
	said.payload_bytes = 1200;
	said.tos = 0x48;
	struct segment left = talk_left_back(&p->talk, said);
	left.ack -= p->shift;
	left.ttl = 9;

	struct error error = error_about(WAN, &left, told);
	error.quote_bytes = quote_bytes;
	errortalk_put(worker, WAN, &error);

	const struct segment sent = as_sent(said, 9);
	error = error_about(WAN, &sent, tells);
	if (errortalk_is4(&p->talk.client) != errortalk_is4(&p->talk.mta))
		error.from = p->talk.local;
	error.from.mac = rig_local.mac;
	error.to = p->talk.mta;
	error.quote_bytes = quote_bytes;
	error.made = true;
	expect_error(LAN, &error);
}

static const struct meaning *
meaning_in(int row, bool four)
{
	return four ? &meanings[row].four : &meanings[row].six;
}

/* Does the error exist in that family?  And if it changes its family, does it
 * change as the row says? */
static bool
is_a_case(int row, bool made4, bool told4)
{
	return made4 == told4 ||
	       (made4 ? meanings[row].from4 : meanings[row].from6);
}

START_TEST(errors_about_packets_to_the_backend_reach_the_client)
{
	const struct proxytalk p = errortalk_open(_i);
	const bool made4 = errortalk_is4(&p.talk.mta),
		   told4 = errortalk_is4(&p.talk.client);

	for (int row = 0; row < MEANINGS; row++)
		if (is_a_case(row, made4, told4))
			client_is_told(&p, 0, meaning_in(row, made4),
				       meaning_in(row, told4), 0);
	/* Old routers quote 8 bytes (RFC 792). */
	for (uint16_t quote = 8; quote <= 24; quote += 4)
		client_is_told(&p, 0, meaning_in(1, made4),
			       meaning_in(1, told4), quote);
}
END_TEST

START_TEST(errors_about_packets_to_the_client_reach_the_backend)
{
	const struct proxytalk p = errortalk_open(_i);
	const bool made4 = errortalk_is4(&p.talk.client),
		   told4 = errortalk_is4(&p.talk.mta);

	for (int row = 0; row < MEANINGS; row++)
		if (is_a_case(row, made4, told4))
			backend_is_told(&p, 0, meaning_in(row, made4),
					meaning_in(row, told4), 0);
	for (uint16_t quote = 8; quote <= 24; quote += 4)
		backend_is_told(&p, 0, meaning_in(1, made4),
				meaning_in(1, told4), quote);
}
END_TEST

START_TEST(an_error_about_the_syn_has_its_own_number)
{
	struct proxytalk p = errortalk_open(_i);
	const bool made4 = errortalk_is4(&p.talk.mta),
		   told4 = errortalk_is4(&p.talk.client);
	struct segment said = talk_in(&p.talk, SYN);

	said.seq = p.c;
	struct segment left = talk_left_in(&p.talk, said);
	struct error error = error_about(LAN, &left, meaning_in(1, made4));
	errortalk_put(0, LAN, &error);
	const struct segment sent = as_sent(said, 63);
	error = error_about(LAN, &sent, meaning_in(1, told4));
	error.from = p.talk.vip;
	error.to = p.talk.client;
	error.made = true;
	expect_error(WAN, &error);
}
END_TEST

START_TEST(whichever_worker_an_error_comes_to)
{
	struct proxytalk p[ERRORTALK_WAYS];

	rig_free(rig);
	rig = rig_make((uint16_t)_i);
	srand(4);
	for (int way = 0; way < ERRORTALK_WAYS; way++)
		p[way] = errortalk_open(way);
	for (int i = 0; i < 500; i++) {
		const int way = rand() % ERRORTALK_WAYS;
		const bool in4 = errortalk_is4(&p[way].talk.client);
		const bool out4 = errortalk_is4(&p[way].talk.mta);
		const uint16_t worker = (uint16_t)(rand() % _i);

		client_is_told(&p[way], worker, meaning_in(6, out4),
			       meaning_in(6, in4), 0);
		backend_is_told(&p[way], worker, meaning_in(6, in4),
				meaning_in(6, out4), 0);
	}
	uint64_t handed = 0;
	for (int w = 0; w < _i; w++)
		handed += rig->count[w].handed_off;
	ck_assert(_i == 1 || handed > 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("icmp");
	TCase *t = tcase_create("icmp");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
		t, errors_about_packets_to_the_backend_reach_the_client, 0,
		ERRORTALK_WAYS);
	tcase_add_loop_test(
		t, errors_about_packets_to_the_client_reach_the_backend, 0,
		ERRORTALK_WAYS);
	tcase_add_loop_test(t, an_error_about_the_syn_has_its_own_number, 0,
			    ERRORTALK_WAYS);
	tcase_add_loop_test(t, whichever_worker_an_error_comes_to, 1, 5);
	suite_add_tcase(s, t);
	return s;
}
