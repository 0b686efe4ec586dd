/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RUNNER_H
#define MX_TESTS_RUNNER_H

/* Every unit test is a program of its own: a test file defines suite(), and
 * runner.c's main runs it in this process (no fork: a fork would lose DPDK's
 * threads, and hides leaks from the sanitizers). */
#include <check.h>

Suite *suite(void);

#endif /* MX_TESTS_RUNNER_H */
