/* SPDX-License-Identifier: BSD-3-Clause */
/* The proof of RSS by traffic: a card that does as it says is proven, and one
 * that hashes otherwise is doubted; then workers go on by rings and lose no
 * session.
 * Method: cards (cards.h) whose choice of a queue the test sets, real workers,
 * and the watch that a data plane has. */
#include <stdlib.h>
#include <string.h>

#include "proofrig.h"
#include "runner.h"

#define TALKS 1500

/* A card that reads back what it was given, and hashes something else. */
static const struct liar {
	const char *how;
	bool honest4, honest6;
	/* The flow whose hash the card takes for that of `flow`. */
	struct mx_flow (*hashed)(const struct mx_flow *flow);
	bool one_queue;
} liars[];

static struct proofrig rig;
static const struct liar *liar; /* NULL: the cards do as they say */
static struct mx_flow client[TALKS], inside[TALKS];

static struct mx_flow
without_ports(const struct mx_flow *flow)
{
	struct mx_flow hashed = *flow;

	hashed.src_port_be = 0;
	hashed.dst_port_be = 0;
	return hashed;
}

static struct mx_flow
without_ports6(const struct mx_flow *flow)
{
	return mx_addr_is4(&flow->src) ? *flow : without_ports(flow);
}

static struct mx_flow
ports_alone(const struct mx_flow *flow)
{
	struct mx_flow hashed = *flow;

	memset(&hashed.src.byte[12], 0, 4);
	memset(&hashed.dst.byte[12], 0, 4);
	return hashed;
}

/* The ends as symmetric hashes take them: both directions are alike. */
static struct mx_flow
symmetric(const struct mx_flow *flow)
{
	struct mx_flow hashed = *flow;

	for (int i = 12; i < 16; i++)
		hashed.dst.byte[i] = hashed.src.byte[i] ^= flow->dst.byte[i];
	hashed.src_port_be ^= flow->dst_port_be;
	hashed.dst_port_be = hashed.src_port_be;
	return hashed;
}

static struct mx_flow
ends_swapped(const struct mx_flow *flow)
{
	return (struct mx_flow){flow->dst, flow->src, flow->dst_port_be,
				flow->src_port_be};
}

static const struct liar liars[] = {
	{"no ports", false, false, without_ports, false},
	{"no ports of IPv6", true, false, without_ports6, false},
	{"ports alone", false, false, ports_alone, false},
	{"symmetric", false, false, symmetric, false},
	{"ends swapped", false, false, ends_swapped, false},
	{"all at one queue", false, false, NULL, true},
};
#define LIARS (int)RTE_DIM(liars)

static int
queue_of(const struct mx_flow *flow)
{
	if (liar == NULL)
		return ANY_QUEUE;
	if (liar->one_queue)
		return 0;
	const struct mx_flow hashed = liar->hashed(flow);
	return cards_queue(rig.cards, &hashed);
}

static void
make(uint16_t workers)
{
	proofrig_make(&rig, workers, TALKS);
	proofrig_warm_up(&rig);
}

static void
setup(void)
{
	liar = NULL;
}

static void
teardown(void)
{
	proofrig_free(&rig);
}

/* The client, or the backend, of session n sends a segment, which must arrive
 * at the other end. */
static void
say(uint32_t n, bool reply, uint8_t flags)
{
	const struct mx_flow back = ends_swapped(&inside[n]);
	const struct mx_flow *flow = reply ? &back : &client[n];
	const struct mx_flow wanted =
		reply ? ends_swapped(&client[n]) : inside[n];

	cards_send(rig.cards, reply ? LAN : WAN, queue_of(flow), flow, flags);
	cards_poll(rig.cards);
	const struct mx_flow sent = cards_take(rig.cards, reply ? WAN : LAN);
	if (!reply && flags & RTE_TCP_SYN_FLAG)
		inside[n] = sent;
	else if (memcmp(&sent, &wanted, sizeof(sent)) != 0)
		ck_abort_msg("a segment went where it should not");
}

static void
open_one(uint32_t n)
{
	client[n] = cards_client(n, 25);
	say(n, false, RTE_TCP_SYN_FLAG);
	say(n, true, RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG);
	say(n, false, RTE_TCP_ACK_FLAG);
	say(n, true, RTE_TCP_ACK_FLAG);
}

START_TEST(a_card_that_does_as_it_says_is_proven_and_then_left_alone)
{
	make((uint16_t)_i);
	for (uint16_t port = 0; port < CARDS; port++)
		ck_assert_int_eq(proofrig_state(&rig, port, RSS_IPV4),
				 MX_RSS_UNPROVEN);
	for (uint32_t n = 0; n < TALKS; n++) {
		open_one(n);
		rsswatch_poll(&rig.watch);
	}
	for (uint16_t port = 0; port < CARDS; port++) {
		ck_assert_int_eq(proofrig_state(&rig, port, RSS_IPV4),
				 MX_RSS_PROVEN);
		ck_assert_int_eq(proofrig_state(&rig, port, RSS_IPV6),
				 MX_RSS_PROVEN);
		ck_assert_uint_eq(rig.region->link[port].rss_astray, 0);
		ck_assert_uint_ge(rig.region->link[port].rss_segments, 64);
		/* The last sessions were not compared any more. */
		ck_assert_uint_lt(rig.region->link[port].rss_segments,
				  TALKS / 2);
		ck_assert_uint_eq(proofrig_evidence(&rig, port).segments,
				  rig.region->link[port].rss_segments);
	}
	ck_assert_int_eq(rig.region->header.steering, MX_STEERING_RSS);
	ck_assert(rss_owner_is_predicted(&rig.cards->worker[0]->rss_owner));
}
END_TEST

