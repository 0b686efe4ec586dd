/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_SMALLPLAN_H
#define MX_TESTS_SMALLPLAN_H

/* A small plan with one of everything, for a data plane of two ports. */
#include "plan.h"

#define SMALLPLAN_PORTS 2

extern struct mx_plan *smallplan;

/* Make it before each test, and free it after. */
void smallplan_setup(void);
void smallplan_teardown(void);

/* Seal it, and check it as the data plane would. */
enum mx_plan_fault smallplan_fault(void);

#endif /* MX_TESTS_SMALLPLAN_H */
