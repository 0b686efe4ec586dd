/* SPDX-License-Identifier: BSD-3-Clause */
#include "reset.h"

#include "endorder.h"
#include "maker.h"
#include "segment.h"
#include "tcpstate.h"
#include "verify.h"

/* How many sessions are looked at in each round. */
#define SEARCH_STEPS 8

/* Make *reset the answer to a segment: at the number its sender expects. */
static void
answer_to(struct rte_tcp_hdr *reset, const struct rte_tcp_hdr *tcp,
	  const struct packet_info *info)
{
	const uint32_t seq = rte_be_to_cpu_32(tcp->sent_seq);
	const uint8_t flags = info->tcp_flags;

	reset->tcp_flags = RTE_TCP_RST_FLAG;
	if (flags & RTE_TCP_ACK_FLAG) {
		reset->sent_seq = tcp->recv_ack;
		return;
	}
	reset->tcp_flags |= RTE_TCP_ACK_FLAG;
	reset->recv_ack = rte_cpu_to_be_32(seq + info->payload_bytes +
					   ((flags & RTE_TCP_SYN_FLAG) != 0) +
					   ((flags & RTE_TCP_FIN_FLAG) != 0));
}

static void
reset_sender(struct worker *w, struct rte_mbuf *frame, uint8_t port,
	     const struct packet_info *info)
{
	const struct mx_flow flow = packet_flow(frame, info);
	const struct mx_flow back = {flow.dst, flow.src, flow.dst_port_be,
				     flow.src_port_be};
	const struct rte_ether_addr to = packet_headers(frame)->ether.src_addr;
	struct rte_mbuf *made = worker_make_frame(w);

	if (made == NULL)
		return;
	answer_to(maker_segment(made, &back, 0),
		  packet_tcp(frame, info->ip_bytes), info);
	maker_send(w, made, port, to.addr_bytes);
}

void
reset_unknown(struct worker *w, struct rte_mbuf *frame,
	      const struct packet_info *info)
{
	if (!(info->tcp_flags & RTE_TCP_SYN_FLAG))
		reset_left(w, frame, info);
}

void
reset_left(struct worker *w, struct rte_mbuf *frame,
	   const struct packet_info *info)
{
	if (info->tcp_flags & RTE_TCP_RST_FLAG ||
	    checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG ||
	    !worker_may_reset(w))
		return;
	w->count->resets_unknown++;
	reset_sender(w, frame, (uint8_t)frame->port, info);
}

/* Cut the segment down to its header, as a reset at its own number. */
static void
become_reset(struct rte_mbuf *frame, const struct packet_info *info)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);

	tcp->data_off = sizeof(*tcp) / 4 << 4;
	tcp->tcp_flags = RTE_TCP_RST_FLAG | (tcp->tcp_flags & RTE_TCP_ACK_FLAG);
	segment_cut(frame, info, (uint32_t)sizeof(*tcp));
}

void
reset_both(struct worker *w, const struct mx_session *s, struct rte_mbuf *frame,
	   uint8_t port, struct packet_info *info)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	if (info->tcp_flags & RTE_TCP_RST_FLAG)
		return;
	w->count->ended +=
		!mx_session_is_over(state) && !mx_session_is_doubted(state);
	reset_sender(w, frame, port, info);
	become_reset(frame, info);
	info->tcp_flags = RTE_TCP_RST_FLAG;
	info->payload_bytes = 0;
}

/* The backend's first number is before all that the client still waits for. */
static void
ask_client(struct worker *w, const struct mx_session *s)
{
	const struct maker_bare question = {
		.flow = session_flow_back(&w->sessions, s),
		.seq = s->server_seq - 1,
		.ack = s->client_seq,
		.flags = RTE_TCP_ACK_FLAG,
	};

	maker_send_bare(w, &question, s->client_port, s->client_mac);
}

void
reset_search(struct worker *w, const struct active_plan *active)
{
	for (int i = 0; i < SEARCH_STEPS; i++) {
		struct mx_session *s = &w->sessions.file->session[w->search];

		w->search =
			w->search + 1 == w->sessions.count ? 0 : w->search + 1;
		const uint8_t state =
			atomic_load_explicit(&s->state, memory_order_relaxed);
		if (!mx_session_is_begun(state, false) ||
		    s->deadline_s <= w->now_s + RESET_ANSWER_S ||
		    session_is_direct(s) ||
		    !end_order_has(active, &w->sessions, s))
			continue;
		s->deadline_s = w->now_s + RESET_ANSWER_S;
		ask_client(w, s);
	}
}
