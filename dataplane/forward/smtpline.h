/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SMTPLINE_H
#define MX_SMTPLINE_H

/* The one line of SMTP that a client gets in place of a greeting:
 *
 *   421 4.3.2 mx.example.org no server is available now
 *
 * A server may say 421 at any time, and 554 in place of its greeting (RFC 5321
 * 3.8, 4.3.2).  The other numbers are of RFC 3463: x.3.2 is "system not
 * accepting network messages", x.7.0 "other security status", for clients over
 * a limit, x.7.1 "delivery not authorized", for denied clients, and x.5.1
 * "invalid command", for clients that speak before the greeting.
 *
 * Invariant  all lines of a service are equally long, so that the number behind
 *            the line follows from the number before it.
 * Threads    pure functions: any. */
#include <stdint.h>

#include "plan.h"

/* The longest line, its end included. */
#define SMTP_LINE_BYTES_MAX 120

/* What the line of a reason says: MX_ANSWER_421 or MX_ANSWER_554.  A reason that
 * has no line any more, as the plan is another one now, says 421. */
enum mx_answer smtp_line_answer(const struct mx_service *service,
				enum mx_drop why);

uint32_t smtp_line_bytes(const struct mx_service *service);

/* Write the line of a reason.  out: smtp_line_bytes() bytes. */
void smtp_line_write(const struct mx_service *service, enum mx_drop why,
		     char *out);

#endif /* MX_SMTPLINE_H */
