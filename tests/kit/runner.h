/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RUNNER_H
#define MX_TESTS_RUNNER_H

/* Every unit test is a program.  A test file defines suite(), and main() of
 * runner.c runs it in this process.  There is no fork, since a fork would lose
 * DPDK's threads and hide leaks from the sanitizers. */
#include <check.h>

Suite *suite(void);

#endif /* MX_TESTS_RUNNER_H */
