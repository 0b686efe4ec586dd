/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_STATERIG_H
#define MX_TESTS_STATERIG_H

/* A state, and the folder of a plane for files. */
#include "serving.h"

extern struct state *state;

/* Make both before each test, and free them after. */
void staterig_setup(void);
void staterig_teardown(void);

/* Apply a configuration with these backends, or with this way to forward. */
void staterig_apply(const char *backends, int64_t now_s);
void staterig_apply_mode(const char *mode, int64_t now_s);

/* Backends that come after those of PLANE_BACKENDS. */
#define STATERIG_JUST_B                                                        \
	"      - {name: b, address: \"192.0.2.12:25\", weight: 100}\n"
#define STATERIG_C_AND_B                                                       \
	"      - {name: c, address: \"192.0.2.13:25\", weight: 100}\n"         \
	"      - {name: b, address: \"192.0.2.12:25\", weight: 30}\n"

#define STATERIG_FULLNAT "snat: [\"10.0.2.100\"], client-address: hidden"

#endif /* MX_TESTS_STATERIG_H */
