/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDFRAME_H
#define MX_ENDFRAME_H

/* The segments that mxsteer makes for the ends of an ENDING session: the text
 *
 *   421 4.3.2 mx.example.org shutting down
 *
 * (RFC 5321 3.8, RFC 3463) and FIN, QUIT and FIN, acknowledgements, resets.
 *
 * If the ends have agreed on timestamps, each segment but a reset has them: its
 * receiver may drop one without (RFC 7323 3.2).  mxsteer has no clock of either
 * end, so it repeats the latest that the other end sent.
 *
 * Threads    the worker's own. */
#include "watchlist.h"
#include "worker.h"

/* Bytes of the text of a service. */
uint32_t endframe_text_bytes(const struct mx_service *service);

void endframe_send_text(struct worker *w, const struct active_plan *active,
			const struct mx_session *s,
			const struct watch_record *record);
void endframe_send_quit(struct worker *w, const struct active_plan *active,
			const struct mx_session *s,
			const struct watch_record *record);
void endframe_ack_client(struct worker *w, const struct mx_session *s,
			 const struct watch_record *record);
void endframe_ack_backend(struct worker *w, const struct active_plan *active,
			  const struct mx_session *s,
			  const struct watch_record *record);

/* Reset the ends that are not over. */
void endframe_reset(struct worker *w, const struct active_plan *active,
		    const struct mx_session *s,
		    const struct watch_record *record);

#endif /* MX_ENDFRAME_H */
