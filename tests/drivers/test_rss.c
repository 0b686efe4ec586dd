/* SPDX-License-Identifier: BSD-3-Clause */
/* Both directions of a session on one worker: if the cards spread segments as
 * predicted, no worker hands one over; if they do not, every session still
 * works.
 * Method: thousands of sessions of every mix of families, over cards that do as
 * rte_softrss() says (cards.h). */
#include <stdlib.h>
#include <string.h>

#include "cards.h"
#include "icmpmsg.h"
#include "maker.h"
#include "runner.h"
#include "sweep.h"

#define SESSIONS 3000

static struct cards *cards;
static struct mx_flow client[SESSIONS]; /* as the client sends it */
static struct mx_flow inside[SESSIONS]; /* as the backend gets it */

static void
setup(void)
{
	srand(1);
}

static void
teardown(void)
{
	cards_free(cards);
}

static struct mx_flow
reversed(const struct mx_flow *flow)
{
	return (struct mx_flow){flow->dst, flow->src, flow->dst_port_be,
				flow->src_port_be};
}

static void
check_flow(const struct mx_flow *a, const struct mx_flow *b)
{
	if (memcmp(a, b, sizeof(*a)) != 0)
		ck_abort_msg("a segment went where it should not");
}

static uint64_t
sum(size_t offset)
{
	uint64_t all = 0;

	for (uint16_t i = 0; i < cards->workers; i++)
		all += *(const uint64_t *)((const char *)&cards->count[i] +
					   offset);
	return all;
}

#define COUNT(field) sum(offsetof(struct mx_worker_count, field))

static uint64_t
sessions(void)
{
	uint64_t all = 0;

	for (uint16_t i = 0; i < cards->workers; i++)
		all += cards->worker[i]->sessions.used;
	return all;
}

/* The client of session n sends a segment, which must reach its backend. */
static void
say_in(uint32_t n, int queue, uint8_t flags)
{
	cards_send(cards, WAN, queue, &client[n], flags);
	cards_poll(cards);
	const struct mx_flow sent = cards_take(cards, LAN);
	if (flags & RTE_TCP_SYN_FLAG)
		inside[n] = sent;
	check_flow(&sent, &inside[n]);
}

/* The backend of session n sends a segment, which must reach the client. */
static void
say_out(uint32_t n, int queue, uint8_t flags)
{
	const struct mx_flow back = reversed(&inside[n]);
	const struct mx_flow wanted = reversed(&client[n]);

	cards_send(cards, LAN, queue, &back, flags);
	cards_poll(cards);
	const struct mx_flow sent = cards_take(cards, WAN);
	check_flow(&sent, &wanted);
}

static int
some_queue(bool by_card)
{
	return by_card ? ANY_QUEUE : rand() % cards->workers;
}

static void
open_all(uint16_t vip_port, bool by_card)
{
	for (uint32_t n = 0; n < SESSIONS; n++) {
		client[n] = cards_client(n, vip_port);
		say_in(n, some_queue(by_card), RTE_TCP_SYN_FLAG);
		say_out(n, some_queue(by_card),
			RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG);
		say_in(n, some_queue(by_card), RTE_TCP_ACK_FLAG);
	}
	ck_assert_uint_eq(sessions(), SESSIONS);
}

static void
talk_all(bool by_card)
{
	for (uint32_t n = 0; n < SESSIONS; n++) {
		say_out(n, some_queue(by_card), RTE_TCP_ACK_FLAG);
		say_in(n, some_queue(by_card), RTE_TCP_ACK_FLAG);
	}
}

/* Every session is in the file of the worker that gets its client's segments
 * and its backend's segments. */
static void
check_owners(void)
{
	uint32_t wrong = 0;

	for (uint16_t i = 0; i < cards->workers; i++) {
		const struct worker *w = cards->worker[i];

		for (uint32_t at = 0; at < w->sessions.count; at++) {
			const struct mx_session *s =
				&w->sessions.file->session[at];
			const struct mx_session_wide ends =
				session_ends(&w->sessions, s);
			const struct mx_flow flow = {ends.client, ends.vip,
						     s->client_port_be,
						     s->vip_port_be};
			if (s->state == MX_SESSION_FREE)
				continue;
			wrong +=
				mx_flow_owner(&w->rss_owner.owners, &flow) != i;
			wrong += portmap_owner(
					 rte_be_to_cpu_16(s->local_port_be),
					 cards->workers) != i;
		}
	}
	ck_assert_uint_eq(wrong, 0);
}

