/* SPDX-License-Identifier: BSD-3-Clause */
#include "turnaway.h"

#include "direct.h"
#include "egress.h"
#include "farewell.h"
#include "hear.h"
#include "limit.h"
#include "maker.h"
#include "segment.h"
#include "sweep.h"
#include "tcpstate.h"

/* The rows of refused clients: a client is in one of so many. */
#define REFUSED_WAYS 4

/* The row of a client, made in place of the oldest one if need be. */
static struct mx_refused_client *
row_of(struct worker *w, uint8_t service, const struct mx_addr *client,
       uint8_t bits)
{
	const struct mx_addr addr = mx_addr_first(client, bits);
	const uint64_t set = mx_hash_addr(&w->sessions.file->key, &addr) %
			     (MX_REFUSED_CLIENTS_MAX / REFUSED_WAYS) *
			     REFUSED_WAYS;
	struct mx_refused_client *row = &w->count->refused_client[set];
	struct mx_refused_client *oldest = row;

	for (int i = 0; i < REFUSED_WAYS; i++, row++) {
		if (row->bits == bits && row->service == service &&
		    mx_addr_equal(&row->addr, &addr)) {
			row->last_s = w->now_s;
			return row;
		}
		if (row->bits == 0 ||
		    (oldest->bits != 0 && row->last_s < oldest->last_s))
			oldest = row;
	}
	*oldest = (struct mx_refused_client){
		.addr = addr,
		.bits = bits,
		.service = service,
		.last_s = w->now_s,
	};
	return oldest;
}

void
turnaway_note(struct worker *w, const struct active_plan *active,
	      uint8_t service, const struct mx_addr *client, enum mx_drop why)
{
	const uint8_t bits =
		why == MX_DROP_PREFIX_LIMIT
			? limit_prefix_bits(
				  &active->plan.service[service].clients,
				  client)
			: CLIENTS_ADDRESS_BITS;

	row_of(w, service, client, bits)->count++;
}

void
turnaway_note_early(struct worker *w, uint8_t service,
		    const struct mx_addr *client, bool refused)
{
	struct mx_refused_client *row =
		row_of(w, service, client, CLIENTS_ADDRESS_BITS);

	row->early++;
	row->count += refused;
}

/* With direct return the numbers of a session are those of its client's
 * segment.  The segment itself stays, as its caller drops it. */
static void
reset_direct(struct worker *w, const struct active_plan *active,
	     const struct mx_session *s, struct rte_mbuf *frame,
	     const struct packet_info *info)
{
	const struct mx_flow flow = packet_flow(frame, info);
	const struct maker_bare back = {
		.flow = {flow.dst, flow.src, flow.dst_port_be,
			 flow.src_port_be},
		.seq = rte_be_to_cpu_32(
			packet_tcp(frame, info->ip_bytes)->recv_ack),
		.flags = RTE_TCP_RST_FLAG,
	};
	struct packet_info cut = *info;
	struct rte_mbuf *on =
		rte_pktmbuf_copy(frame, w->frame_pool, 0, UINT32_MAX);

	if (active->plan.service[s->service].clients.answer != MX_ANSWER_DROP)
		maker_send_bare(w, &back, s->client_port, s->client_mac);
	if (on == NULL)
		return;
	w->count->made++;
	struct rte_tcp_hdr *tcp = packet_tcp(on, info->ip_bytes);
	tcp->data_off = sizeof(*tcp) / 4 << 4;
	tcp->tcp_flags = RTE_TCP_RST_FLAG | (tcp->tcp_flags & RTE_TCP_ACK_FLAG);
	segment_cut(on, info, (uint32_t)sizeof(*tcp));
	cut.tcp_flags = RTE_TCP_RST_FLAG;
	cut.payload_bytes = 0;
	const enum mx_drop why =
		direct_send(w, on, &cut, s->kind & MX_SESSION_MODE,
			    &active->plan.service[s->service],
			    &active->plan.backend[s->backend]);
	if (why != MX_DROP_NONE)
		worker_drop(w, on, why);
}

/* The number behind what the client has sent in order, this segment included.
 * Nothing before it was passed on. */
static uint32_t
heard_of(const struct mx_session *s, struct rte_mbuf *frame,
	 const struct packet_info *info)
{
	const struct heard heard = hear_client(frame, info);

	return info->direction == DIRECTION_IN && heard.seq == s->client_seq
		       ? heard.seq + heard.payload_bytes +
				 ((heard.flags & RTE_TCP_FIN_FLAG) != 0)
		       : s->client_seq;
}

enum mx_drop
turnaway_session(struct worker *w, const struct active_plan *active,
		 struct mx_session *s, struct rte_mbuf *frame,
		 const struct packet_info *info, enum mx_drop why)
{
	const struct mx_addr client = session_ends(&w->sessions, s).client;
	const uint8_t service = s->service;
	enum mx_drop gone;

	turnaway_note(w, active, service, &client, why);
	if (session_is_direct(s)) {
		if (egress_backend(w, active, s, &gone) != NULL)
			reset_direct(w, active, s, frame, info);
		worker_session_end(w, s);
	} else if (farewell_begin(w, active, s, why,
				  heard_of(s, frame, info))) {
		return MX_DROP_REFUSED;
	}
	/* Frames from clients are counted by service where they are dropped. */
	if (info->direction != DIRECTION_IN)
		w->count->refused[service][why]++;
	return why;
}
