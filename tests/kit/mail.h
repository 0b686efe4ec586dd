/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_MAIL_H
#define MX_TESTS_MAIL_H

/* Whole SMTP sessions through a rig: mxsteer-gen is the clients and the MTAs,
 * the first worker stands between, all three in turn on one core.
 *
 *   clients 203.0.113.0/24, 2001:beef::/64 --- [ worker ] --- mta1..3 or 4..6
 *
 * Time is real, but the rig's timers for headers stand still.  So no frame may
 * be lost that only these timers would repeat. */
#include "gen.h"
#include "rig.h"

/* Make clients of a family, to a service.  The MTAs expect the client's address
 * in the service's way.  Call it after a rig was made. */
struct gen_options mail_options(enum rig_service service, bool client6);

/* Run to the end.  Returns the cycles in which the worker was busy. */
uint64_t mail_run(struct rig *rig, const struct gen_options *options,
		  struct gen_report *report);

/* The same, while others send something too: `beside` is called again and
 * again. */
uint64_t mail_run_beside(struct rig *rig, const struct gen_options *options,
			 struct gen_report *report,
			 void (*beside)(struct rig *rig));

#endif /* MX_TESTS_MAIL_H */
