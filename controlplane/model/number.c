/* SPDX-License-Identifier: BSD-3-Clause */
#include "number.h"

#include <stdlib.h>
#include <string.h>

bool
number_parse(const char *text, uint32_t max, uint32_t *number)
{
	if (*text == '\0' || strlen(text) > 9 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	if (text[0] == '0' && text[1] != '\0')
		return false; /* 010 is 8 to some and 10 to others */
	const unsigned long value = strtoul(text, NULL, 10);
	if (value > max)
		return false;
	*number = (uint32_t)value;
	return true;
}
