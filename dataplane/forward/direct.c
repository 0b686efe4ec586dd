/* SPDX-License-Identifier: BSD-3-Clause */
#include "direct.h"

#include "candidate.h"
#include "options.h"
#include "tunnel.h"
#include "egress.h"
#include "toobig.h"

/* Length and type of service of the packet in a frame. */
static inline uint32_t
packet_bytes(struct rte_mbuf *frame, bool six, uint8_t *tos)
{
	if (!six) {
		const struct rte_ipv4_hdr *ip = &packet_headers(frame)->ip;
		*tos = ip->type_of_service;
		return rte_be_to_cpu_16(ip->total_length);
	}
	const struct rte_ipv6_hdr *ip = &packet_headers6(frame)->ip;
	*tos = (uint8_t)(rte_be_to_cpu_32(ip->vtc_flow) >> 20);
	return rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip);
}

/* What fits inside a tunnel; the way may begin wider than it goes on. */
static inline uint32_t
tunnel_room(const struct worker *w, const struct mx_backend *backend,
	    uint32_t overhead)
{
	uint32_t mtu = w->port[backend->port].mtu;

	if (backend->mtu != 0 && backend->mtu < mtu)
		mtu = backend->mtu;
	return mtu > overhead ? mtu - overhead : 0;
}

static __rte_always_inline enum mx_drop
wrap(struct worker *w, struct rte_mbuf *frame, const struct packet_info *info,
     const struct mx_service *service, const struct mx_backend *backend,
     const struct tunnel_shape shape)
{
	uint8_t tos;
	const uint32_t bytes = packet_bytes(frame, shape.inner6, &tos);
	const uint32_t room = tunnel_room(w, backend, tunnel_bytes(shape));

	if (unlikely(bytes > room))
		return toobig_refuse(w, frame, info, room);
	if (unlikely(info->tcp_flags & RTE_TCP_SYN_FLAG))
		options_clamp_mss(frame, info->ip_bytes,
				  (uint16_t)(room - info->ip_bytes -
					     sizeof(struct rte_tcp_hdr)));
	const bool is_tcp = info->tcp_flags != 0 &&
			    (frame->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) !=
				    RTE_MBUF_F_RX_L4_CKSUM_NONE;
	tunnel_wrap(frame, service, backend, info->hash, bytes, tos, is_tcp,
		    shape);
	egress_send(w, frame, backend->port, backend->mac, shape.outer6);
	return MX_DROP_NONE;
}

/* Code of its own for each shape. */
static enum mx_drop
send_wrapped(struct worker *w, struct rte_mbuf *frame,
	     const struct packet_info *info, const struct mx_service *service,
	     const struct mx_backend *backend)
{
	const bool inner6 = info->ip_bytes == sizeof(struct rte_ipv6_hdr);
	const bool outer6 = !mx_addr_is4(&backend->address.addr);
	const bool gue = service->tunnel == MX_TUNNEL_GUE;

	switch (inner6 | outer6 << 1 | gue << 2) {
	case 0:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){false, false, false});
	case 1:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){true, false, false});
	case 2:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){false, true, false});
	case 3:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){true, true, false});
	case 4:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){false, false, true});
	case 5:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){true, false, true});
	case 6:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){false, true, true});
	default:
		return wrap(w, frame, info, service, backend,
			    (struct tunnel_shape){true, true, true});
	}
}

enum mx_drop
direct_send(struct worker *w, struct rte_mbuf *frame,
	    const struct packet_info *info, uint8_t mode,
	    const struct mx_service *service, const struct mx_backend *backend)
{
	if (unlikely(service->forward != mode))
		return MX_DROP_NO_SERVICE;
	if (mode == MX_FORWARD_TUNNEL)
		return send_wrapped(w, frame, info, service, backend);
	if (unlikely(egress_is_too_big(w, frame, backend->port, 0)))
		return toobig_refuse(w, frame, info,
				     egress_room(w, backend->port, 0));
	egress_send(w, frame, backend->port, backend->mac,
		    info->ip_bytes == sizeof(struct rte_ipv6_hdr));
	return MX_DROP_NONE;
}

/* To the backend that the table names for a flow of no session. */
static enum mx_drop
send_unknown(struct worker *w, const struct active_plan *active,
	     struct rte_mbuf *frame, const struct packet_info *info,
	     const struct mx_flow *flow)
{
	const struct mx_service *service = &active->plan.service[info->index];
	enum mx_drop why = MX_DROP_NONE;
	const uint16_t id =
		mx_candidate_known(&active->plan, service, flow, &why);

	if (id == MX_BACKEND_NONE)
		return why;
	return direct_send(w, frame, info, service->forward, service,
			   &active->plan.backend[id]);
}

enum mx_drop
direct_unknown(struct worker *w, const struct active_plan *active,
	       struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct mx_flow flow = packet_flow(frame, info);

	return send_unknown(w, active, frame, info, &flow);
}

enum mx_drop
direct_icmp(struct worker *w, const struct active_plan *active,
	    struct rte_mbuf *frame, const struct packet_info *info,
	    const struct mx_session *s, const struct mx_flow *flow)
{
	const struct mx_service *service = &active->plan.service[info->index];
	enum mx_drop why = MX_DROP_NONE;

	if (s == NULL)
		return send_unknown(w, active, frame, info, flow);
	const struct mx_backend *backend = egress_backend(w, active, s, &why);
	if (backend == NULL)
		return why;
	return direct_send(w, frame, info, s->kind & MX_SESSION_MODE, service,
			   backend);
}
