/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PUBLISHRIG_H
#define MX_TESTS_PUBLISHRIG_H

/* A plane with the backends of PLANE_BACKENDS, and what it has published. */
#include "serving.h"

/* Make it before each test, and end it after.  Neither plane runs yet. */
void publishrig_setup(void);
void publishrig_teardown(void);

/* Start both planes, and wait until the first plan is in force. */
void publishrig_start(void);

/* Let 300 ms pass. */
void publishrig_run(void);

/* The last generation, and its plan. */
uint64_t publishrig_generation(void);
const struct mx_plan *publishrig_plan(void);

/* How many slots of the first pool's pick table name a backend. */
uint32_t publishrig_slots(uint16_t id);

#endif /* MX_TESTS_PUBLISHRIG_H */
