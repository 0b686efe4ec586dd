/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel has asked, and what answers it: connections that it opens and
 * neighbours that it looks for, of either family; nothing else.
 * Method: frames of the kernel and of others, given to the table. */
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "frames.h"
#include "runner.h"

static struct asked *asked;
static uint8_t data[FRAME_MAX];
static struct rte_mbuf mbuf;

static const struct end kernel[] = {
	{{{2, 0, 0, 0, 0, 2}}, {{[10] = 0xff, 0xff, 10, 0, 2, 1}}, 41000},
	{{{2, 0, 0, 0, 0, 2}}, {{0xfd, 0, 0, 2, [15] = 1}}, 41000},
};
static const struct end mta[] = {
	{{{2, 0, 0, 0, 1, 1}}, {{[10] = 0xff, 0xff, 10, 0, 2, 11}}, 25},
	{{{2, 0, 0, 0, 1, 1}}, {{0xfd, 0, 0, 2, [15] = 11}}, 25},
};
#define FAMILIES 2

static void
setup(void)
{
	asked = calloc(1, sizeof(*asked));
	ck_assert_ptr_nonnull(asked);
	asked->key = (struct mx_hash_key){{17, 19}};
}

static void
teardown(void)
{
	free(asked);
}

/* The frame in `data`. */
static struct rte_mbuf *
frame(uint16_t bytes)
{
	mbuf = (struct rte_mbuf){.buf_addr = data,
				 .buf_len = FRAME_MAX,
				 .data_len = bytes,
				 .pkt_len = bytes,
				 .nb_segs = 1};
	return &mbuf;
}

static struct rte_mbuf *
segment(const struct end *from, const struct end *to, uint8_t flags)
{
	const struct segment made = {.from = *from, .to = *to, .flags = flags};

	return frame(frame_tcp(data, &made));
}

START_TEST(all_segments_of_a_connection_that_the_kernel_opens_are_answers)
{
	static const uint8_t flags[] = {SYN | ACK, ACK,       ACK | PSH,
					ACK | FIN, RST | ACK, RST};

	ck_assert(!asked_is_answered(
		asked, segment(&mta[_i], &kernel[_i], SYN | ACK)));
	asked_note(asked, segment(&kernel[_i], &mta[_i], SYN));
	for (size_t i = 0; i < sizeof(flags); i++)
		ck_assert(asked_is_answered(
			asked, segment(&mta[_i], &kernel[_i], flags[i])));
}
END_TEST

START_TEST(a_segment_of_other_ends_is_no_answer)
{
	struct end from = mta[_i], to = kernel[_i];

	asked_note(asked, segment(&kernel[_i], &mta[_i], SYN));
	from.ip.byte[15]++;
	ck_assert(!asked_is_answered(asked, segment(&from, &to, ACK)));
	from = mta[_i];
	from.port++;
	ck_assert(!asked_is_answered(asked, segment(&from, &to, ACK)));
	from = mta[_i];
	to.ip.byte[15]++;
	ck_assert(!asked_is_answered(asked, segment(&from, &to, ACK)));
	to = kernel[_i];
	for (to.port = 1024; to.port != 0; to.port++)
		if (to.port != kernel[_i].port &&
		    asked_is_answered(asked, segment(&from, &to, ACK)))
			ck_abort_msg("port %u is not the kernel's", to.port);
	/* The direction counts. */
	ck_assert(
		!asked_is_answered(asked, segment(&kernel[_i], &mta[_i], ACK)));
}
END_TEST

/* What the kernel replies to a stranger is no question. */
START_TEST(a_stranger_cannot_make_himself_one_who_was_asked)
{
	static const uint8_t replies[] = {SYN | ACK, ACK, RST | ACK, RST,
					  FIN | ACK};

	for (size_t i = 0; i < sizeof(replies); i++) {
		asked_note(asked, segment(&kernel[_i], &mta[_i], replies[i]));
		ck_assert(!asked_is_answered(
			asked, segment(&mta[_i], &kernel[_i], ACK)));
	}
	/* Nor does the outside's SYN ask. */
	ck_assert(
		!asked_is_answered(asked, segment(&mta[_i], &kernel[_i], SYN)));
	ck_assert(
		!asked_is_answered(asked, segment(&kernel[_i], &mta[_i], ACK)));
}
END_TEST

START_TEST(a_fragment_is_no_answer)
{
	asked_note(asked, segment(&kernel[0], &mta[0], SYN));
	struct rte_mbuf *made = segment(&mta[0], &kernel[0], ACK);
	rte_pktmbuf_mtod_offset(made, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN)
		->fragment_offset = RTE_BE16(3);
	ck_assert(!asked_is_answered(asked, made));
}
END_TEST

