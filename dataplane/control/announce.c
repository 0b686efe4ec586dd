/* SPDX-License-Identifier: BSD-3-Clause */
#include "announce.h"

#include <rte_errno.h>

#include "neighbour.h"
#include "network.h"

int
announcer_make(struct announcer *announcer, struct worker *worker,
	       struct rte_mempool *pool, const char *const *interface)
{
	*announcer = (struct announcer){
		.worker = worker, .frame_pool = pool, .ports = worker->ports};
	for (uint16_t i = 0; i < worker->ports; i++)
		announcer->interface[i] = interface[i];
	worker->outbox =
		rte_ring_create("outbox", ANNOUNCE_FRAMES, SOCKET_ID_ANY,
				RING_F_SP_ENQ | RING_F_SC_DEQ);
	return worker->outbox != NULL ? 0 : -rte_errno;
}

void
announcer_free(struct announcer *announcer)
{
	rte_ring_free(announcer->worker->outbox);
	announcer->worker->outbox = NULL;
}

/* The port that an address is announced by, or MX_PORTS_MAX. */
static uint16_t
port_of(const struct announcer *announcer, const struct mx_addr *addr)
{
	uint16_t unknown = MX_PORTS_MAX;

	for (uint16_t i = 0; i < announcer->ports; i++) {
		const enum network network =
			network_of(announcer->interface[i], addr);

		if (network == NETWORK_HOLDS)
			return i;
		if (network == NETWORK_NONE && unknown == MX_PORTS_MAX)
			unknown = i;
	}
	return unknown;
}

static const struct announcement *
find_row(const struct announcement *row, uint16_t rows,
	 const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < rows; i++)
		if (mx_addr_equal(&row[i].addr, addr))
			return &row[i];
	return NULL;
}

/* Copy the addresses of a plan.  Those that the rows did not have are new. */
static void
follow(struct announcer *announcer, const struct mx_owned_table *owned,
       uint64_t now_ms)
{
	static struct announcement before[ANNOUNCE_ROWS];
	const uint16_t rows_before = announcer->rows;

	memcpy(before, announcer->row, rows_before * sizeof(before[0]));
	announcer->rows = 0;
	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++) {
		const struct mx_owned *vip = &owned->slot[i];

		if (!mx_owned_is_told(vip) || vip->port_be != 0 ||
		    announcer->rows == ANNOUNCE_ROWS)
			continue;
		struct announcement *row = &announcer->row[announcer->rows++];
		const struct announcement *old =
			find_row(before, rows_before, &vip->addr);
		if (old != NULL)
			*row = *old;
		else
			*row = (struct announcement){
				.addr = vip->addr,
				.port = (uint8_t)port_of(announcer, &vip->addr),
				.left = ANNOUNCE_TIMES,
				.due_ms = now_ms,
			};
	}
}

void
announcer_link_up(struct announcer *announcer, uint16_t port, uint64_t now_ms)
{
	for (uint16_t i = 0; i < announcer->rows; i++) {
		struct announcement *row = &announcer->row[i];

		/* The interface may have got new addresses. */
		row->port = (uint8_t)port_of(announcer, &row->addr);
		if (row->port != port)
			continue;
		row->left = ANNOUNCE_TIMES;
		row->due_ms = now_ms;
	}
}

/* Returns false if there is no frame or no room. */
static bool
give(struct announcer *announcer, const struct announcement *row)
{
	struct worker *w = announcer->worker;
	struct rte_mbuf *frame;

	if (rte_ring_full(w->outbox))
		return false;
	frame = rte_pktmbuf_alloc(announcer->frame_pool);
	if (frame == NULL)
		return false;
	frame->port = row->port;
	neighbour_announce(frame, &row->addr, &w->port[row->port].mac);
	rte_ring_sp_enqueue(w->outbox, frame);
	return true;
}

void
announcer_poll(struct announcer *announcer, const struct active_plan *active,
	       uint64_t now_ms)
{
	bool any = false;

	if (active != announcer->active) {
		announcer->active = active;
		follow(announcer, &active->plan.owned, now_ms);
	}
	for (uint16_t i = 0; i < announcer->rows; i++) {
		struct announcement *row = &announcer->row[i];

		if (row->left == 0 || row->due_ms > now_ms)
			continue;
		if (row->port < announcer->ports) {
			if (!give(announcer, row))
				break;
			any = true;
		}
		row->left--;
		row->due_ms = now_ms + ANNOUNCE_PAUSE_MS;
	}
	/* Release: with it the frames are visible. */
	if (any)
		atomic_store_explicit(&announcer->worker->outbox_waits, true,
				      memory_order_release);
}
