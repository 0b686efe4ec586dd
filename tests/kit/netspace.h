/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_NETSPACE_H
#define MX_TESTS_NETSPACE_H

/* A network namespace for one test; root only. */

/* Move the test into a new namespace, with no interface but lo, which is up. */
void netspace_enter(void);

/* Run a shell command there, such as ip(8).  It must succeed. */
void netspace_run(const char *command);

#endif /* MX_TESTS_NETSPACE_H */
