/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DPDK_X86INTRIN_H
#define MX_DPDK_X86INTRIN_H

/* See immintrin.h.  DPDK includes this header with gcc, and immintrin.h with
 * clang. */
#ifdef __AVX__
#include_next <x86intrin.h>
#else
#include <immintrin.h>
#endif

#endif
