/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_CARDS_H
#define MX_TESTS_CARDS_H

/* Workers behind two network cards with RSS, played by ring ports:
 * rte_softrss() and the card's table choose the queue of a frame.
 *
 *   clients --- card WAN [ worker... ] card LAN --- backends 1, 2 (v4), 3 (v6)
 *
 * Service 0 is fullnat on a VIP of each family, with local addresses of each;
 * service 1 is nat on another VIP, with backend 4. */
#include "planswap.h"
#include "worker.h"

#define CARDS 2
#define CARDS_WORKERS_MAX 4
#define WAN 0
#define LAN 1
#define ANY_QUEUE -1

struct cards {
	uint16_t workers;
	struct rss rss; /* the settings of the cards */
	struct worker *worker[CARDS_WORKERS_MAX];
	struct mx_sessions_file *file[CARDS_WORKERS_MAX];
	struct mx_worker_count *count;
	struct snat snat;
	struct active_plan *active;
};

extern struct rte_ring *cards_rx[CARDS][CARDS_WORKERS_MAX];
extern struct rte_ring *cards_tx[CARDS][CARDS_WORKERS_MAX];
extern const struct rte_ether_addr cards_mac[CARDS];
extern const struct rte_ether_addr cards_outside; /* the MAC address of all
						   * other hosts */

/* 2001:db8:<group>::<last> */
static inline struct mx_addr
cards_addr6(uint8_t group, uint32_t last)
{
	struct mx_addr addr = {{0x20, 0x01, 0x0d, 0xb8, 0, group}};

	last = rte_cpu_to_be_32(last);
	memcpy(&addr.byte[12], &last, sizeof(last));
	return addr;
}

static inline struct mx_addr
cards_addr4(uint32_t ip)
{
	return mx_addr_from4(rte_cpu_to_be_32(ip));
}

/* Start EAL without huge pages, and the ring ports; once a program. */
void cards_start_dpdk(void);

/* Make fresh workers, each with room for that many sessions.  They predict what
 * the cards do, and the prediction is right. */
struct cards *cards_make(uint16_t workers, uint32_t sessions);
void cards_free(struct cards *cards);

/* Take the workers down and up again; from now on they predict or do not. */
void cards_restart(struct cards *cards, bool predicted);

/* The flow of client number n to a VIP of service 0, in the family that follows
 * from n; or, with port 26, to the VIP of service 1. */
struct mx_flow cards_client(uint32_t n, uint16_t vip_port);

/* The queue that a card chooses for a flow. */
uint16_t cards_queue(const struct cards *cards, const struct mx_flow *flow);

/* Give a segment to a card.  The card chooses the queue, unless one is
 * named. */
void cards_send(struct cards *cards, uint16_t card, int queue,
		const struct mx_flow *flow, uint8_t tcp_flags);
void cards_put(uint16_t card, uint16_t queue, struct rte_mbuf *frame);
struct rte_mbuf *cards_frame(void);

/* Poll all workers until nothing moves.  Check that no frame got lost. */
void cards_poll(struct cards *cards);

/* The next frame that left by a card, which the caller frees; or NULL. */
struct rte_mbuf *cards_get(struct cards *cards, uint16_t card);

/* The flow of the one segment that left by a card.  It is a failure if there is
 * none, or more than one. */
struct mx_flow cards_take(struct cards *cards, uint16_t card);

#endif /* MX_TESTS_CARDS_H */
