/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DPDK_IMMINTRIN_H
#define MX_DPDK_IMMINTRIN_H

/* Stands for the compiler's header of this name, which DPDK's headers include.
 *
 * That one declares what every x86 processor can, AVX-512 and all.  To read it
 * takes twice as long as to read the rest of DPDK.  DPDK's own code for a
 * processor without AVX needs SSE4.2, and so does ours.  A build for a processor
 * with AVX gets the compiler's header.
 */
#ifdef __AVX__
#include_next <immintrin.h>
#else
#include <nmmintrin.h>
#endif

#endif
