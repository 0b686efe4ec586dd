/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DOCTORMAIL_H
#define MX_DOCTORMAIL_H

/* `doctor mail`: send one message through a service, tell each step as it
 * happens, and which address of the client the MTA saw.  It needs no control
 * plane, but knows more with one.
 *
 * Exit status: 0 the message was taken and the MTA saw this host; 1 something is
 * wrong; 2 nothing was tested; 3 the message was taken, and nobody said which
 * client the MTA saw.
 * Threads    one. */
#include "arguments.h"
#include "asking.h"

enum status doctormail(struct asking *asking,
		       const struct arguments *arguments);

#endif /* MX_DOCTORMAIL_H */
