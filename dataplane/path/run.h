/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RUN_H
#define MX_RUN_H

/* The loop of a worker: a round, then a rest if nothing came. */

/* Poll until *stop; for rte_eal_remote_launch().  Returns 0. */
int worker_run(void *worker);

#endif /* MX_RUN_H */
