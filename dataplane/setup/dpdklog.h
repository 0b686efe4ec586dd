/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DPDKLOG_H
#define MX_DPDKLOG_H

/* What DPDK says becomes lines of the log, but for lines that say nothing to an
 * operator.  By itself DPDK writes to stderr and
 * to syslog, so that the journal would have each line twice, with no priority.
 *
 * Threads    main, before EAL starts. */

/* Take DPDK's lines from now on.  Without memory for that, DPDK writes them
 * itself. */
void dpdklog_begin(void);

#endif /* MX_DPDKLOG_H */