START_TEST(nothing_is_handed_over_where_rss_does_as_predicted)
{
	cards = cards_make((uint16_t)_i, SESSIONS);
	open_all(25, true);
	talk_all(true);
	check_owners();
	ck_assert_uint_eq(COUNT(handed_off), 0);
	ck_assert_uint_eq(COUNT(strayed), 0);
	ck_assert_uint_eq(COUNT(tx), 5 * SESSIONS);
	for (uint16_t i = 0; i < cards->workers; i++)
		ck_assert_uint_gt(cards->worker[i]->sessions.used,
				  SESSIONS / 2u / (unsigned)_i);
}
END_TEST

START_TEST(a_wrong_prediction_costs_hand_overs_and_is_counted)
{
	cards = cards_make((uint16_t)_i, SESSIONS);
	for (int i = 0; i < RSS_KEY_BYTES; i++)
		cards->rss.key[i] ^= (uint8_t)rand();
	open_all(25, true);
	talk_all(true);
	check_owners();
	ck_assert_uint_eq(COUNT(tx), 5 * SESSIONS);
	/* Two replies a session, some of which reach the right worker by
	 * chance. */
	ck_assert_uint_gt(COUNT(strayed), SESSIONS / 2);
	ck_assert_uint_lt(COUNT(strayed), 2 * SESSIONS);
	ck_assert_uint_gt(COUNT(handed_off), COUNT(strayed));
}
END_TEST

START_TEST(without_rss_all_goes_by_rings_and_nothing_counts_as_strayed)
{
	cards = cards_make((uint16_t)_i, SESSIONS);
	cards_restart(cards, false);
	open_all(25, false);
	talk_all(false);
	check_owners();
	ck_assert_uint_eq(COUNT(tx), 5 * SESSIONS);
	ck_assert_uint_eq(COUNT(strayed), 0);
	ck_assert_uint_gt(COUNT(handed_off), SESSIONS);
}
END_TEST

/* Bits of the test number: before and after a restart. 1 is RSS as predicted, 0
 * is rings and frames at any worker. */
START_TEST(a_restart_keeps_every_session_whatever_steers)
{
	const bool before = _i & 1;
	const bool after = _i & 2;

	cards = cards_make(_i & 4 ? 4 : 3, SESSIONS);
	cards_restart(cards, before);
	open_all(25, before);
	cards_restart(cards, after);
	ck_assert_uint_eq(sessions(), SESSIONS);
	check_owners();
	talk_all(after);
	ck_assert_uint_eq(COUNT(tx), 2 * SESSIONS);
	ck_assert_uint_eq(sessions(), SESSIONS);
	if (before && after)
		ck_assert_uint_eq(COUNT(handed_off), 0);
	/* The local ports of old sessions were not chosen for it. */
	if (!before && after)
		ck_assert_uint_gt(COUNT(strayed), 0);
	if (!after)
		ck_assert_uint_eq(COUNT(strayed), 0);
}
END_TEST

START_TEST(sessions_that_end_give_their_ports_back)
{
	cards = cards_make(2, SESSIONS);
	for (int round = 0; round < 3; round++) {
		open_all(25, true);
		for (uint16_t i = 0; i < cards->workers; i++) {
			struct worker *w = cards->worker[i];

			for (uint32_t at = 0; at < w->sessions.count; at++) {
				struct mx_session *s =
					&w->sessions.file->session[at];
				if (s->state != MX_SESSION_FREE)
					worker_session_end(w, s);
			}
			for (int slot = 0; slot < 2; slot++)
				ck_assert_uint_eq(w->map[slot].used, 0);
		}
	}
	ck_assert_uint_eq(COUNT(handed_off), 0);
}
END_TEST

