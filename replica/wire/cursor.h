/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_CURSOR_H
#define MX_REPLICA_CURSOR_H

/* Numbers as big-endian bytes, one behind the other.
 *
 * Bounds     the caller's: there are as many bytes as are put or got.
 * Threads    pure functions: any. */
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void
cursor_put(uint8_t **at, const void *bytes, size_t count)
{
	memcpy(*at, bytes, count);
	*at += count;
}

static inline void
cursor_put8(uint8_t **at, uint8_t number)
{
	*(*at)++ = number;
}

static inline void
cursor_put16(uint8_t **at, uint16_t number)
{
	const uint16_t number_be = htobe16(number);
	cursor_put(at, &number_be, sizeof(number_be));
}

static inline void
cursor_put32(uint8_t **at, uint32_t number)
{
	const uint32_t number_be = htobe32(number);
	cursor_put(at, &number_be, sizeof(number_be));
}

static inline void
cursor_put64(uint8_t **at, uint64_t number)
{
	const uint64_t number_be = htobe64(number);
	cursor_put(at, &number_be, sizeof(number_be));
}

static inline void
cursor_get(const uint8_t **at, void *bytes, size_t count)
{
	memcpy(bytes, *at, count);
	*at += count;
}

static inline uint8_t
cursor_get8(const uint8_t **at)
{
	return *(*at)++;
}

static inline uint16_t
cursor_get16(const uint8_t **at)
{
	uint16_t number_be;
	cursor_get(at, &number_be, sizeof(number_be));
	return be16toh(number_be);
}

static inline uint32_t
cursor_get32(const uint8_t **at)
{
	uint32_t number_be;
	cursor_get(at, &number_be, sizeof(number_be));
	return be32toh(number_be);
}

static inline uint64_t
cursor_get64(const uint8_t **at)
{
	uint64_t number_be;
	cursor_get(at, &number_be, sizeof(number_be));
	return be64toh(number_be);
}

#endif /* MX_REPLICA_CURSOR_H */