/* An ARP reply of `from`. */
static struct rte_mbuf *
arp_reply(const struct end *from)
{
	const uint16_t bytes = frame_arp(data, from, &kernel[0]);

	data[21] = 2; /* the opcode */
	return frame(bytes);
}

START_TEST(the_neighbour_that_was_asked_for_answers_and_no_other)
{
	struct end other = mta[0];

	other.ip.byte[15]++;
	ck_assert(!asked_is_answered(asked, arp_reply(&mta[0])));
	asked_note(asked, frame(frame_arp(data, &kernel[0], &mta[0])));
	ck_assert(asked_is_answered(asked, arp_reply(&mta[0])));
	ck_assert(!asked_is_answered(asked, arp_reply(&other)));
	/* A request is no reply, whoever sends it. */
	ck_assert(!asked_is_answered(
		asked, frame(frame_arp(data, &mta[0], &kernel[0]))));
	asked_note(asked, arp_reply(&other));
	ck_assert(!asked_is_answered(asked, arp_reply(&other)));
}
END_TEST

START_TEST(so_does_a_neighbour_of_ipv6)
{
	struct solicitation ask = {.from = kernel[1], .target = mta[1]};
	struct solicitation other = ask;

	other.target.ip.byte[15]++;
	asked_note(asked, frame(frame_solicit(data, &ask)));
	ck_assert(asked_is_answered(
		asked, frame(frame_advertise(data, &ask, &mta[1].mac))));
	ck_assert(!asked_is_answered(
		asked, frame(frame_advertise(data, &other, &mta[1].mac))));
	ck_assert(!asked_is_answered(asked, frame(frame_solicit(data, &ask))));
}
END_TEST

/* In a buffer of exactly its size, so that a sanitizer sees a read behind. */
START_TEST(a_frame_that_is_cut_short_asks_and_answers_nothing)
{
	uint8_t whole[4][FRAME_MAX];
	uint16_t bytes[4];

	for (int f = 0; f < FAMILIES; f++) {
		bytes[f] = segment(&kernel[f], &mta[f], SYN)->data_len;
		memcpy(whole[f], data, bytes[f]);
	}
	bytes[2] = frame_arp(whole[2], &kernel[0], &mta[0]);
	const struct solicitation ask = {.from = kernel[1], .target = mta[1]};
	frame_solicit(whole[3], &ask);
	bytes[3] = 14 + 40 + 24; /* without options */
	for (int kind = 0; kind < 4; kind++)
		for (uint16_t n = 0; n < bytes[kind]; n++) {
			uint8_t *cut = malloc(n > 0 ? n : 1);

			memcpy(cut, whole[kind], n);
			frame(n)->buf_addr = cut;
			asked_note(asked, &mbuf);
			asked_is_answered(asked, &mbuf);
			free(cut);
		}
	for (uint32_t i = 0; i < ASKED_FLOWS; i++)
		ck_assert_uint_eq(asked->flow[i], 0);
	for (uint32_t i = 0; i < ASKED_NEIGHBOURS; i++)
		ck_assert_uint_eq(asked->neighbour[i], 0);
}
END_TEST

START_TEST(many_connections_at_once_are_known)
{
	struct end from = kernel[_i];
	uint32_t known = 0;

	for (uint16_t n = 0; n < 256; n++) {
		from.port = (uint16_t)(30000 + n);
		asked_note(asked, segment(&from, &mta[_i], SYN));
	}
	for (uint16_t n = 0; n < 256; n++) {
		from.port = (uint16_t)(30000 + n);
		known +=
			asked_is_answered(asked, segment(&mta[_i], &from, ACK));
	}
	/* Some two of them have one slot. */
	ck_assert_uint_ge(known, 250);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("asked");
	TCase *t = tcase_create("asked");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
		t,
		all_segments_of_a_connection_that_the_kernel_opens_are_answers,
		0, FAMILIES);
	tcase_add_loop_test(t, a_segment_of_other_ends_is_no_answer, 0,
			    FAMILIES);
	tcase_add_loop_test(t, a_stranger_cannot_make_himself_one_who_was_asked,
			    0, FAMILIES);
	tcase_add_test(t, a_fragment_is_no_answer);
	tcase_add_test(t,
		       the_neighbour_that_was_asked_for_answers_and_no_other);
	tcase_add_test(t, so_does_a_neighbour_of_ipv6);
	tcase_add_test(t, a_frame_that_is_cut_short_asks_and_answers_nothing);
	tcase_add_loop_test(t, many_connections_at_once_are_known, 0, FAMILIES);
	suite_add_tcase(s, t);
	return s;
}
