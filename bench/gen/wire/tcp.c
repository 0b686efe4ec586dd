/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp.h"

#define TRIES_MAX 8 /* 51 s in all, when the first is after 200 ms */
#define MSS_MIN 88u
#define MSS_DEFAULT 536u /* of a SYN that names none (RFC 9293 3.7.1) */
#define WINDOW_FIRST 10u /* segments (RFC 6928) */
#define WINDOW_MAX 45u   /* as many as 65,535 bytes have */
#define DUPS_MAX 3       /* after so many a segment counts as lost (RFC 5681) */

static struct conn *
open_conn(struct end *end, const struct conn_key *key, uint32_t hash,
	  enum conn_state state)
{
	struct conn *c = conn_insert(&end->conns, key, hash, state);

	if (c == NULL) {
		end->count.table_full++;
		return NULL;
	}
	c->flags = mx_addr_is4(&key->local) ? 0 : CONN_SIX;
	c->sum = segment_sum(key);
	/* The initial number rises at about 1/us, as RFC 9293 3.4.1 wants. */
	c->una = (uint32_t)(end->now_tsc >> 11);
	c->next = c->una;
	c->end = c->una + 1;
	c->text_seq = c->end;
	c->window_segments = WINDOW_FIRST;
	c->heard = end->tick;
	return c;
}

struct conn *
tcp_call(struct end *end, const struct conn_key *key,
	 const struct rte_ether_addr *mac)
{
	struct conn *c =
		open_conn(end, key, conn_hash(&end->conns, key), CONN_CALLS);

	if (c == NULL)
		return NULL;
	memcpy(c->mac, mac, sizeof(c->mac));
	c->mss = tcp_own_mss(end, c);
	tcp_emit_syn(end, c);
	return c;
}

static void
forget(struct end *end, struct conn *c)
{
	wheel_take(&end->wheel, end->conns.conn, c);
	conn_remove(&end->conns, c);
}

static void
lose(struct end *end, struct conn *c, enum end_why why)
{
	end->app->gone(end, c, why);
	forget(end, c);
}

void
tcp_reset(struct end *end, struct conn *c)
{
	tcp_emit(end, c, SEGMENT_RST | SEGMENT_ACK, c->next, 0);
	end->count.resets_sent++;
	forget(end, c);
}

void
tcp_wake_at(struct end *end, struct conn *c, uint32_t due)
{
	c->wake_due = due > end->tick ? due : end->tick + 1;
	tcp_look_at(end, c, c->wake_due);
}

static void
learn_mss(struct end *end, struct conn *c, const struct segment *segment)
{
	const uint16_t own = tcp_own_mss(end, c);
	uint16_t mss = segment->mss != 0 ? segment->mss : MSS_DEFAULT;

	if (mss < MSS_MIN)
		mss = MSS_MIN;
	c->mss = mss < own ? mss : own;
}

/* Handle a SYN.  c: the connection with its addresses, perhaps of an earlier
 * session, or NULL. */
static void
input_syn(struct end *end, struct conn *c, const struct segment *segment)
{
	if (c != NULL && segment->seq + 1 == c->rcv) {
		end->count.out_of_order++; /* the peer did not get the
					    * SYN-ACK */
		if (c->state == CONN_ANSWERS)
			tcp_emit_syn(end, c);
		else
			tcp_emit(end, c, SEGMENT_ACK, c->next, 0);
		return;
	}
	if (c != NULL)
		lose(end, c, END_REPLACED);
	if (end->app->accepts == NULL) {
		tcp_answer_stray(end, segment);
		return;
	}
	c = open_conn(end, &segment->key, segment->hash, CONN_ANSWERS);
	if (c == NULL)
		return;
	memcpy(c->mac, &segment->ether->src_addr, sizeof(c->mac));
	c->rcv = segment->seq + 1;
	c->window = segment->window;
	learn_mss(end, c, segment);
	if (!end->app->accepts(end, c, &segment->ether->dst_addr)) {
		conn_remove(&end->conns, c);
		tcp_answer_stray(end, segment);
		return;
	}
	tcp_emit_syn(end, c);
}

static void
establish(struct end *end, struct conn *c, const struct segment *segment)
{
	c->state = CONN_OPEN;
	c->una = segment->ack;
	c->tries = 0;
	c->window = segment->window;
	tcp_arm(end, c);
	end->app->opened(end, c);
}

/* Handle the answer to a SYN that this end sent. */
static void
input_called(struct end *end, struct conn *c, const struct segment *segment)
{
	const bool acks =
		segment->flags & SEGMENT_ACK && segment->ack == c->next;

	if (segment->flags & SEGMENT_RST) {
		if (!acks)
			return;
		end->count.resets_got++;
		lose(end, c, END_RESET);
		return;
	}
	if (!acks || !(segment->flags & SEGMENT_SYN)) {
		tcp_answer_stray(end, segment);
		return;
	}
	c->rcv = segment->seq + 1;
	learn_mss(end, c, segment);
	establish(end, c, segment);
	if (c->state != CONN_FREE && !tcp_output(end, c))
		tcp_emit(end, c, SEGMENT_ACK, c->next, 0);
}

