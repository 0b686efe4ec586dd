/* SPDX-License-Identifier: BSD-3-Clause */
/* A port with fewer queues than workers, and the pool whose frames it sends.
 * Method: a ring port with one or two queues plays the port; the test plays all
 * workers in turn. */
#include <errno.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "framepool.h"
#include "memory.h"
#include "runner.h"
#include "sharedqueue.h"

#define FRAMES 8191
#define WIRE_FRAMES 64 /* a ring holds one less */
#define BURST 32

static struct rte_mempool *pool;
static struct rte_ring *in[2], *out[2]; /* of the port, by queue */
static uint16_t port_id;
static uint16_t id[SHARED_WORKERS_MAX + 1];

static void
start_dpdk(void)
{
	char *argv[] = {
		"sharedqueue", "--no-huge",    "--no-shconf",    "-m", "64",
		"--no-pci",    "--lcores=0@0", "--no-telemetry", NULL};
	static bool started;

	if (started)
		return;
	started = true;
	ck_assert_int_ge(rte_eal_init(8, argv), 0);
	pool = frame_pool_make(FRAMES, -1);
	ck_assert_ptr_nonnull(pool);
}

static void
make_port(uint16_t queues)
{
	const struct rte_eth_conf plain = {0};
	static unsigned ports; /* a name is not free again */
	char name[16];

	for (uint16_t q = 0; q < queues; q++) {
		in[q] = rte_ring_create(q == 0 ? "in0" : "in1", WIRE_FRAMES, 0,
					0);
		out[q] = rte_ring_create(q == 0 ? "out0" : "out1", WIRE_FRAMES,
					 0, 0);
	}
	snprintf(name, sizeof(name), "wire%u", ports++);
	const int made = rte_eth_from_rings(name, in, queues, out, queues, 0);
	ck_assert_int_ge(made, 0);
	port_id = (uint16_t)made;
	ck_assert_int_eq(rte_eth_dev_configure(port_id, queues, queues, &plain),
			 0);
	for (uint16_t q = 0; q < queues; q++) {
		rte_eth_rx_queue_setup(port_id, q, 64, 0, NULL, pool);
		rte_eth_tx_queue_setup(port_id, q, 64, 0, NULL);
	}
	ck_assert_int_eq(rte_eth_dev_start(port_id), 0);
}

static uint16_t
received(struct rte_ring *ring)
{
	struct rte_mbuf *frame;
	uint16_t count = 0;

	while (rte_ring_dequeue(ring, (void **)&frame) == 0) {
		rte_pktmbuf_free(frame);
		count++;
	}
	return count;
}

static void
end_port(uint16_t queues)
{
	shared_queues_end(port_id);
	for (uint16_t q = 0; q < queues; q++)
		received(out[q]);
	rte_eth_dev_stop(port_id);
	rte_eth_dev_close(port_id);
	for (uint16_t q = 0; q < queues; q++) {
		rte_ring_free(in[q]);
		rte_ring_free(out[q]);
	}
	ck_assert_uint_eq(rte_mempool_avail_count(pool), FRAMES);
}

/* Let worker w send.  Returns how many frames were accepted. */
static uint16_t
sends(uint16_t w, uint16_t count)
{
	struct rte_mbuf *frame[BURST];

	ck_assert_int_eq(rte_pktmbuf_alloc_bulk(pool, frame, count), 0);
	const uint16_t sent = rte_eth_tx_burst(id[w], w, frame, count);
	rte_pktmbuf_free_bulk(frame + sent, count - sent);
	return sent;
}

static uint16_t
polls(uint16_t w)
{
	struct rte_mbuf *frame[BURST];
	const uint16_t count = rte_eth_rx_burst(id[w], w, frame, BURST);

	rte_pktmbuf_free_bulk(frame, count);
	return count;
}

static void
check_frame(struct rte_mempool *from, void *arg, void *frame, unsigned index)
{
	const uint8_t **first = arg;
	const uint32_t bytes =
		rte_mempool_calc_obj_size(from->elt_size, from->flags, NULL);

	if (index == 0)
		*first = frame;
	ck_assert_ptr_eq(frame, *first + (size_t)index * bytes);
	ck_assert_uint_le(bytes, MEMORY_FRAME_BYTES);
}

START_TEST(frames_lie_in_one_piece_without_gaps)
{
	const uint8_t *first;

	start_dpdk();
	ck_assert_uint_eq(pool->nb_mem_chunks, 1);
	ck_assert_uint_eq(rte_mempool_obj_iter(pool, check_frame, &first),
			  FRAMES);
}
END_TEST