/* The families are judged apart: the sound one is not doubted. */
START_TEST(a_card_that_hashes_otherwise_is_doubted_and_no_session_is_lost)
{
	uint32_t n = 0;

	liar = &liars[_i / 2];
	make(_i % 2 == 0 ? 2 : 4);
	for (; rig.region->header.steering == MX_STEERING_RSS && n < TALKS / 2;
	     n++) {
		open_one(n);
		rsswatch_poll(&rig.watch);
	}
	if (rig.region->header.steering != MX_STEERING_RINGS)
		ck_abort_msg("%s: not doubted after %u sessions", liar->how, n);
	bool doubted4 = false, doubted6 = false;
	for (uint16_t port = 0; port < CARDS; port++) {
		doubted4 |=
			proofrig_state(&rig, port, RSS_IPV4) == MX_RSS_DOUBTED;
		doubted6 |=
			proofrig_state(&rig, port, RSS_IPV6) == MX_RSS_DOUBTED;
		ck_assert_uint_le(rig.region->link[port].rss_astray,
				  rig.region->link[port].rss_segments);
	}
	ck_assert(doubted4 || doubted6);
	ck_assert(!(doubted4 && liar->honest4));
	ck_assert(!(doubted6 && liar->honest6));
	for (uint16_t w = 0; w < rig.cards->workers; w++)
		ck_assert(!rss_owner_is_predicted(
			&rig.cards->worker[w]->rss_owner));
	/* Sessions of before and after go on, both ways. */
	const uint32_t before = n;
	for (; n < before + 300; n++)
		open_one(n);
	for (uint32_t i = 0; i < n; i++) {
		say(i, false, RTE_TCP_ACK_FLAG);
		say(i, true, RTE_TCP_ACK_FLAG);
	}
}
END_TEST

START_TEST(one_flow_at_the_wrong_queue_decides_nothing)
{
	make(2);
	client[0] = cards_client(0, 25);
	const int other = 1 - cards_queue(rig.cards, &client[0]);
	for (int i = 0; i < 500; i++) {
		cards_send(rig.cards, WAN, other, &client[0], RTE_TCP_ACK_FLAG);
		cards_poll(rig.cards);
		proofrig_swallow(&rig, WAN);
		rsswatch_poll(&rig.watch);
	}
	ck_assert_int_eq(proofrig_state(&rig, WAN, RSS_IPV4), MX_RSS_UNPROVEN);
	ck_assert_uint_eq(rig.region->link[WAN].rss_astray, 500);
	ck_assert_int_eq(rig.region->header.steering, MX_STEERING_RSS);
}
END_TEST

START_TEST(frames_from_before_the_table_do_not_count)
{
	proofrig_make(&rig, 2, TALKS);
	for (uint32_t n = 0; n < 60; n++) {
		const struct mx_flow flow = cards_client(n, 25);

		cards_send(rig.cards, WAN, 1 - cards_queue(rig.cards, &flow),
			   &flow, RTE_TCP_ACK_FLAG);
	}
	cards_poll(rig.cards);
	proofrig_swallow(&rig, WAN);
	ck_assert_uint_eq(proofrig_evidence(&rig, WAN).segments, 0);
}
END_TEST

START_TEST(without_rss_nothing_is_compared)
{
	proofrig_make(&rig, 2, TALKS);
	for (uint16_t i = 0; i < CARDS; i++)
		rss_proof_end(rig.cards->worker[0]->port[i].port_id);
	memset(rig.region->link, 0, sizeof(rig.region->link));
	rig.region->header.steering = MX_STEERING_RINGS;
	ck_assert_int_eq(rsswatch_make(&rig.watch, &rig.config, rig.region,
				       rig.cards->worker),
			 0);
	for (uint32_t n = 0; n < 700; n++)
		open_one(n);
	rsswatch_poll(&rig.watch);
	ck_assert_uint_eq(proofrig_evidence(&rig, WAN).segments, 0);
	ck_assert_int_eq(proofrig_state(&rig, WAN, RSS_IPV4), MX_RSS_UNUSED);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rssproof");
	TCase *t = tcase_create("rssproof");

	tcase_add_unchecked_fixture(t, cards_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(
		t, a_card_that_does_as_it_says_is_proven_and_then_left_alone, 2,
		5);
	tcase_add_loop_test(
		t,
		a_card_that_hashes_otherwise_is_doubted_and_no_session_is_lost,
		0, 2 * LIARS);
	tcase_add_test(t, one_flow_at_the_wrong_queue_decides_nothing);
	tcase_add_test(t, frames_from_before_the_table_do_not_count);
	tcase_add_test(t, without_rss_nothing_is_compared);
	suite_add_tcase(s, t);
	return s;
}
