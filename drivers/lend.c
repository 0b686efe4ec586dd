/* SPDX-License-Identifier: BSD-3-Clause */
#include "lend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "bounds.h"

#define BURST 32

struct loan;

struct lender {
	struct loan *loan;
	const struct rte_eth_rxtx_callback *callback;
	uint16_t waiting; /* frames that the port has not taken yet */
	struct rte_mbuf *frame[BURST];
};

struct loan {
	bool used;
	uint16_t port_id; /* the port whose queues are lent */
	uint16_t stand_in;
	uint16_t queues;
	uint16_t workers;
	struct rte_ring *nothing; /* always empty: a borrower receives
				   * nothing */
	struct rte_ring *out[LEND_WORKERS_MAX];
	struct lender lender[LEND_WORKERS_MAX];
};

static struct loan loans[MX_PORTS_MAX];

/* Send the waiting frames.  Returns whether none is left. */
static bool
send_waiting(struct lender *lender, uint16_t queue)
{
	if (lender->waiting == 0)
		return true;
	const uint16_t sent = rte_eth_tx_burst(lender->loan->port_id, queue,
					       lender->frame, lender->waiting);
	lender->waiting = (uint16_t)(lender->waiting - sent);
	memmove(lender->frame, lender->frame + sent,
		lender->waiting * sizeof(struct rte_mbuf *));
	return lender->waiting == 0;
}

/* DPDK calls this when the lender has polled its queue. */
static uint16_t
send_for_others(uint16_t port_id, uint16_t queue, struct rte_mbuf **frame,
		uint16_t count, uint16_t count_max, void *arg)
{
	struct lender *lender = arg;
	const struct loan *loan = lender->loan;

	(void)port_id, (void)frame, (void)count_max;
	bool sent = send_waiting(lender, queue);
	for (uint32_t w = (uint32_t)queue + loan->queues;
	     sent && w < loan->workers; w += loan->queues) {
		lender->waiting = (uint16_t)rte_ring_sc_dequeue_burst(
			loan->out[w], (void **)lender->frame, BURST, NULL);
		sent = send_waiting(lender, queue);
	}
	return count;
}

static struct rte_ring *
make_ring(uint16_t port_id, uint16_t number, uint32_t frames, unsigned flags)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "lend-%u-%u", port_id, number);
	return rte_ring_create(name, frames, SOCKET_ID_ANY, flags);
}

static int
make_rings(struct loan *loan)
{
	loan->nothing = make_ring(loan->port_id, LEND_WORKERS_MAX, 2, 0);
	if (loan->nothing == NULL)
		return -rte_errno;
	for (uint16_t w = 0; w < loan->workers; w++) {
		loan->out[w] =
			w < loan->queues
				? loan->nothing
				: make_ring(loan->port_id, w, LEND_FRAMES,
					    RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (loan->out[w] == NULL)
			return -rte_errno;
	}
	return 0;
}

static int
make_stand_in(struct loan *loan, struct rte_mempool *pool)
{
	const struct rte_eth_conf plain = {0};
	struct rte_ring *in[LEND_WORKERS_MAX];
	static unsigned made_before; /* a name that was used is not free
				      * again */
	char name[RTE_ETH_NAME_MAX_LEN];

	for (uint16_t w = 0; w < loan->workers; w++)
		in[w] = loan->nothing;
	snprintf(name, sizeof(name), "lend%u", made_before++);
	const int made = rte_eth_from_rings(name, in, loan->workers, loan->out,
					    loan->workers, 0);
	if (made < 0)
		return -rte_errno;
	loan->stand_in = (uint16_t)made;
	int error = rte_eth_dev_configure(loan->stand_in, loan->workers,
					  loan->workers, &plain);
	for (uint16_t w = 0; w < loan->workers && error == 0; w++) {
		error = rte_eth_rx_queue_setup(loan->stand_in, w, LEND_FRAMES,
					       0, NULL, pool);
		if (error == 0)
			error = rte_eth_tx_queue_setup(loan->stand_in, w,
						       LEND_FRAMES, 0, NULL);
	}
	return error == 0 ? rte_eth_dev_start(loan->stand_in) : error;
}

static int
make_lenders(struct loan *loan)
{
	for (uint16_t q = 0; q < loan->queues; q++) {
		struct lender *lender = &loan->lender[q];

		lender->loan = loan;
		lender->callback = rte_eth_add_rx_callback(
			loan->port_id, q, send_for_others, lender);
		if (lender->callback == NULL)
			return -rte_errno;
	}
	return 0;
}

static struct loan *
find_loan(bool used, uint16_t port_id)
{
	for (uint16_t i = 0; i < MX_PORTS_MAX; i++)
		if (loans[i].used == used &&
		    (!used || loans[i].port_id == port_id))
			return &loans[i];
	return NULL;
}

int
lend_queues(uint16_t port_id, uint16_t workers, struct rte_mempool *pool,
	    uint16_t *id)
{
	struct rte_eth_dev_info info;

	int error = rte_eth_dev_info_get(port_id, &info);
	if (error != 0)
		return error;
	for (uint16_t w = 0; w < workers; w++)
		id[w] = port_id;
	if (info.nb_rx_queues >= workers)
		return 0;
	if (workers > LEND_WORKERS_MAX)
		return -E2BIG;
	struct loan *loan = find_loan(false, 0);
	if (loan == NULL)
		return -ENOSPC;
	*loan = (struct loan){
		.used = true,
		.port_id = port_id,
		.queues = info.nb_rx_queues,
		.workers = workers,
	};
	error = make_rings(loan);
	if (error == 0)
		error = make_stand_in(loan, pool);
	if (error == 0)
		error = make_lenders(loan);
	for (uint16_t w = loan->queues; w < workers && error == 0; w++)
		id[w] = loan->stand_in;
	return error;
}

void
lend_end(uint16_t port_id)
{
	struct loan *loan = find_loan(true, port_id);

	if (loan == NULL)
		return;
	for (uint16_t q = 0; q < loan->queues; q++)
		rte_eth_remove_rx_callback(port_id, q,
					   loan->lender[q].callback);
	rte_eth_dev_stop(loan->stand_in);
	rte_eth_dev_close(loan->stand_in);
	for (uint16_t w = loan->queues; w < loan->workers; w++)
		rte_ring_free(loan->out[w]);
	rte_ring_free(loan->nothing);
	loan->used = false;
}
