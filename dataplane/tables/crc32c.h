/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_CRC32C_H
#define MX_TABLES_CRC32C_H

/* CRC-32C (Castagnoli; RFC 3720 B.4), the seal of a plan.
 *
 * It finds a plan that was torn by a killed writer.  Both planes run it over
 * megabytes, so it uses the instruction of SSE4.2, which DPDK requires anyway.
 * Threads    pure function: any. */
#include <stddef.h>
#include <stdint.h>

uint32_t mx_crc32c(const void *data, size_t size_bytes);

#endif /* MX_TABLES_CRC32C_H */
