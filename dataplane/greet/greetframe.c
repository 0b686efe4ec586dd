/* SPDX-License-Identifier: BSD-3-Clause */
#include "greetframe.h"

#include "cookie.h"
#include "egress.h"
#include "maker.h"
#include "proxyheader.h"
#include "smtpline.h"
#include "synack.h"

/* The window of a text: a client that is refused has nothing to send. */
#define WINDOW 8192

/* The largest segments that both the port and the family allow. */
static uint16_t
mss_of(const struct worker *w, uint8_t port, bool six)
{
	const uint32_t headers = (uint32_t)(six ? sizeof(struct rte_ipv6_hdr)
						: sizeof(struct rte_ipv4_hdr)) +
				 (uint32_t)sizeof(struct rte_tcp_hdr);
	const uint32_t mtu = w->port[port].mtu;

	return (uint16_t)((mtu < RTE_ETHER_MTU ? mtu : RTE_ETHER_MTU) -
			  headers);
}

/* The window that a client may fill before a backend has joined.  A header will
 * take bytes of it.  A client that speaks first waits: what it sent before a
 * backend joined would be lost. */
static uint16_t
window_of(const struct mx_service *service, const struct profile *told)
{
	if (service->implicit_tls)
		return 0;
	if (service->proxy == MX_PROXY_OFF)
		return told->window;
	if (told->window <= MX_PROXY_HEADER_MAX)
		return 0;
	return (uint16_t)(told->window - MX_PROXY_HEADER_MAX);
}

void
greet_send_synack(struct worker *w, const struct active_plan *active,
		  struct rte_mbuf *frame, const struct echo *entry)
{
	const bool six = !mx_addr_is4(&entry->flow.src);
	const struct profile *told = profiles_told(&w->profiles, &active->plan,
						   entry->service, w->now_s);
	const struct offer bound =
		profiles_bound(&w->profiles, entry->service, w->now_s);
	const struct offer agreed =
		offer_unpack(cookie_offer(entry->cookie), six);
	const uint16_t mss = mss_of(w, entry->port, six);
	const struct synack synack = {
		.flow = &entry->flow,
		.client_isn = entry->client_isn,
		.isn = entry->cookie,
		.window =
			window_of(&active->plan.service[entry->service], told),
		.says = {mss < told->says.mss ? mss : told->says.mss,
			 agreed.scale != OFFER_NO_SCALE ? bound.scale
							: OFFER_NO_SCALE,
			 agreed.sack},
	};

	synack_fill(frame, &synack);
	egress_send(w, frame, entry->port, entry->mac, six);
}

/* Fill an empty frame with the head of a segment to a client. */
static struct rte_tcp_hdr *
begin_segment(struct rte_mbuf *frame, const struct mx_flow *flow,
	      uint32_t payload_bytes)
{
	const struct mx_flow back = {flow->dst, flow->src, flow->dst_port_be,
				     flow->src_port_be};
	struct rte_tcp_hdr *tcp = maker_segment(frame, &back, payload_bytes);

	tcp->tcp_flags = RTE_TCP_ACK_FLAG;
	tcp->rx_win = RTE_BE16(WINDOW);
	return tcp;
}

void
greet_send_text(struct worker *w, const struct active_plan *active,
		struct rte_mbuf *frame, const struct echo *entry)
{
	const struct mx_service *service =
		&active->plan.service[entry->service];
	struct rte_tcp_hdr *tcp =
		begin_segment(frame, &entry->flow, smtp_line_bytes(service));

	tcp->tcp_flags |= RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG;
	tcp->sent_seq = rte_cpu_to_be_32(entry->cookie + 1);
	tcp->recv_ack = rte_cpu_to_be_32(entry->heard);
	smtp_line_write(service, entry->reason, (char *)(tcp + 1));
	maker_send(w, frame, entry->port, entry->mac);
}

void
greet_send_ack(struct worker *w, struct rte_mbuf *frame,
	       const struct echo *entry, uint32_t seq)
{
	struct rte_tcp_hdr *tcp = begin_segment(frame, &entry->flow, 0);

	tcp->sent_seq = rte_cpu_to_be_32(seq);
	tcp->recv_ack = rte_cpu_to_be_32(entry->heard);
	maker_send(w, frame, entry->port, entry->mac);
}

void
greet_send_reset(struct worker *w, struct rte_mbuf *frame,
		 const struct packet_info *info)
{
	const struct mx_flow flow = packet_flow(frame, info);
	const struct rte_ether_addr to = packet_headers(frame)->ether.src_addr;
	const uint8_t port = (uint8_t)frame->port;
	const uint32_t next =
		rte_be_to_cpu_32(packet_tcp(frame, info->ip_bytes)->sent_seq) +
		info->payload_bytes + 1;
	const rte_be32_t ack_be = packet_tcp(frame, info->ip_bytes)->recv_ack;

	maker_empty(frame);
	struct rte_tcp_hdr *tcp = begin_segment(frame, &flow, 0);
	tcp->rx_win = 0;
	if (info->tcp_flags & RTE_TCP_ACK_FLAG) {
		tcp->tcp_flags = RTE_TCP_RST_FLAG;
		tcp->sent_seq = ack_be;
	} else {
		tcp->tcp_flags |= RTE_TCP_RST_FLAG;
		tcp->recv_ack = rte_cpu_to_be_32(next);
	}
	maker_send(w, frame, port, to.addr_bytes);
}

/* In place: a copy would wait for each of these stores. */
void
greet_hear(const struct worker *w, struct rte_mbuf *frame,
	   const struct packet_info *info, struct echo *entry)
{
	packet_read_flow(frame, info, &entry->flow);
	entry->client_isn = 0;
	entry->cookie = 0;
	entry->heard = 0;
	entry->since_s = w->now_s;
	memcpy(entry->mac, packet_headers(frame)->ether.src_addr.addr_bytes,
	       sizeof(entry->mac));
	entry->port = (uint8_t)frame->port;
	entry->kind = ECHO_EMPTY;
	entry->service = (uint8_t)info->index;
	entry->reason = MX_DROP_NONE;
	entry->repeats = 0;
}
