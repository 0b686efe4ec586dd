/* SPDX-License-Identifier: BSD-3-Clause */
#include "icmp.h"

#include "direct.h"
#include "translate.h"
#include "egress.h"
#include "icmpmsg.h"
#include "maker.h"

static struct mx_flow
reversed(const struct mx_flow *flow)
{
	return (struct mx_flow){flow->dst, flow->src, flow->dst_port_be,
				flow->src_port_be};
}

static uint64_t
client_hash(const struct worker *w, const struct mx_addr *client,
	    uint16_t port_be)
{
	return mx_hash_client(&w->sessions.file->key, client, port_be);
}

static struct mx_flow4
narrow(const struct mx_flow *flow)
{
	return (struct mx_flow4){mx_addr_to4(&flow->src),
				 mx_addr_to4(&flow->dst), flow->src_port_be,
				 flow->dst_port_be};
}

/* The session of a flow from its client. */
static struct mx_session *
find_by_client(const struct worker *w, const struct mx_flow *flow,
	       uint64_t hash)
{
	if (!mx_addr_is4(&flow->src))
		return session_find(&w->sessions, hash, session_client_is6,
				    flow);
	const struct mx_flow4 flow4 = narrow(flow);
	return session_find(&w->sessions, hash, session_client_is4, &flow4);
}

/* The session of a flow from a nat backend to its client. */
static struct mx_session *
find_by_server(const struct worker *w, const struct mx_flow *flow,
	       uint64_t hash)
{
	if (!mx_addr_is4(&flow->src))
		return session_find(&w->sessions, hash, session_server_is6,
				    flow);
	const struct mx_flow4 flow4 = narrow(flow);
	return session_find(&w->sessions, hash, session_server_is4, &flow4);
}

/* The session that sent `flow` from the local address in row `row`. */
static struct mx_session *
find_by_local(const struct worker *w, const struct active_plan *active,
	      uint16_t row, const struct mx_flow *flow,
	      struct packet_info *info)
{
	const uint16_t port = rte_be_to_cpu_16(flow->src_port_be);

	if (port < MX_LOCAL_PORT_FIRST)
		return NULL;
	info->owner = (uint8_t)portmap_owner(port, w->workers);
	if (info->owner != w->id)
		return NULL;
	const uint32_t ref =
		portmap_find(&w->map[active->snat_slot[row]], port);
	if (ref == SESSION_NONE)
		return NULL;
	struct mx_session *s = session_at(&w->sessions, ref);
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	return mx_addr_equal(&ends.server, &flow->dst) &&
			       s->server_port_be == flow->dst_port_be
		       ? s
		       : NULL;
}

static enum verdict
drop(struct packet_info *info, enum mx_drop why)
{
	info->why = (uint8_t)why;
	return VERDICT_DROP;
}

/* Write the error into its own frame, for the end that `told` is now. */
static void
rewrite(struct rte_mbuf *frame, struct icmp_error *error)
{
	icmp_error_translate(error, !mx_addr_is4(&error->told));
	rte_pktmbuf_reset(frame);
	icmp_error_write(frame, error);
}

/* The error is about a packet from the client to the backend, which the client
 * sent to the VIP.  The error's source address becomes the VIP, so that no
 * internal address leaks. */
static enum verdict
tell_client(struct worker *w, const struct mx_session *s,
	    struct rte_mbuf *frame, struct icmp_error *error)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const struct mx_flow sent = {ends.client, ends.vip, s->client_port_be,
				     s->vip_port_be};
	uint32_t seq_be;

	/* The SYN and the header itself were not shifted. */
	memcpy(&seq_be, error->quote + offsetof(struct rte_tcp_hdr, sent_seq),
	       sizeof(seq_be));
	const uint32_t into = rte_be_to_cpu_32(seq_be) - s->client_seq;
	const uint32_t shift = mx_session_shift(s);
	const bool shifted = into >= shift && into != UINT32_MAX;
	icmp_error_undo(error, &sent, shifted ? shift : 0, 0 - s->ack_shift,
			(uint16_t)~s->tcp_delta);
	error->teller = ends.vip;
	error->told = ends.client;
	rewrite(frame, error);
	maker_send(w, frame, s->client_port, s->client_mac);
	return VERDICT_FORWARD;
}

