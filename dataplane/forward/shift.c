/* SPDX-License-Identifier: BSD-3-Clause */
#include "shift.h"

#include <rte_tcp.h>

#include "checksum.h"
#include "options.h"

#define TCP_PLAIN (sizeof(struct rte_tcp_hdr) / 4 << 4)

static rte_be32_t
shifted(rte_be32_t number_be, uint32_t shift)
{
	return rte_cpu_to_be_32(rte_be_to_cpu_32(number_be) + shift);
}

static uint32_t
shift_seq(struct rte_tcp_hdr *tcp, uint32_t shift)
{
	const rte_be32_t before_be = tcp->sent_seq;

	tcp->sent_seq = shifted(before_be, shift);
	return checksum_delta32(before_be, tcp->sent_seq);
}

static uint32_t
shift_ack(struct rte_tcp_hdr *tcp, uint32_t shift)
{
	const rte_be32_t before_be = tcp->recv_ack;

	tcp->recv_ack = shifted(before_be, shift);
	return checksum_delta32(before_be, tcp->recv_ack);
}

/* What the client acknowledges are bytes of the backend.  Returns the delta
 * with what this adds to it. */
static __rte_noinline uint32_t
told_in(const struct mx_session *s, struct rte_mbuf *frame, uint32_t ip_bytes,
	uint32_t delta)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);

	if (!(tcp->tcp_flags & RTE_TCP_ACK_FLAG))
		return delta;
	delta += shift_ack(tcp, s->ack_shift);
	if (tcp->data_off > TCP_PLAIN)
		delta += options_add_sack(frame, ip_bytes, s->ack_shift);
	return delta;
}

uint32_t
shift_in(const struct mx_session *s, struct rte_mbuf *frame,
	 const struct packet_info *info)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	uint32_t delta = 0;

	if (likely(mx_session_proxy(s) >= MX_SESSION_PROXY_SENT &&
		   !(info->tcp_flags & RTE_TCP_SYN_FLAG)))
		delta = shift_seq(tcp, mx_session_header(s));
	if (likely(!(s->shifts & MX_SESSION_TOLD)))
		return delta;
	return told_in(s, frame, info->ip_bytes, delta);
}

/* The header will take bytes of the window that the client is told of. */
static uint32_t
shrink_window(struct rte_tcp_hdr *tcp, uint8_t header)
{
	const uint16_t before_be = tcp->rx_win;
	const uint16_t window = rte_be_to_cpu_16(before_be);

	tcp->rx_win = rte_cpu_to_be_16(
		window > header ? (uint16_t)(window - header) : 0);
	return checksum_delta16(before_be, tcp->rx_win);
}

/* What the backend acknowledges are bytes of the client, and of the header
 * before them. */
static uint32_t
acked_out(const struct mx_session *s, struct rte_mbuf *frame, uint32_t ip_bytes)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, ip_bytes);
	const uint8_t header = mx_session_header(s);
	const uint32_t delta = shift_ack(tcp, 0u - header);

	if (likely(tcp->data_off <= TCP_PLAIN))
		return delta;
	return delta +
	       options_shift_sack(frame, ip_bytes, s->client_seq, header);
}

/* A segment before the header is acknowledged, and perhaps the one that does
 * it.  What it acknowledges within the header is nothing that the client has
 * sent. */
static __rte_noinline uint32_t
early_out(struct mx_session *s, struct rte_mbuf *frame,
	  const struct packet_info *info)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const uint8_t header = mx_session_header(s);
	const uint32_t ack = rte_be_to_cpu_32(tcp->recv_ack);

	if (info->tcp_flags & RTE_TCP_SYN_FLAG)
		return shrink_window(tcp, header);
	if (mx_session_proxy(s) == MX_SESSION_PROXY_ARMED ||
	    !(info->tcp_flags & RTE_TCP_ACK_FLAG))
		return 0;
	if (mx_session_proxy(s) == MX_SESSION_PROXY_ACKED ||
	    (int32_t)(ack - s->client_seq - header) >= 0) {
		mx_session_set_proxy(s, MX_SESSION_PROXY_ACKED);
		return acked_out(s, frame, info->ip_bytes);
	}
	uint32_t delta = shrink_window(tcp, header) +
			 shift_ack(tcp, s->client_seq - ack);
	if (tcp->data_off > TCP_PLAIN)
		delta += options_shift_sack(frame, info->ip_bytes,
					    s->client_seq, header);
	return delta;
}

/* The numbers of a session whose client was told others. */
static __rte_noinline uint32_t
told_out(struct mx_session *s, struct rte_mbuf *frame,
	 const struct packet_info *info)
{
	const uint32_t delta =
		mx_session_header(s) == 0 ? 0 : early_out(s, frame, info);

	return delta +
	       shift_seq(packet_tcp(frame, info->ip_bytes), 0 - s->ack_shift);
}

uint32_t
shift_out(struct mx_session *s, struct rte_mbuf *frame,
	  const struct packet_info *info)
{
	const uint8_t flags = info->tcp_flags;

	if (unlikely(s->shifts & MX_SESSION_TOLD))
		return told_out(s, frame, info);
	if (unlikely(mx_session_proxy(s) != MX_SESSION_PROXY_ACKED ||
		     (flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG)) !=
			     RTE_TCP_ACK_FLAG))
		return early_out(s, frame, info);
	return acked_out(s, frame, info->ip_bytes);
}
