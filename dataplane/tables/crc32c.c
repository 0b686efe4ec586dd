/* SPDX-License-Identifier: BSD-3-Clause */
#include "crc32c.h"

#include <nmmintrin.h>
#include <string.h>

uint32_t
mx_crc32c(const void *data, size_t size_bytes)
{
	const uint8_t *byte = data;
	uint64_t crc = 0xffffffffu;

	for (; size_bytes >= 8; size_bytes -= 8, byte += 8) {
		uint64_t word;

		memcpy(&word, byte, sizeof(word));
		crc = _mm_crc32_u64(crc, word);
	}
	for (; size_bytes > 0; size_bytes--, byte++)
		crc = _mm_crc32_u8((uint32_t)crc, *byte);
	return (uint32_t)crc ^ 0xffffffffu;
}
