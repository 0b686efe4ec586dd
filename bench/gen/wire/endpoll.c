/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoll.h"

#include "tcp.h"

#define PREFETCH_AHEAD 4u

/* The most timers in one poll: what is due after a stall must not flood the
 * port. */
#define TIMERS_MAX 16u

/* The most bursts in one poll: enough that received frames do not pile up. */
#define BURSTS_MAX 8u

static void
read_other(struct end *end, const struct rte_mbuf *frame)
{
	if (!neighbour_read(&end->hops, &end->link, frame, end->owns, end->gen))
		end->count.other++;
}

/* Read a burst's headers, and prefetch the connections.  Returns how many of
 * the frames are segments. */
static uint32_t
read_burst(struct end *end, struct rte_mbuf **frame, uint32_t count,
	   struct segment *segment)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < PREFETCH_AHEAD && i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frame[i], void *));
	for (uint32_t i = 0; i < count; i++) {
		struct segment *s = &segment[kept];

		if (i + PREFETCH_AHEAD < count)
			rte_prefetch0(rte_pktmbuf_mtod(
				frame[i + PREFETCH_AHEAD], void *));
		end->count.rx_bytes += frame[i]->pkt_len;
		switch (segment_read(frame[i], s)) {
		case SEGMENT_READ:
			s->hash = conn_hash(&end->conns, &s->key);
			rte_prefetch0(&end->conns.head[s->hash]);
			kept++;
			break;
		case SEGMENT_OTHER:
			read_other(end, frame[i]);
			break;
		case SEGMENT_DAMAGED:
			end->count.bad_checksum++;
			break;
		}
	}
	return kept;
}

static void
prefetch_conns(const struct end *end, const struct segment *segment,
	       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t first = end->conns.head[segment[i].hash];
		const uint8_t *line = (const void *)&end->conns.conn[first];

		rte_prefetch0(line);
		rte_prefetch0(line + 64);
		rte_prefetch0(line + 128);
	}
}

static uint16_t
poll_burst(struct end *end)
{
	struct rte_mbuf *frame[LINK_BURST];
	struct segment segment[LINK_BURST];
	const uint16_t count = rte_eth_rx_burst(end->link.port, end->link.queue,
						frame, LINK_BURST);
	const uint32_t segments = read_burst(end, frame, count, segment);

	prefetch_conns(end, segment, segments);
	for (uint32_t i = 0; i < segments; i++)
		tcp_input(end, &segment[i]);
	rte_pktmbuf_free_bulk(frame, count);
	end->count.rx += count;
	return count;
}

uint32_t
end_poll(struct end *end, uint64_t now_tsc, uint32_t tick)
{
	uint32_t total = 0;

	end->now_tsc = now_tsc;
	end->tick = tick;
	for (uint32_t i = 0; i < TIMERS_MAX; i++) {
		struct conn *c = wheel_next(&end->wheel, end->conns.conn, tick);

		if (c == NULL)
			break;
		tcp_timer(end, c);
	}
	for (uint32_t i = 0; i < BURSTS_MAX; i++) {
		const uint16_t count = poll_burst(end);

		total += count;
		if (count < LINK_BURST)
			break;
	}
	link_flush(&end->link);
	return total;
}
