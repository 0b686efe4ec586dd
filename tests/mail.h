/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_MAIL_H
#define MX_TESTS_MAIL_H

/* Whole SMTP sessions through a rig: mxsteer-gen is the clients and the MTAs,
 * the first worker stands between, all three in turn on one core.
 *
 *   clients 203.0.113.0/24, 2001:beef::/64 --- [ worker ] --- mta1..3 or 4..6
 *
 * Time is real; headers' timers of the rig stand still, so nothing may be lost
 * that only they would bring back. */
#include "gen.h"
#include "rig.h"

/* Clients of a family, to a service; its MTAs see what it tells them.  Called
 * after a rig was made. */
struct gen_options mail_options(enum rig_service service, bool client6);

/* Run to the end.  Returns the cycles that the worker was busy. */
uint64_t mail_run(struct rig *rig, const struct gen_options *options,
		  struct gen_report *report);

#endif /* MX_TESTS_MAIL_H */
