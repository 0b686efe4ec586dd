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

/* A segment but for its options and its text. */
struct bare {
	uint32_t seq;
	uint32_t ack;
	uint32_t text_bytes;
	uint8_t flags;
};

/* Fill an empty frame.  stamps: NULL: none.  Returns where the text is to be. */
static char *
make(struct rte_mbuf *frame, const struct mx_flow *flow,
     const struct bare *bare, const struct options_stamps *stamps)
{
	const uint32_t option_bytes = stamps == NULL ? 0 : OPTIONS_STAMPS_BYTES;
	const struct maker_bare segment = {
		.flow = *flow,
		.seq = bare->seq,
		.ack = bare->ack,
		.window = bare->flags & RTE_TCP_RST_FLAG ? 0 : WINDOW,
		.flags = RTE_TCP_ACK_FLAG | bare->flags,
	};
	uint8_t *option =
		maker_fill(frame, &segment, option_bytes, bare->text_bytes);

	if (stamps != NULL)
		options_write_stamps(option, stamps);
	return (char *)option + option_bytes;
}

static bool
has_stamps(const struct watch_record *record, const struct bare *bare)
{
	return record->stamped && !(bare->flags & RTE_TCP_RST_FLAG);
}

/* bare: as the client counts.  Returns where the text is to be, or NULL; the
 * frame is in *frame. */
static char *
to_client(struct worker *w, const struct mx_session *s,
	  const struct watch_record *record, const struct bare *bare,
	  struct rte_mbuf **frame)
{
	const struct mx_flow flow = session_flow_back(&w->sessions, s);

	*frame = worker_make_frame(w);
	if (*frame == NULL)
		return NULL;
	return make(*frame, &flow, bare,
		    has_stamps(record, bare) ? &record->stamps : NULL);
}

/* The same without a text; it leaves. */
static void
send_client(struct worker *w, const struct mx_session *s,
	    const struct watch_record *record, const struct bare *bare)
{
	struct rte_mbuf *frame;

	if (to_client(w, s, record, bare, &frame) != NULL)
		maker_send(w, frame, s->client_port, s->client_mac);
}

/* bare: as the client counts.  Its text is QUIT, or none. */
static void
send_backend(struct worker *w, const struct active_plan *active,
	     const struct mx_session *s, const struct watch_record *record,
	     struct bare bare)
{
	const struct mx_flow flow = session_flow_in(&w->sessions, s);
	const struct options_stamps stamps = {.value = record->stamps.echo,
					      .echo = record->stamps.value};
	enum mx_drop why;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);
	struct rte_mbuf *frame = backend == NULL ? NULL : worker_make_frame(w);

	if (frame == NULL)
		return;
	bare.seq += mx_session_shift(s);
	bare.ack += s->ack_shift;
	char *text = make(frame, &flow, &bare,
			  has_stamps(record, &bare) ? &stamps : NULL);
	memcpy(text, QUIT, bare.text_bytes);
	maker_send(w, frame, backend->port, backend->mac);
}

void
endframe_send_text(struct worker *w, const struct active_plan *active,
		   const struct mx_session *s,
		   const struct watch_record *record)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const struct bare bare = {
		.seq = record->parting.end,
		.ack = record->parting.client_next,
		.text_bytes = endframe_text_bytes(service),
		.flags = RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG,
	};
	struct rte_mbuf *frame;
	char *at = to_client(w, s, record, &bare, &frame);

	if (at == NULL)
		return;
	memcpy(at, BEFORE, sizeof(BEFORE) - 1);
	at += sizeof(BEFORE) - 1;
	memcpy(at, service->host, service->host_bytes);
	memcpy(at + service->host_bytes, AFTER, sizeof(AFTER) - 1);
	maker_send(w, frame, s->client_port, s->client_mac);
}

void
endframe_send_quit(struct worker *w, const struct active_plan *active,
		   const struct mx_session *s,
		   const struct watch_record *record)
{
	send_backend(w, active, s, record,
		     (struct bare){
			     .seq = record->parting.cut,
			     .ack = record->parting.backend_next,
			     .text_bytes = PARTING_QUIT_BYTES,
			     .flags = RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG,
		     });
}

void
endframe_ack_client(struct worker *w, const struct mx_session *s,
		    const struct watch_record *record)
{
	const struct parting *p = &record->parting;
	const struct bare bare = {.seq = p->told ? p->behind : p->end,
				  .ack = p->client_next};

	send_client(w, s, record, &bare);
}

void
endframe_ack_backend(struct worker *w, const struct active_plan *active,
		     const struct mx_session *s,
		     const struct watch_record *record)
{
	const struct parting *p = &record->parting;

	send_backend(w, active, s, record,
		     (struct bare){
			     .seq = p->cut + (p->quits ? PARTING_QUIT_SPAN : 0),
			     .ack = p->backend_next,
		     });
}

void
endframe_reset(struct worker *w, const struct active_plan *active,
	       const struct mx_session *s, const struct watch_record *record)
{
	const struct parting *p = &record->parting;
	const struct bare bare = {.seq = p->client_ack,
				  .ack = p->client_next,
				  .flags = RTE_TCP_RST_FLAG};

	if (!p->client_is_over)
		send_client(w, s, record, &bare);
	if (!p->backend_is_over)
		send_backend(w, active, s, record,
			     (struct bare){.seq = p->backend_ack,
					   .ack = p->backend_next,
					   .flags = RTE_TCP_RST_FLAG});
}
