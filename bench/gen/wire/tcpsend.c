/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcpsend.h"

static bool
is_six(const struct conn *c)
{
	return c->flags & CONN_SIX;
}

uint16_t
tcp_own_mss(const struct end *end, const struct conn *c)
{
	return (uint16_t)(end->mtu - (is_six(c) ? 60 : 40));
}

void
tcp_look_at(struct end *end, struct conn *c, uint32_t due)
{
	if (c->wheel_due != 0 && c->wheel_due <= due)
		return;
	wheel_take(&end->wheel, end->conns.conn, c);
	wheel_put(&end->wheel, end->conns.conn, c,
		  due > end->tick ? due : end->tick + 1);
}

void
tcp_arm(struct end *end, struct conn *c)
{
	if (c->una == c->next) {
		c->resend_due = 0;
		return;
	}
	c->resend_due = end->tick + (end->resend_ticks << c->tries);
	tcp_look_at(end, c, c->resend_due);
}

void
tcp_emit(struct end *end, struct conn *c, uint8_t flags, uint32_t seq,
	 uint32_t bytes)
{
	struct rte_mbuf *frame = link_take(&end->link);

	if (unlikely(frame == NULL))
		return;
	uint8_t *at = rte_pktmbuf_mtod(frame, uint8_t *);
	struct segment_head head = {
		.key = &c->key,
		.src = end_mac(end, c->host),
		.sum = c->sum,
		.mss = flags & SEGMENT_SYN ? tcp_own_mss(end, c) : 0,
		.seq = seq,
		.ack = flags & SEGMENT_ACK ? c->rcv : 0,
		.bytes = bytes,
		.flags = flags,
	};
	memcpy(&head.dst, c->mac, sizeof(head.dst));
	if (bytes > 0)
		end->app->write(end, c, at + (is_six(c) ? 74 : 54),
				seq - c->text_seq, bytes);
	link_put(&end->link, frame, segment_finish(at, &head));
}

void
tcp_emit_syn(struct end *end, struct conn *c)
{
	const uint8_t flags = c->state == CONN_CALLS
				      ? SEGMENT_SYN
				      : SEGMENT_SYN | SEGMENT_ACK;

	tcp_emit(end, c, flags, c->una, 0);
	c->next = c->una + 1;
	tcp_arm(end, c);
}

bool
tcp_output(struct end *end, struct conn *c)
{
	uint32_t window = (uint32_t)c->window_segments * c->mss;
	bool sent = false;

	if (c->state != CONN_OPEN)
		return false;
	if (window > c->window)
		window = c->window;
	while (tcp_before(c->next, c->end)) {
		const uint32_t flying = c->next - c->una;
		uint32_t bytes = c->end - c->next;

		if (flying >= window)
			break;
		if (bytes > c->mss)
			bytes = c->mss;
		if (bytes > window - flying)
			bytes = window - flying;
		tcp_emit(end, c, SEGMENT_ACK | SEGMENT_PSH, c->next, bytes);
		c->next += bytes;
		sent = true;
	}
	if (c->next == c->end && c->flags & CONN_FIN_WANTED) {
		tcp_emit(end, c, SEGMENT_ACK | SEGMENT_FIN, c->next, 0);
		c->next++;
		sent = true;
	}
	/* The same timer also probes a closed window. */
	if (sent || (c->next == c->una && c->next != tcp_send_end(c) &&
		     c->resend_due == 0)) {
		c->resend_due = end->tick + (end->resend_ticks << c->tries);
		tcp_look_at(end, c, c->resend_due);
	}
	return sent;
}

void
tcp_answer_stray(struct end *end, const struct segment *segment)
{
	struct rte_mbuf *frame;
	struct segment_head head = {
		.key = &segment->key,
		.src = segment->ether->dst_addr,
		.dst = segment->ether->src_addr,
		.sum = segment_sum(&segment->key),
		.seq = segment->ack,
		.ack = segment->seq + segment->bytes +
		       (segment->flags & (SEGMENT_SYN | SEGMENT_FIN) ? 1 : 0),
		.flags = SEGMENT_RST | SEGMENT_ACK,
	};

	end->count.stray++;
	if (segment->flags & SEGMENT_RST)
		return;
	/* A port that sees all frames also sees frames to other hosts. */
	struct rte_ether_addr own;
	if (!end->owns(end->gen, &segment->key.local, &own))
		return;
	/* Ack a segment of an old connection, as TIME_WAIT would. */
	if ((segment->flags & (SEGMENT_SYN | SEGMENT_FIN)) == 0 &&
	    segment->bytes == 0)
		return;
	frame = link_take(&end->link);
	if (frame == NULL)
		return;
	if ((segment->flags & (SEGMENT_FIN | SEGMENT_SYN)) == SEGMENT_FIN)
		head.flags = SEGMENT_ACK; /* the first ack of it was lost */
	else
		end->count.resets_sent++;
	link_put(&end->link, frame,
		 segment_finish(rte_pktmbuf_mtod(frame, uint8_t *), &head));
}
