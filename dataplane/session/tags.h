/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TAGS_H
#define MX_TAGS_H

/* Which of a bucket's eight tags are a given one: bit i of the answer is set if
 * tag[i] is.  All at once where the CPU has SSE2, else by a plain twin.
 *
 * tag: aligned to 16 bytes.
 * Threads    pure functions: any. */
#include <stdint.h>

#define TAGS 8

static inline uint32_t
tags_find_plain(const uint16_t tag[static TAGS], uint16_t wanted)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < TAGS; i++)
		found |= (uint32_t)(tag[i] == wanted) << i;
	return found;
}

#ifdef __SSE2__
#include <emmintrin.h>

static inline uint32_t
tags_find(const uint16_t tag[static TAGS], uint16_t wanted)
{
	const __m128i all = _mm_load_si128((const __m128i *)(const void *)tag);
	const __m128i same =
		_mm_cmpeq_epi16(all, _mm_set1_epi16((short)wanted));

	/* From words of all ones to bytes to bits. */
	return (uint32_t)_mm_movemask_epi8(
		_mm_packs_epi16(same, _mm_setzero_si128()));
}
#else
static inline uint32_t
tags_find(const uint16_t tag[static TAGS], uint16_t wanted)
{
	return tags_find_plain(tag, wanted);
}
#endif

#endif /* MX_TAGS_H */
