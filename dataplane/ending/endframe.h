/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDFRAME_H
#define MX_ENDFRAME_H

/* The segments that mxsteer makes for the ends of an ENDING session: the text
 *
 *   421 4.3.2 mx.example.org shutting down
 *
 * (RFC 5321 3.8, RFC 3463) and FIN, QUIT and FIN, acknowledgements, resets.
 *
 * Threads    the worker's own. */
#include "parting.h"
#include "worker.h"

/* Bytes of the text of a service. */
uint32_t endframe_text_bytes(const struct mx_service *service);

void endframe_send_text(struct worker *w, const struct active_plan *active,
			const struct mx_session *s, const struct parting *p);
void endframe_send_quit(struct worker *w, const struct active_plan *active,
			const struct mx_session *s, const struct parting *p);
void endframe_ack_client(struct worker *w, const struct mx_session *s,
			 const struct parting *p);
void endframe_ack_backend(struct worker *w, const struct active_plan *active,
			  const struct mx_session *s, const struct parting *p);

/* Reset the ends that are not over. */
void endframe_reset(struct worker *w, const struct active_plan *active,
		    const struct mx_session *s, const struct parting *p);

#endif /* MX_ENDFRAME_H */
