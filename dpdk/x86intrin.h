/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DPDK_X86INTRIN_H
#define MX_DPDK_X86INTRIN_H

/* As immintrin.h: gcc is given this one by DPDK, clang the other. */
#ifdef __AVX__
#include_next <x86intrin.h>
#else
#include <immintrin.h>
#endif

#endif
