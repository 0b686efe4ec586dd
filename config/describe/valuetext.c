/* SPDX-License-Identifier: BSD-3-Clause */
#include "valuetext.h"

#include <stdio.h>

#include "expectation.h"
#include "prefix.h"

static const char *
number_text(const struct scalar *scalar, uint32_t number,
	    char text[static VALUETEXT_MAX])
{
	const bool in_range = number >= scalar->min && number <= scalar->max;

	if (!in_range && !(scalar->or_zero && number == 0))
		return NULL;
	snprintf(text, VALUETEXT_MAX, "%u", number);
	return text;
}

/* The longest unit that needs no fraction. */
static const char *
duration_text(const struct scalar *scalar, uint32_t ms,
	      char text[static VALUETEXT_MAX])
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {
		{"h", 3600 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1}};
	size_t i = 0;

	if (ms < scalar->min || ms > scalar->max)
		return NULL;
	while (ms % units[i].ms != 0)
		i++;
	if (ms == 0)
		i = 2; /* 0s */
	snprintf(text, VALUETEXT_MAX, "%u%s", ms / units[i].ms, units[i].name);
	return text;
}

/* An empty text is an absent one, but for kinds that may be empty. */
static const char *
plain_text(const struct scalar *scalar, const char *field)
{
	return field[0] != '\0' || scalar->kind == SCALAR_TEXT ? field : NULL;
}

const char *
valuetext(const struct scalar *scalar, const void *field,
	  char text[static VALUETEXT_MAX])
{
	switch (scalar->kind) {
	case SCALAR_NAME:
	case SCALAR_INTERFACE:
	case SCALAR_DEVICE:
	case SCALAR_HOSTNAME:
	case SCALAR_WEBHOST:
	case SCALAR_PATH:
	case SCALAR_TEXT:
	case SCALAR_MAILBOX:
		return plain_text(scalar, field);
	case SCALAR_U8:
		return number_text(scalar, *(const uint8_t *)field, text);
	case SCALAR_U16:
		return number_text(scalar, *(const uint16_t *)field, text);
	case SCALAR_U32:
		return number_text(scalar, *(const uint32_t *)field, text);
	case SCALAR_DURATION:
		return duration_text(scalar, *(const uint32_t *)field, text);
	case SCALAR_WORD:
		return scalar->words[*(const unsigned *)field];
	case SCALAR_FLAG:
		return *(const bool *)field ? scalar->words[0] : NULL;
	case SCALAR_ADDRESS:
		return mx_addr_format(field, text);
	case SCALAR_LISTEN:
		if (((const struct mx_endpoint *)field)->port_be == 0)
			return "off";
		return mx_endpoint_format(field, text);
	case SCALAR_ENDPOINT:
		return mx_endpoint_format(field, text);
	case SCALAR_PREFIX:
		return mx_prefix_format(field, text);
	case SCALAR_EXPECTATION:
		return expectation_format(field, text);
	case SCALAR_KINDS:
		break;
	}
	return NULL;
}
