/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDORDER_H
#define MX_ENDORDER_H

/* Sessions that the operator ended at once: those of a backend, or of clients.
 * A session that was opened after the command is none of them, whenever it is
 * looked at: so an order can be looked at again, by the next process too.
 *
 * Threads    any that may read the session. */
#include "activeplan.h"
#include "session.h"

/* Did the operator end the session? */
bool end_order_has(const struct active_plan *active,
		   const struct session_table *table,
		   const struct mx_session *s);

#endif /* MX_ENDORDER_H */
