/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>

#include "advance.h"
#include "ending.h"
#include "move.h"
#include "proxy.h"
#include "side.h"
#include "tcpstate.h"
#include "transaction.h"
#include "verify.h"
#include "watchlist.h"

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

int
watch_make(struct worker *w, uint64_t tsc_hz)
{
	w->watch = calloc(1, sizeof(*w->watch));
	return w->watch == NULL ? -ENOMEM : ending_make(w->watch, tsc_hz);
}

void
watch_free(struct worker *w)
{
	if (w->watch == NULL)
		return;
	resend_free(&w->watch->text);
	resend_free(&w->watch->quit);
	free(w->watch);
	w->watch = NULL;
}

void
watch_begin(struct worker *w, const struct active_plan *active,
	    struct mx_session *s)
{
	if (state_of(s) != MX_SESSION_ESTABLISHED || session_is_direct(s))
		return;
	struct watch_record *record = watch_get(w, s);
	if (record == NULL)
		return;
	transaction_begin(&record->read);
	move_to(w, active, s, MX_SESSION_WATCHED);
}

static bool
is_wanted(const struct active_plan *active, const struct mx_session *s)
{
	const struct mx_backend *backend = &active->plan.backend[s->backend];

	return backend->watched || s->opened_s <= backend->ended_s;
}

/* The record of a WATCHED session, whose segment is to be read; or NULL. */
static struct watch_record *
record_of(struct worker *w, const struct active_plan *active,
	  struct mx_session *s)
{
	const uint8_t state = state_of(s);

	if (state != MX_SESSION_WATCHED && state != MX_SESSION_SEALED)
		return NULL;
	if (!is_wanted(active, s)) {
		move_to(w, active, s, MX_SESSION_ESTABLISHED);
		return NULL;
	}
	if (state == MX_SESSION_SEALED)
		return NULL;
	struct watch_record *record = watch_find(w, s);
	if (record != NULL)
		return record;
	/* Another process has watched it. */
	record = watch_get(w, s);
	if (record != NULL)
		transaction_begin(&record->read);
	return record;
}

/* The text of a segment, with its numbers as the client counts.  Returns false
 * if the frame has it in several parts: then it counts as missed. */
static bool
read_text(struct rte_mbuf *frame, const struct packet_info *info,
	  struct transaction_said *said)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const uint8_t *text = (const uint8_t *)tcp + packet_tcp_bytes(tcp);
	const uint8_t *frame_end =
		rte_pktmbuf_mtod(frame, const uint8_t *) + frame->data_len;

	*said = (struct transaction_said){
		.seq = rte_be_to_cpu_32(tcp->sent_seq),
		.ack = rte_be_to_cpu_32(tcp->recv_ack),
		.text = text,
		.bytes = info->payload_bytes,
	};
	return text + info->payload_bytes <= frame_end;
}

static void
seal(struct worker *w, const struct active_plan *active, struct mx_session *s,
     const struct watch_record *record)
{
	if (record->read.phase == TRANSACTION_TLS ||
	    record->read.phase == TRANSACTION_STRANGE)
		move_to(w, active, s, MX_SESSION_SEALED);
}

/* Are the segments of the session read? */
static bool
is_on(const struct mx_session *s)
{
	const uint8_t state = state_of(s);

	return state == MX_SESSION_WATCHED || state == MX_SESSION_SEALED ||
	       state == MX_SESSION_ENDING;
}

/* Not inline: other sessions would pay for it. */
static __rte_noinline enum mx_drop
read_client(struct worker *w, const struct active_plan *active,
	    struct mx_session *s, struct rte_mbuf *frame,
	    const struct packet_info *info)
{
	struct transaction_said said;

	if (state_of(s) == MX_SESSION_ENDING)
		return ending_client(w, active, s, frame, info);
	const enum mx_drop why = advance_client(w, active, s, frame, info);
	if (why != MX_DROP_NONE)
		return why;
	struct watch_record *record = record_of(w, active, s);
	if (record == NULL || info->tcp_flags & RTE_TCP_SYN_FLAG)
		return MX_DROP_NONE;
	if (checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG)
		return MX_DROP_BAD_CHECKSUM;
	if (!read_text(frame, info, &said))
		return MX_DROP_NONE;
	record->window =
		rte_be_to_cpu_16(packet_tcp(frame, info->ip_bytes)->rx_win);
	transaction_client(&record->read, &said);
	seal(w, active, s, record);
	return MX_DROP_NONE;
}

enum mx_drop
watch_client(struct worker *w, const struct active_plan *active,
	     struct mx_session *s, struct rte_mbuf *frame,
	     const struct packet_info *info)
{
	return likely(!is_on(s)) ? advance_client(w, active, s, frame, info)
				 : read_client(w, active, s, frame, info);
}

static __rte_noinline enum mx_drop
read_backend(struct worker *w, const struct active_plan *active,
	     struct mx_session *s, struct rte_mbuf *frame,
	     const struct packet_info *info)
{
	struct transaction_said said;

	if (state_of(s) == MX_SESSION_ENDING)
		return ending_backend(w, active, s, frame, info);
	const bool apart = side_is_apart(active, s, frame);
	const enum mx_drop why = advance_backend(w, active, s, frame, info);
	if (why != MX_DROP_NONE)
		return why;
	struct watch_record *record = record_of(w, active, s);
	if (record == NULL || info->tcp_flags & RTE_TCP_SYN_FLAG || !apart)
		return MX_DROP_NONE;
	if (checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG)
		return MX_DROP_BAD_CHECKSUM;
	if (!read_text(frame, info, &said))
		return MX_DROP_NONE;
	said.seq -= s->ack_shift;
	said.ack -= mx_session_shift(s);
	if (transaction_server(&record->read, &said) &&
	    !proxy_is_under_way(s)) {
		ending_note_stamps(record, frame, info);
		ending_begin(w, active, s, record, &said);
	} else {
		seal(w, active, s, record);
	}
	return MX_DROP_NONE;
}

enum mx_drop
watch_backend(struct worker *w, const struct active_plan *active,
	      struct mx_session *s, struct rte_mbuf *frame,
	      const struct packet_info *info)
{
	return likely(!is_on(s)) ? advance_backend(w, active, s, frame, info)
				 : read_backend(w, active, s, frame, info);
}