START_TEST(when_the_ports_that_suit_are_used_up_any_port_will_do)
{
	const uint32_t total = MX_LOCAL_PORTS; /* all that one address has */
	struct mx_plan *plan;
	struct mx_pick_claim only = {.seed = 1, .backend = 1, .weight = 1};
	uint32_t opened = 0;

	cards = cards_make(2, 40000);
	plan = &cards->active->plan;
	ck_assert_int_eq(mx_pick_build(&plan->pick[0], &only, 1), 0);
	for (uint32_t n = 0; COUNT(dropped[MX_DROP_NO_PORT]) == 0; n++) {
		const struct mx_flow flow = {
			mx_addr_from4(n + 1),
			mx_addr_from4(RTE_BE32(RTE_IPV4(198u, 51, 100, 25))),
			RTE_BE16(1000), RTE_BE16(25)};
		cards_send(cards, WAN, ANY_QUEUE, &flow, RTE_TCP_SYN_FLAG);
		cards_poll(cards);
		struct rte_mbuf *frame = cards_get(cards, LAN);
		if (frame == NULL)
			continue; /* no client has such an address */
		const struct headers *h = packet_headers(frame);
		const struct mx_flow back = {mx_addr_from4(h->ip.dst_addr),
					     mx_addr_from4(h->ip.src_addr),
					     h->tcp.dst_port, h->tcp.src_port};
		rte_pktmbuf_free(frame);
		cards_send(cards, LAN, ANY_QUEUE, &back,
			   RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG);
		cards_poll(cards);
		const struct mx_flow told = cards_take(cards, WAN);
		const struct mx_flow wanted = reversed(&flow);
		check_flow(&told, &wanted);
		/* A half-open one would give way. */
		cards_send(cards, LAN, ANY_QUEUE, &back,
			   RTE_TCP_FIN_FLAG | RTE_TCP_ACK_FLAG);
		cards_poll(cards);
		cards_take(cards, WAN);
		opened++;
		/* Half of all ports suit, half of those in each share. */
		if (opened == total / 2 * 9 / 10)
			ck_assert_uint_eq(COUNT(strayed), 0);
	}
	/* One worker used up its share, the other nearly. */
	ck_assert_uint_gt(opened, total * 9 / 10);
	ck_assert_uint_gt(COUNT(strayed), total * 8 / 10);
	ck_assert_uint_le(COUNT(strayed), 2 * opened - total * 9 / 10);
}
END_TEST

START_TEST(nat_finds_its_sessions_from_both_sides_at_any_queue)
{
	const bool by_card = _i & 1;

	cards = cards_make(4, SESSIONS);
	cards_restart(cards, _i & 2);
	open_all(26, by_card);
	talk_all(by_card);
	ck_assert_uint_eq(COUNT(tx), 5 * SESSIONS);
	ck_assert_uint_eq(COUNT(strayed), 0);
}
END_TEST

/* A router on the client's side cannot deliver a packet from the VIP.  The
 * backend that sent it gets the error, whichever queue the error came to. */
static void
check_error_reaches_backend(uint32_t n, uint16_t queue)
{
	const struct mx_flow back = reversed(&inside[n]);
	struct icmp_error error = {0};
	struct rte_mbuf *frame = cards_frame();

	cards_send(cards, LAN, ANY_QUEUE, &back, RTE_TCP_ACK_FLAG);
	cards_poll(cards);
	struct rte_mbuf *sent = cards_get(cards, WAN);
	ck_assert_ptr_nonnull(sent);
	const bool six = packet_headers(sent)->ether.ether_type ==
			 RTE_BE16(RTE_ETHER_TYPE_IPV6);
	icmp_error_about(&error, sent, six ? 40 : 20, 1300);
	rte_pktmbuf_free(sent);
	icmp_error_write(frame, &error);
	maker_sum(frame);
	packet_headers(frame)->ether.ether_type =
		six ? RTE_BE16(RTE_ETHER_TYPE_IPV6)
		    : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	cards_put(WAN, queue, frame);
	cards_poll(cards);
	struct rte_mbuf *told = cards_get(cards, LAN);
	ck_assert_ptr_nonnull(told);
	ck_assert_ptr_null(cards_get(cards, LAN));
	ck_assert(icmp_error_read(&error, told));
	ck_assert(mx_addr_equal(&error.told, &back.src));
	rte_pktmbuf_free(told);
}

START_TEST(errors_find_the_session_that_the_client_finds)
{
	cards = cards_make(4, SESSIONS);
	open_all((uint16_t)_i, true);
	for (uint32_t n = 0; n < 200; n++)
		for (uint16_t queue = 0; queue < cards->workers; queue++)
			check_error_reaches_backend(n, queue);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rss");
	TCase *t = tcase_create("rss");

	tcase_add_unchecked_fixture(t, cards_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(
		t, nothing_is_handed_over_where_rss_does_as_predicted, 2, 5);
	tcase_add_loop_test(
		t, a_wrong_prediction_costs_hand_overs_and_is_counted, 2, 5);
	tcase_add_loop_test(
		t, without_rss_all_goes_by_rings_and_nothing_counts_as_strayed,
		2, 5);
	tcase_add_loop_test(t, a_restart_keeps_every_session_whatever_steers, 0,
			    8);
	tcase_add_test(t, sessions_that_end_give_their_ports_back);
	tcase_add_test(t,
		       when_the_ports_that_suit_are_used_up_any_port_will_do);
	tcase_add_loop_test(
		t, nat_finds_its_sessions_from_both_sides_at_any_queue, 0, 4);
	tcase_add_loop_test(t, errors_find_the_session_that_the_client_finds,
			    25, 27);
	suite_add_tcase(s, t);
	return s;
}