START_TEST(a_worker_with_a_queue_keeps_it)
{
	start_dpdk();
	make_port(2);
	ck_assert_int_eq(shared_queues_make(port_id, 2, pool, id), 0);
	for (uint16_t w = 0; w < 2; w++) {
		ck_assert_uint_eq(id[w], port_id);
		ck_assert_uint_eq(sends(w, 3), 3);
		ck_assert_uint_eq(received(out[w]), 3);
	}
	end_port(2);
}
END_TEST

START_TEST(what_others_send_leaves_when_the_owner_polls)
{
	start_dpdk();
	make_port(1);
	ck_assert_int_eq(shared_queues_make(port_id, 3, pool, id), 0);
	ck_assert_uint_eq(id[0], port_id);
	ck_assert_uint_eq(sends(1, 5), 5);
	ck_assert_uint_eq(sends(2, 7), 7);
	ck_assert_uint_eq(received(out[0]), 0);
	ck_assert_uint_eq(polls(1) + polls(2), 0);
	ck_assert_uint_eq(received(out[0]), 0);
	ck_assert_uint_eq(polls(0), 0);
	ck_assert_uint_eq(received(out[0]), 12);
	end_port(1);
}
END_TEST

START_TEST(the_owner_receives_all)
{
	struct rte_mbuf *frame = NULL;

	start_dpdk();
	make_port(1);
	ck_assert_int_eq(shared_queues_make(port_id, 2, pool, id), 0);
	frame = rte_pktmbuf_alloc(pool);
	ck_assert_int_eq(rte_ring_enqueue(in[0], frame), 0);
	ck_assert_uint_eq(polls(1), 0);
	ck_assert_uint_eq(polls(0), 1);
	end_port(1);
}
END_TEST

START_TEST(each_queue_sends_for_its_share_of_the_workers)
{
	start_dpdk();
	make_port(2);
	ck_assert_int_eq(shared_queues_make(port_id, 5, pool, id), 0);
	for (uint16_t w = 2; w < 5; w++)
		ck_assert_uint_eq(sends(w, w), w);
	polls(0);
	polls(1);
	ck_assert_uint_eq(received(out[0]), 2 + 4);
	ck_assert_uint_eq(received(out[1]), 3);
	end_port(2);
}
END_TEST

START_TEST(what_a_full_port_does_not_take_is_neither_lost_nor_accepted_for_ever)
{
	uint32_t taken = 0;
	uint32_t left = 0;

	start_dpdk();
	make_port(1);
	ck_assert_int_eq(shared_queues_make(port_id, 2, pool, id), 0);
	for (int i = 0; i < 100; i++) {
		taken += sends(1, BURST);
		polls(0);
	}
	ck_assert_uint_lt(taken, 100 * BURST);
	ck_assert_uint_ge(taken, SHARED_QUEUE_FRAMES);
	for (int i = 0; i < 100; i++) {
		left += received(out[0]);
		polls(0);
	}
	ck_assert_uint_eq(left, taken);
	end_port(1);
}
END_TEST

/* A device that was unplugged takes nothing any more, and the process goes on
 * with the frames of its other ports. */
START_TEST(what_waits_when_the_port_ends_is_in_the_pool_again)
{
	uint32_t taken = 0;

	start_dpdk();
	make_port(1);
	ck_assert_int_eq(shared_queues_make(port_id, 3, pool, id), 0);
	for (int i = 0; i < 10; i++) {
		taken += sends(1, BURST) + sends(2, BURST);
		polls(0);
	}
	ck_assert_uint_gt(taken, WIRE_FRAMES + BURST);
	end_port(1);
}
END_TEST

START_TEST(too_many_workers_for_one_queue_are_an_error)
{
	start_dpdk();
	make_port(1);
	ck_assert_int_eq(
		shared_queues_make(port_id, SHARED_WORKERS_MAX + 1, pool, id),
		-E2BIG);
	end_port(1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sharedqueue");
	TCase *t = tcase_create("sharedqueue");

	tcase_add_test(t, frames_lie_in_one_piece_without_gaps);
	tcase_add_test(t, a_worker_with_a_queue_keeps_it);
	tcase_add_test(t, what_others_send_leaves_when_the_owner_polls);
	tcase_add_test(t, the_owner_receives_all);
	tcase_add_test(t, each_queue_sends_for_its_share_of_the_workers);
	tcase_add_test(
		t,
		what_a_full_port_does_not_take_is_neither_lost_nor_accepted_for_ever);
	tcase_add_test(t, what_waits_when_the_port_ends_is_in_the_pool_again);
	tcase_add_test(t, too_many_workers_for_one_queue_are_an_error);
	suite_add_tcase(s, t);
	return s;
}
