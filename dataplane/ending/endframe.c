/* SPDX-License-Identifier: BSD-3-Clause */
#include "endframe.h"

#include <string.h>

#include "egress.h"
#include "maker.h"

#define BEFORE "421 4.3.2 "
#define AFTER " shutting down\r\n"
#define QUIT "QUIT\r\n"
static_assert(sizeof(QUIT) - 1 == PARTING_QUIT_BYTES, "see parting.h");

/* What either end may send: it is thrown away. */
#define WINDOW 8192

uint32_t
endframe_text_bytes(const struct mx_service *service)
{
	return (uint32_t)(sizeof(BEFORE) - 1 + service->host_bytes +
			  sizeof(AFTER) - 1);
}

/* A segment but for its text. */
struct bare {
	uint32_t seq;
	uint32_t ack;
	uint32_t text_bytes;
	uint8_t flags;
};

static void
fill(struct rte_tcp_hdr *tcp, const struct bare *bare)
{
	tcp->sent_seq = rte_cpu_to_be_32(bare->seq);
	tcp->recv_ack = rte_cpu_to_be_32(bare->ack);
	tcp->tcp_flags = RTE_TCP_ACK_FLAG | bare->flags;
	tcp->rx_win = bare->flags & RTE_TCP_RST_FLAG ? 0 : RTE_BE16(WINDOW);
}

/* Returns the header, or NULL; the frame is in *frame. */
static struct rte_tcp_hdr *
to_client(struct worker *w, const struct mx_session *s, const struct bare *bare,
	  struct rte_mbuf **frame)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const struct mx_flow flow = {ends.vip, ends.client, s->vip_port_be,
				     s->client_port_be};

	*frame = worker_make_frame(w);
	if (*frame == NULL)
		return NULL;
	struct rte_tcp_hdr *tcp =
		maker_segment(*frame, &flow, bare->text_bytes);
	fill(tcp, bare);
	return tcp;
}

/* bare: as the client counts. */
static void
send_client(struct worker *w, const struct mx_session *s,
	    const struct bare *bare)
{
	struct rte_mbuf *frame;

	if (to_client(w, s, bare, &frame) != NULL)
		maker_send(w, frame, s->client_port, s->client_mac);
}

/* bare: as the client counts.  Its text is QUIT, or none. */
static void
send_backend(struct worker *w, const struct active_plan *active,
	     const struct mx_session *s, struct bare bare)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const struct mx_flow flow = {ends.local, ends.server, s->local_port_be,
				     s->server_port_be};
	enum mx_drop why;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);
	struct rte_mbuf *frame = backend == NULL ? NULL : worker_make_frame(w);

	if (frame == NULL)
		return;
	struct rte_tcp_hdr *tcp = maker_segment(frame, &flow, bare.text_bytes);
	bare.seq += mx_session_shift(s);
	bare.ack += s->ack_shift;
	fill(tcp, &bare);
	memcpy(tcp + 1, QUIT, bare.text_bytes);
	maker_send(w, frame, backend->port, backend->mac);
}

void
endframe_send_text(struct worker *w, const struct active_plan *active,
		   const struct mx_session *s, const struct parting *p)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const struct bare bare = {
		.seq = p->end,
		.ack = p->client_next,
		.text_bytes = endframe_text_bytes(service),
		.flags = RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG,
	};
	struct rte_mbuf *frame;
	struct rte_tcp_hdr *tcp = to_client(w, s, &bare, &frame);

	if (tcp == NULL)
		return;
	char *at = (char *)(tcp + 1);
	memcpy(at, BEFORE, sizeof(BEFORE) - 1);
	at += sizeof(BEFORE) - 1;
	memcpy(at, service->host, service->host_bytes);
	memcpy(at + service->host_bytes, AFTER, sizeof(AFTER) - 1);
	maker_send(w, frame, s->client_port, s->client_mac);
}

void
endframe_send_quit(struct worker *w, const struct active_plan *active,
		   const struct mx_session *s, const struct parting *p)
{
	send_backend(w, active, s,
		     (struct bare){
			     .seq = p->cut,
			     .ack = p->backend_next,
			     .text_bytes = PARTING_QUIT_BYTES,
			     .flags = RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG,
		     });
}

void
endframe_ack_client(struct worker *w, const struct mx_session *s,
		    const struct parting *p)
{
	const struct bare bare = {.seq = p->told ? p->behind : p->end,
				  .ack = p->client_next};

	send_client(w, s, &bare);
}

void
endframe_ack_backend(struct worker *w, const struct active_plan *active,
		     const struct mx_session *s, const struct parting *p)
{
	send_backend(w, active, s,
		     (struct bare){
			     .seq = p->cut + (p->quits ? PARTING_QUIT_SPAN : 0),
			     .ack = p->backend_next,
		     });
}

void
endframe_reset(struct worker *w, const struct active_plan *active,
	       const struct mx_session *s, const struct parting *p)
{
	const struct bare bare = {.seq = p->client_ack,
				  .ack = p->client_next,
				  .flags = RTE_TCP_RST_FLAG};

	if (!p->client_is_over)
		send_client(w, s, &bare);
	if (!p->backend_is_over)
		send_backend(w, active, s,
			     (struct bare){.seq = p->backend_ack,
					   .ack = p->backend_next,
					   .flags = RTE_TCP_RST_FLAG});
}
