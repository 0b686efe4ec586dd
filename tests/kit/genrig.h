/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_GENRIG_H
#define MX_TESTS_GENRIG_H

/* A generator for tests.  Its two ends have ports made of rings.  Frames
 * between them pass the test's wire, which may lose, double, damage, delay and
 * forge frames.
 *
 *   clients 198.18.0.0/16, fd00:1::/64 ---[ wire ]--- servers 198.19.0.1, .2
 *                                                            fd00:2::1
 *
 * Time is made up: it advances when nothing moves, so that minutes of waiting
 * take no time. */
#include "gen.h"

/* The wire's treatment of each n-th frame, in either direction; 0: none. */
struct genrig_wire {
	uint32_t lose;
	uint32_t twice;
	uint32_t damage; /* a bit of the last byte */
	uint32_t hold;   /* until the next frame has passed */
	uint32_t forge;  /* a copy with some bytes changed and its sum put right
			  */
	uint32_t others; /* a copy to a host that neither end has */
	bool masquerade; /* clients seem to have another port */
};

/* Options for both ends over the rig's ports, of so many sessions. */
struct gen_options genrig_options(uint64_t sessions);

/* IPv6 only. */
void genrig_use_ipv6(struct gen_options *options);

/* Run to the end; *report is the result. */
void genrig_run(const struct gen_options *options,
		const struct genrig_wire *wire, struct gen_report *report);

/* The same, but the caller frees the generator. */
struct gen *genrig_run_on(const struct gen_options *options,
			  const struct genrig_wire *wire);

#endif /* MX_TESTS_GENRIG_H */