static void
input_ack(struct end *end, struct conn *c, const struct segment *segment)
{
	const uint32_t ack = segment->ack;

	c->window = segment->window;
	if (tcp_before(c->una, ack) && !tcp_before(tcp_send_end(c), ack)) {
		c->una = ack;
		if (tcp_before(c->next, ack))
			c->next = ack;
		c->tries = 0;
		c->dups = 0;
		if (c->window_segments < WINDOW_MAX)
			c->window_segments++;
		tcp_arm(end, c);
		if (end->app->acked != NULL)
			end->app->acked(end, c);
		return;
	}
	if (ack != c->una || segment->bytes > 0 || c->next == c->una ||
	    segment->flags & SEGMENT_FIN)
		return;
	if (++c->dups == DUPS_MAX) {
		end->count.retransmits++;
		c->window_segments = (uint8_t)(c->window_segments / 2 + 1);
		c->next = c->una;
	}
}

/* Returns whether it must be acked. */
static bool
input_data(struct end *end, struct conn *c, const struct segment *segment)
{
	const uint32_t last = segment->seq + segment->bytes;
	const uint32_t known = c->rcv - segment->seq; /* received before */
	const bool fin = segment->flags & SEGMENT_FIN;

	if (segment->bytes == 0 && !fin)
		return false;
	if (tcp_before(c->rcv, segment->seq) || tcp_before(last, c->rcv) ||
	    (last == c->rcv && (!fin || c->flags & CONN_FIN_GOT))) {
		end->count.out_of_order++;
		return true;
	}
	if (c->rcv != last) {
		const uint32_t fresh = segment->bytes - known;
		const uint32_t taken = end->app->received(
			end, c, segment->payload + known, fresh);

		if (c->state == CONN_FREE)
			return false;
		c->rcv += taken;
		if (taken < fresh)
			return true;
	}
	if (fin && !(c->flags & CONN_FIN_GOT)) {
		c->rcv++;
		c->flags |= CONN_FIN_GOT;
		end->app->peer_closed(end, c);
	}
	return true;
}

void
tcp_input(struct end *end, const struct segment *segment)
{
	struct conn *c = conn_find(&end->conns, &segment->key, segment->hash);

	if ((segment->flags & (SEGMENT_SYN | SEGMENT_ACK | SEGMENT_RST)) ==
	    SEGMENT_SYN) {
		input_syn(end, c, segment);
		return;
	}
	if (unlikely(c == NULL)) {
		tcp_answer_stray(end, segment);
		return;
	}
	c->heard = end->tick;
	if (c->state == CONN_CALLS) {
		input_called(end, c, segment);
		return;
	}
	if (unlikely(segment->flags & SEGMENT_RST)) {
		if (segment->seq - c->rcv > SEGMENT_WINDOW)
			return;
		end->count.resets_got++;
		lose(end, c, END_RESET);
		return;
	}
	if (c->state == CONN_ANSWERS) {
		if (segment->ack != c->next) {
			tcp_answer_stray(end, segment);
			return;
		}
		establish(end, c, segment);
	} else {
		input_ack(end, c, segment);
	}
	const bool owes = segment->flags & SEGMENT_SYN
				  ? true /* the ack of the peer's FIN was
					  * lost */
				  : input_data(end, c, segment);
	if (c->state == CONN_FREE)
		return;
	if (!tcp_output(end, c) && owes)
		tcp_emit(end, c, SEGMENT_ACK, c->next, 0);
	if (c->flags & CONN_FIN_GOT && c->flags & CONN_FIN_WANTED &&
	    c->una == tcp_send_end(c))
		lose(end, c, END_CLOSED);
}

static void
resend(struct end *end, struct conn *c)
{
	if (++c->tries > TRIES_MAX) {
		end->count.timeouts++;
		lose(end, c, END_TIMEOUT);
		return;
	}
	end->count.retransmits++;
	if (c->state != CONN_OPEN) {
		tcp_emit_syn(end, c);
		return;
	}
	c->next = c->una;
	c->dups = 0;
	c->window_segments = 1;
	if (c->window == 0)
		c->window = 1; /* a probe: is the window open again? */
	tcp_output(end, c);
}

void
tcp_timer(struct end *end, struct conn *c)
{
	const uint32_t silent = end->tick - c->heard;
	uint32_t due;

	if (c->resend_due != 0 && c->resend_due <= end->tick)
		resend(end, c);
	if (c->state != CONN_FREE && c->wake_due != 0 &&
	    c->wake_due <= end->tick) {
		c->wake_due = 0;
		end->app->woken(end, c);
		if (c->state != CONN_FREE)
			tcp_output(end, c);
	}
	if (c->state == CONN_FREE)
		return;
	if (c->wake_due == 0 && silent >= end->silence_ticks) {
		end->count.timeouts++;
		end->app->gone(end, c, END_TIMEOUT);
		tcp_reset(end, c);
		return;
	}
	due = c->wake_due != 0 ? c->wake_due : c->heard + end->silence_ticks;
	if (c->resend_due != 0 && c->resend_due < due)
		due = c->resend_due;
	tcp_look_at(end, c, due);
}
