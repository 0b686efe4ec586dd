/* SPDX-License-Identifier: BSD-3-Clause */
#include "toobig.h"

#include "icmpmsg.h"
#include "maker.h"

static void
tell_sender(struct worker *w, struct rte_mbuf *frame,
	    const struct packet_info *info, uint32_t mtu)
{
	const struct rte_ether_addr to = packet_headers(frame)->ether.src_addr;
	struct rte_mbuf *made = worker_make_frame(w);
	struct icmp_error error;

	if (made == NULL)
		return;
	icmp_error_about(&error, frame, info->ip_bytes, mtu);
	icmp_error_write(made, &error);
	maker_send(w, made, (uint8_t)frame->port, to.addr_bytes);
}

enum mx_drop
toobig_refuse(struct worker *w, struct rte_mbuf *frame,
	      const struct packet_info *info, uint32_t mtu)
{
	/* An ICMP error has no TCP flags, and gets no answer. */
	if (info->tcp_flags != 0)
		tell_sender(w, frame, info, mtu);
	return MX_DROP_TOO_BIG;
}
