/* SPDX-License-Identifier: BSD-3-Clause */
#include "reset.h"

#include "forward/translate.h"
#include "hop.h"

#define RESET_TTL 64

/* Sessions looked at in each round. */
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

/* A bare segment of ours to a client, all but the TCP header's fields. */
static struct rte_tcp_hdr *
make_segment(struct rte_mbuf *frame, const struct mx_flow *flow)
{
	const uint32_t bytes = (uint32_t)sizeof(struct rte_tcp_hdr);
	const bool six = !mx_addr_is4(&flow->src);
	const uint32_t ip_bytes =
		six ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);

	rte_pktmbuf_append(frame,
			   (uint16_t)(RTE_ETHER_HDR_LEN + ip_bytes + bytes));
	if (six)
		translate_fill6(&packet_headers6(frame)->ip, &flow->src,
				&flow->dst, 0, RESET_TTL, IPPROTO_TCP, bytes);
	else
		translate_fill4(&packet_headers(frame)->ip,
				mx_addr_to4(&flow->src),
				mx_addr_to4(&flow->dst), 0, RESET_TTL,
				IPPROTO_TCP, bytes);
	/* Its checksum is computed in full. */
	frame->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);
	*tcp = (struct rte_tcp_hdr){
		.src_port = flow->src_port_be,
		.dst_port = flow->dst_port_be,
		.data_off = sizeof(*tcp) / 4 << 4,
	};
	return tcp;
}

static void
send_segment(struct worker *w, struct rte_mbuf *frame, uint8_t port,
	     const uint8_t mac[6], bool six)
{
	rewrite_tcp_checksum(frame,
			     six ? sizeof(struct rte_ipv6_hdr)
				 : sizeof(struct rte_ipv4_hdr),
			     0);
	hop_send(w, frame, port, mac, six);
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
	answer_to(make_segment(made, &back), packet_tcp(frame, info->ip_bytes),
		  info);
	send_segment(w, made, port, to.addr_bytes, !mx_addr_is4(&back.src));
}

/* Cut the segment down to its header, as a reset at its own number. */
static void
become_reset(struct rte_mbuf *frame, const struct packet_info *info)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const uint32_t bytes = (uint32_t)sizeof(*tcp);

	tcp->data_off = sizeof(*tcp) / 4 << 4;
	tcp->tcp_flags = RTE_TCP_RST_FLAG | (tcp->tcp_flags & RTE_TCP_ACK_FLAG);
	if (info->ip_bytes == sizeof(struct rte_ipv6_hdr)) {
		packet_headers6(frame)->ip.payload_len =
			rte_cpu_to_be_16((uint16_t)bytes);
	} else {
		struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
		ip->total_length =
			rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + bytes));
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	const uint32_t keep = RTE_ETHER_HDR_LEN + info->ip_bytes + bytes;
	rte_pktmbuf_trim(frame, (uint16_t)(rte_pktmbuf_data_len(frame) - keep));
	/* Computed anew here, for dsr and tunnel, and when it is rewritten. */
	frame->ol_flags &= ~RTE_MBUF_F_RX_L4_CKSUM_MASK;
	frame->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	rewrite_tcp_checksum(frame, info->ip_bytes, 0);
}

void
reset_both(struct worker *w, const struct mx_session *s, struct rte_mbuf *frame,
	   uint8_t port, struct packet_info *info)
{
	if (info->tcp_flags & RTE_TCP_RST_FLAG)
		return;
	w->count->ended += !mx_session_is_over(
		atomic_load_explicit(&s->state, memory_order_relaxed));
	reset_sender(w, frame, port, info);
	become_reset(frame, info);
	info->tcp_flags = RTE_TCP_RST_FLAG;
	info->payload_bytes = 0;
}

/* The backend's first number is before all that the client still waits for. */
static void
ask_client(struct worker *w, const struct mx_session *s)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const struct mx_flow back = {ends.vip, ends.client, s->vip_port_be,
				     s->client_port_be};
	struct rte_mbuf *made = worker_make_frame(w);

	if (made == NULL)
		return;
	struct rte_tcp_hdr *tcp = make_segment(made, &back);
	tcp->sent_seq = rte_cpu_to_be_32(s->server_seq - 1);
	tcp->recv_ack = rte_cpu_to_be_32(s->client_seq);
	tcp->tcp_flags = RTE_TCP_ACK_FLAG;
	send_segment(w, made, s->client_port, s->client_mac,
		     s->kind & MX_SESSION_CLIENT6);
}

void
reset_search(struct worker *w, const struct view *view)
{
	for (int i = 0; i < SEARCH_STEPS; i++) {
		struct mx_session *s = &w->sessions.file->session[w->search];

		w->search =
			w->search + 1 == w->sessions.count ? 0 : w->search + 1;
		const uint8_t state =
			atomic_load_explicit(&s->state, memory_order_relaxed);
		if (state <= MX_SESSION_OPENING || mx_session_is_over(state) ||
		    s->opened_s > view->plan.backend[s->backend].ended_s ||
		    s->deadline_s <= w->now_s + RESET_ANSWER_S ||
		    (s->kind & MX_SESSION_MODE) >= MX_FORWARD_DSR)
			continue;
		s->deadline_s = w->now_s + RESET_ANSWER_S;
		ask_client(w, s);
	}
}
