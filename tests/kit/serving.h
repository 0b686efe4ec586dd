/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_SERVING_H
#define MX_TESTS_SERVING_H

/* A healthy plane: generation 2 is in force, and both backends of
 * PLANE_BACKENDS serve. */
#include "plane.h"

extern struct plane plane;

/* Make it before each test, and end it after. */
void serving_setup(void);
void serving_teardown(void);

#endif /* MX_TESTS_SERVING_H */