/* The error is about a packet that the backend sent to the client. */
static enum verdict
tell_backend(struct worker *w, const struct active_plan *active,
	     const struct mx_session *s, struct rte_mbuf *frame,
	     struct icmp_error *error, struct packet_info *info)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const struct mx_flow sent = {ends.server, ends.local, s->server_port_be,
				     s->local_port_be};
	enum mx_drop why = MX_DROP_NONE;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);

	if (backend == NULL)
		return drop(info, why);
	icmp_error_undo(error, &sent, 0 - s->ack_shift, mx_session_shift(s),
			s->tcp_delta);
	/* A router of the other family has no address in this one. */
	if (mx_addr_is4(&error->teller) != mx_addr_is4(&ends.server))
		error->teller = ends.local;
	error->told = ends.server;
	rewrite(frame, error);
	maker_send(w, frame, backend->port, backend->mac);
	return VERDICT_FORWARD;
}

/* The error is about a packet from the VIP: mxsteer sent it, or a backend
 * by direct return. */
static enum verdict
about_vip(struct worker *w, const struct active_plan *active,
	  struct rte_mbuf *frame, struct icmp_error *error,
	  struct packet_info *info)
{
	const struct mx_flow flow = reversed(&error->flow);
	const struct mx_owned *vip =
		mx_owned_find(&active->plan.owned, &flow.dst, flow.dst_port_be);

	if (!mx_owned_has_service(vip))
		return drop(info, MX_DROP_BAD_ICMP);
	info->hash = client_hash(w, &flow.src, flow.src_port_be);
	info->owner = (uint8_t)mx_client_owner(
		&w->rss_owner.owners, &w->sessions.file->key,
		worker_is_nat(active, vip->index), &flow);
	if (info->owner != w->id)
		return VERDICT_HANDOFF;
	const struct mx_session *s = find_by_client(w, &flow, info->hash);
	if (mx_forward_is_direct(active->plan.service[vip->index].forward)) {
		info->index = vip->index;
		info->tcp_flags = 0;
		info->ip_bytes = error->six ? sizeof(struct rte_ipv6_hdr)
					    : sizeof(struct rte_ipv4_hdr);
		const enum mx_drop why =
			direct_icmp(w, active, frame, info, s, &flow);
		return why == MX_DROP_NONE ? VERDICT_FORWARD : drop(info, why);
	}
	return s == NULL ? drop(info, MX_DROP_BAD_ICMP)
			 : tell_backend(w, active, s, frame, error, info);
}

/* The error is about a packet to a nat backend, which carries the client's own
 * address.  We are a router that the error passes. */
static enum verdict
about_client(struct worker *w, struct rte_mbuf *frame, struct icmp_error *error,
	     struct packet_info *info)
{
	const struct mx_flow flow = reversed(&error->flow);

	info->hash = client_hash(w, &flow.dst, flow.dst_port_be);
	info->owner = (uint8_t)worker_of_hash(w, info->hash);
	if (info->owner != w->id)
		return VERDICT_HANDOFF;
	const struct mx_session *s = find_by_server(w, &flow, info->hash);
	return s == NULL ? VERDICT_KERNEL : tell_client(w, s, frame, error);
}

enum verdict
icmp_error(struct worker *w, const struct active_plan *active,
	   struct rte_mbuf *frame, struct packet_info *info)
{
	struct icmp_error error;
	const struct mx_session *s;

	const bool whole = icmp_error_read(&error, frame);
	const struct mx_owned *owned =
		mx_owned_find(&active->plan.owned, &error.told, 0);
	const bool ours = owned->kind != MX_OWNED_NOT;
	if (!whole)
		return ours ? drop(info, MX_DROP_BAD_ICMP) : VERDICT_KERNEL;
	if (owned->kind == MX_OWNED_ADDRESS)
		return about_vip(w, active, frame, &error, info);
	if (!ours) {
		const struct mx_owned *to =
			mx_owned_find(&active->plan.owned, &error.flow.dst,
				      error.flow.dst_port_be);
		return to->kind == MX_OWNED_SERVER
			       ? about_client(w, frame, &error, info)
			       : VERDICT_KERNEL;
	}
	info->owner = (uint8_t)w->id;
	s = find_by_local(w, active, owned->index, &error.flow, info);
	if (info->owner != w->id)
		return VERDICT_HANDOFF;
	return s == NULL ? drop(info, MX_DROP_BAD_ICMP)
			 : tell_client(w, s, frame, &error);
}
