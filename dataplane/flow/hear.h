/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HEAR_H
#define MX_HEAR_H

/* The parts of a segment that belief.h judges.
 *
 * Threads    pure functions: any. */
#include "belief.h"
#include "packet.h"
#include "verify.h"

static inline struct heard
hear_client(struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);

	return (struct heard){
		.seq = rte_be_to_cpu_32(tcp->sent_seq),
		.ack = rte_be_to_cpu_32(tcp->recv_ack),
		.payload_bytes = info->payload_bytes,
		.flags = info->tcp_flags,
	};
}

/* The number is as the client counts. */
static inline struct heard
hear_backend(const struct mx_session *s, struct rte_mbuf *frame,
	     const struct packet_info *info)
{
	struct heard heard = hear_client(frame, info);

	heard.seq -= s->ack_shift;
	return heard;
}

/* Has a segment a wrong checksum?  An end would drop it. */
static inline bool
hear_is_wrong(const struct rte_mbuf *frame, const struct packet_info *info)
{
	return checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG;
}

#endif /* MX_HEAR_H */
