/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_NETSPACE_H
#define MX_TESTS_NETSPACE_H

/* A network namespace of the test's own; root only. */

/* Leave the namespace that the test is in for a new one, with no interface but
 * lo, which is up. */
void netspace_enter(void);

/* Run a command of the shell there, such as ip(8); it must succeed. */
void netspace_run(const char *command);

#endif /* MX_TESTS_NETSPACE_H */
