/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PLANMAKER_H
#define MX_TESTS_PLANMAKER_H

/* Plans of configurations that are given as text, for a data plane of three
 * workers and the ports wan (eth0) and lan (eth1). */
#include "assignment.h"
#include "build.h"

/* A configuration with one service, in front of two backends. */
#define ONE_SERVICE(mode)                                                      \
	"services:\n"                                                          \
	"  - {name: one, listen: [\"198.51.100.25:25\"], pool: mx, " mode      \
	"}\n"                                                                  \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends:\n"                                                      \
	"      - {name: a, address: \"10.0.2.11:25\"}\n"                       \
	"      - {name: b, address: \"10.0.2.12:25\"}\n"

/* The largest text of services and pools, with room for the largest pool. */
#define PLANMAKER_TEXT_MAX (80 * MX_CONFIG_BACKENDS_MAX)

/* The input of plans; made before each test. */
extern struct state *state;
extern struct builder *builder;

void planmaker_setup(void);
void planmaker_teardown(void);

/* Put services and pools in force at a time.  All their backends are up. */
void planmaker_apply(const char *rest, int64_t now_s);

/* Build the plan of the state, and check a sealed copy as the data plane
 * would. */
const struct mx_plan *planmaker_build(void);

/* Both, at time 0. */
const struct mx_plan *planmaker_of(const char *rest);

#endif /* MX_TESTS_PLANMAKER_H */
