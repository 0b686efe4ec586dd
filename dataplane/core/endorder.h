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

/* The same by a plan that may have been in force before this one.  Its table of
 * rules is gone, so this reads all of its rules: it is for a session's end. */
bool end_order_had(const struct mx_plan *plan,
		   const struct session_table *table,
		   const struct mx_session *s);

#endif /* MX_ENDORDER_H */
