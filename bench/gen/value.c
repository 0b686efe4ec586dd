/* SPDX-License-Identifier: BSD-3-Clause */
#include "value.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>

/* A number with k, M or G; *end is what follows. */
static bool
read_number(const char *text, double *number, const char **end)
{
	char *stop;

	if ((text[0] < '0' || text[0] > '9') && text[0] != '.')
		return false;
	*number = strtod(text, &stop);
	switch (*stop) {
	case 'k':
		*number *= 1e3;
		stop++;
		break;
	case 'M':
		*number *= 1e6;
		stop++;
		break;
	case 'G':
		*number *= 1e9;
		stop++;
		break;
	default:
		break;
	}
	*end = stop;
	return true;
}

/* A whole number up to max, and nothing after it. */
static bool
read_whole(const char *text, double max, uint64_t *whole)
{
	const char *end;
	double number;

	if (!read_number(text, &number, &end) || *end != '\0' || number > max ||
	    number != (double)(uint64_t)number)
		return false;
	*whole = (uint64_t)number;
	return true;
}

bool
value_u16(void *field, const char *text)
{
	uint64_t whole;

	if (!read_whole(text, UINT16_MAX, &whole))
		return false;
	*(uint16_t *)field = (uint16_t)whole;
	return true;
}

bool
value_u32(void *field, const char *text)
{
	uint64_t whole;

	if (!read_whole(text, UINT32_MAX, &whole))
		return false;
	*(uint32_t *)field = (uint32_t)whole;
	return true;
}

/* A double is exact up to 2^53. */
bool
value_u64(void *field, const char *text)
{
	return read_whole(text, 0x1p53, field);
}

bool
value_rate(void *field, const char *text)
{
	const char *end;
	double number;

	if (!read_number(text, &number, &end) ||
	    (strcmp(end, "") != 0 && strcmp(end, "/s") != 0))
		return false;
	*(double *)field = number;
	return true;
}

bool
value_share(void *field, const char *text)
{
	const char *end;
	double number;

	if (!read_number(text, &number, &end))
		return false;
	if (strcmp(end, "%") == 0)
		number /= 100;
	else if (*end != '\0')
		return false;
	if (number > 1)
		return false;
	*(double *)field = number;
	return true;
}

bool
value_long_ms(void *field, const char *text)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {
		{"ms", 1}, {"s", 1e3}, {"", 1e3}, {"m", 6e4}, {"h", 3.6e6}};
	const char *end;
	double number;

	if (!read_number(text, &number, &end))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (number * units[i].ms > 1e12)
			return false;
		*(uint64_t *)field = (uint64_t)(number * units[i].ms);
		return true;
	}
	return false;
}

bool
value_ms(void *field, const char *text)
{
	uint64_t ms;

	if (!value_long_ms(&ms, text) || ms > UINT32_MAX)
		return false;
	*(uint32_t *)field = (uint32_t)ms;
	return true;
}

/* "5" or "1-5", each end as `read` reads it. */
static bool
read_range(const char *text, bool (*read)(void *, const char *), uint32_t max,
	   uint32_t range[2])
{
	char low[32];
	const char *dash = strchr(text, '-');

	snprintf(low, sizeof(low), "%.*s",
		 dash != NULL ? (int)(dash - text) : (int)strlen(text), text);
	return read(&range[0], low) &&
	       read(&range[1], dash != NULL ? dash + 1 : low) &&
	       range[0] <= range[1] && range[1] <= max;
}

bool
value_range8(void *field, const char *text)
{
	uint32_t range[2];
	uint8_t *out = field;

	if (!read_range(text, value_u32, UINT8_MAX, range))
		return false;
	out[0] = (uint8_t)range[0];
	out[1] = (uint8_t)range[1];
	return true;
}

bool
value_range16(void *field, const char *text)
{
	uint32_t range[2];
	uint16_t *out = field;

	if (!read_range(text, value_u32, UINT16_MAX, range))
		return false;
	out[0] = (uint16_t)range[0];
	out[1] = (uint16_t)range[1];
	return true;
}

bool
value_range32(void *field, const char *text)
{
	uint32_t range[2];

	if (!read_range(text, value_u32, UINT32_MAX, range))
		return false;
	memcpy(field, range, sizeof(range));
	return true;
}

bool
value_range_ms(void *field, const char *text)
{
	uint32_t range[2];

	if (!read_range(text, value_ms, UINT32_MAX, range))
		return false;
	memcpy(field, range, sizeof(range));
	return true;
}

bool
value_mac(void *field, const char *text)
{
	return rte_ether_unformat_addr(text, field) == 0;
}

bool
value_device(void *field, const char *text)
{
	return (size_t)snprintf(field, VALUE_DEVICE_MAX, "%s", text) <
	       VALUE_DEVICE_MAX;
}

bool
value_text(void *field, const char *text)
{
	*(const char **)field = text;
	return true;
}
