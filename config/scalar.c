/* SPDX-License-Identifier: BSD-3-Clause */
#include "scalar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "expectation.h"
#include "mailbox.h"
#include "prefix.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Store text of 1 to size - 1 of the allowed characters that does not begin
 * with one of `not_first`. */
static int
parse_text(const char *text, const char *allowed, const char *not_first,
	   size_t size, char *out)
{
	const size_t length = strlen(text);

	if (length == 0 || length >= size || strspn(text, allowed) != length ||
	    strchr(not_first, text[0]))
		return -EINVAL;
	memcpy(out, text, length + 1);
	return 0;
}

/* Parse digits before a unit; *end is where the number stops. */
static int
parse_digits(const char *text, uint64_t *value, const char **end)
{
	const size_t digits = strspn(text, DIGITS);

	/* Ten digits hold every uint32_t. 0100 is refused, since it is 64 to
	 * some readers of YAML and 100 to others. */
	if (digits == 0 || digits > 10 || (digits > 1 && text[0] == '0'))
		return -EINVAL;
	*value = strtoull(text, NULL, 10);
	*end = text + digits;
	return 0;
}

static int
parse_number(const struct scalar *scalar, const char *text, uint32_t *out)
{
	const char *end;
	uint64_t value;

	if (parse_digits(text, &value, &end) != 0 || *end != '\0' ||
	    value > scalar->max)
		return -EINVAL;
	if (value < scalar->min && !(scalar->or_zero && value == 0))
		return -EINVAL;
	*out = (uint32_t)value;
	return 0;
}

static int
parse_duration(const struct scalar *scalar, const char *text, uint32_t *out)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {
		{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}};
	const char *end;
	uint64_t value;

	if (parse_digits(text, &value, &end) != 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		value *= units[i].ms;
		if (value < scalar->min || value > scalar->max)
			return -EINVAL;
		*out = (uint32_t)value;
		return 0;
	}
	return -EINVAL;
}

static int
parse_word(const struct scalar *scalar, const char *text, unsigned *out)
{
	for (unsigned i = 0; scalar->words[i] != NULL; i++) {
		if (strcmp(scalar->words[i], text) != 0)
			continue;
		*out = i;
		return 0;
	}
	return -EINVAL;
}

static int
parse_any_number(const struct scalar *scalar, const char *text, void *out)
{
	uint32_t number;

	if (parse_number(scalar, text, &number) != 0)
		return -EINVAL;
	if (scalar->kind == SCALAR_U8)
		*(uint8_t *)out = (uint8_t)number;
	else if (scalar->kind == SCALAR_U16)
		*(uint16_t *)out = (uint16_t)number;
	else
		*(uint32_t *)out = number;
	return 0;
}

static int
parse_flag(const struct scalar *scalar, const char *text, bool *out)
{
	unsigned word;

	if (parse_word(scalar, text, &word) != 0)
		return -EINVAL;
	*out = true;
	return 0;
}

/* Refuse IPv4 addresses in IPv6 form: an address needs one form, so that a
 * search for it finds every use. */
static int
parse_address(const char *text, struct mx_addr *out)
{
	struct mx_addr addr;

	if (mx_addr_parse(text, &addr) != 0 ||
	    (mx_addr_is4(&addr) && strchr(text, ':') != NULL))
		return -EINVAL;
	*out = addr;
	return 0;
}

static int
parse_endpoint(const struct scalar *scalar, const char *text,
	       struct mx_endpoint *out)
{
	struct mx_endpoint endpoint;

	if (scalar->kind == SCALAR_LISTEN && strcmp(text, "off") == 0) {
		*out = (struct mx_endpoint){.port_be = 0};
		return 0;
	}
	if (scalar->min > 0 && parse_address(text, &endpoint.addr) == 0) {
		out->addr = endpoint.addr;
		out->port_be = htons((uint16_t)scalar->min);
		return 0;
	}
	if (mx_endpoint_parse(text, &endpoint) != 0 ||
	    (mx_addr_is4(&endpoint.addr) && text[0] == '['))
		return -EINVAL;
	*out = endpoint;
	return 0;
}

static int
parse_prefix(const char *text, struct mx_config_prefix *out)
{
	struct mx_config_prefix prefix;

	if (mx_prefix_parse(text, &prefix) != 0)
		return -EINVAL;
	const struct mx_config_prefix trimmed = mx_prefix_trim(&prefix);
	if (!mx_addr_equal(&trimmed.addr, &prefix.addr))
		return -EINVAL;
	*out = prefix;
	return 0;
}

static int
parse_device(const char *text, char *out)
{
	if (!mx_device_is_valid(text))
		return -EINVAL;
	return parse_text(text, LETTERS DIGITS "._-+[]:,=/@",
			  ".,-=", MX_DEVICE_MAX, out);
}

/* A name without an empty label, or an address in brackets. */
static int
parse_hostname(const char *text, const char *allowed, char *out)
{
	const size_t length = strlen(text);

	if (length == 0 || text[length - 1] == '.' ||
	    strstr(text, "..") != NULL)
		return -EINVAL;
	return parse_text(text, allowed, ".-", MX_HOSTNAME_MAX, out);
}

static int
parse_path(const char *text, char *out)
{
	const size_t length = strlen(text);

	if (text[0] != '/' || length >= MX_FILE_PATH_MAX)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ')
			return -EINVAL;
	memcpy(out, text, length + 1);
	return 0;
}

static int
parse_line(const struct scalar *scalar, const char *text, char *out)
{
	const size_t length = strlen(text);

	if (length < scalar->min || length >= scalar->max)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if ((text[i] < ' ' && strchr("\r\n\t", text[i]) == NULL) ||
		    text[i] > '~')
			return -EINVAL;
	memcpy(out, text, length + 1);
	return 0;
}

int
scalar_parse(const struct scalar *scalar, const char *text, void *out)
{
	switch (scalar->kind) {
	case SCALAR_NAME:
		return parse_text(text, LETTERS DIGITS "._-", ".-", MX_NAME_MAX,
				  out);
	case SCALAR_INTERFACE:
		return parse_text(text, LETTERS DIGITS "._-@", ".-",
				  IF_NAMESIZE, out);
	case SCALAR_DEVICE:
		return parse_device(text, out);
	case SCALAR_HOSTNAME:
		return parse_hostname(text, LETTERS DIGITS ".-[]:", out);
	case SCALAR_WEBHOST:
		return parse_hostname(text, LETTERS DIGITS "._-[]:", out);
	case SCALAR_PATH:
		return parse_path(text, out);
	case SCALAR_TEXT:
		return parse_line(scalar, text, out);
	case SCALAR_U8:
	case SCALAR_U16:
	case SCALAR_U32:
		return parse_any_number(scalar, text, out);
	case SCALAR_DURATION:
		return parse_duration(scalar, text, out);
	case SCALAR_WORD:
		return parse_word(scalar, text, out);
	case SCALAR_FLAG:
		return parse_flag(scalar, text, out);
	case SCALAR_ADDRESS:
		return parse_address(text, out);
	case SCALAR_ENDPOINT:
	case SCALAR_LISTEN:
		return parse_endpoint(scalar, text, out);
	case SCALAR_PREFIX:
		return parse_prefix(text, out);
	case SCALAR_EXPECTATION:
		return expectation_parse(text, out);
	case SCALAR_MAILBOX:
		return mailbox_parse(text, out);
	case SCALAR_KINDS:
		break;
	}
	return -EINVAL;
}

static const char *const usual[SCALAR_KINDS] = {
	[SCALAR_NAME] = "a name of up to 31 letters, digits and . _ -",
	[SCALAR_INTERFACE] = "the name of a network interface, as `ip link` "
			     "shows it",
	[SCALAR_DEVICE] =
		"a PCI address, such as \"0000:65:00.0\", or a virtual "
		"device of DPDK, such as \"net_memif0,role=client\"",
	[SCALAR_HOSTNAME] = "a host name, such as lb.example.net",
	[SCALAR_WEBHOST] = "a host name, such as lb.example.net or mail_lb",
	[SCALAR_PATH] = "a path that starts with /, of up to 255 bytes",
	[SCALAR_ADDRESS] = "an address, such as 192.0.2.1 or \"2001:db8::1\"",
	[SCALAR_ENDPOINT] =
		"an address and a port, such as \"192.0.2.1:25\" or "
		"\"[2001:db8::1]:25\"",
	[SCALAR_LISTEN] =
		"an address and a port, such as \"127.0.0.1:9625\", or "
		"off",
	[SCALAR_PREFIX] = "an address and the number of its fixed bits, such "
			  "as \"10.0.2.128/26\" or \"fd00:2:1::/64\"",
	[SCALAR_EXPECTATION] = "a keyword of EHLO, such as STARTTLS, \"AUTH "
			       "PLAIN\" or \"SIZE>=35000000\"",
	[SCALAR_MAILBOX] = "a mail address, such as probe@example.net",
};

/* Write how the address that was found must be written.  Returns false if it is
 * no address. */
static bool
expected_form(const struct scalar *scalar, const char *found, char *text)
{
	char form[MX_PREFIX_TEXT_MAX];
	struct mx_config_prefix prefix;
	struct mx_endpoint endpoint;

	if (scalar->kind == SCALAR_PREFIX &&
	    mx_prefix_parse(found, &prefix) == 0) {
		prefix = mx_prefix_trim(&prefix);
		snprintf(text, SCALAR_EXPECTED_MAX,
			 "%s, as the bits after the first %u are zero",
			 mx_prefix_format(&prefix, form), prefix.bits);
		return true;
	}
	if (scalar->kind == SCALAR_ADDRESS &&
	    mx_addr_parse(found, &endpoint.addr) == 0)
		mx_addr_format(&endpoint.addr, form);
	else if (scalar->kind == SCALAR_ENDPOINT &&
		 mx_endpoint_parse(found, &endpoint) == 0)
		mx_endpoint_format(&endpoint, form);
	else
		return false;
	snprintf(text, SCALAR_EXPECTED_MAX, "%s, as IPv4 is written", form);
	return true;
}

static void
expected_words(const struct scalar *scalar, char *text)
{
	size_t at = 0;

	for (unsigned i = 0; scalar->words[i] != NULL; i++)
		at += (size_t)snprintf(text + at, SCALAR_EXPECTED_MAX - at,
				       "%s%s",
				       i == 0                         ? ""
				       : scalar->words[i + 1] == NULL ? " or "
								      : ", ",
				       scalar->words[i]);
}

void
scalar_expected(const struct scalar *scalar, const char *found, char *text)
{
	if (found != NULL && expected_form(scalar, found, text))
		return;
	if (scalar->expected != NULL)
		snprintf(text, SCALAR_EXPECTED_MAX, "%s", scalar->expected);
	else if (scalar->words != NULL)
		expected_words(scalar, text);
	else if (scalar->kind == SCALAR_DURATION)
		snprintf(text, SCALAR_EXPECTED_MAX,
			 "a time from %u ms to %u s, such as 500ms, 10s or 2m",
			 scalar->min, scalar->max / 1000);
	else if (usual[scalar->kind] != NULL)
		snprintf(text, SCALAR_EXPECTED_MAX, "%s", usual[scalar->kind]);
	else
		snprintf(text, SCALAR_EXPECTED_MAX,
			 "a whole number from %u to %u", scalar->min,
			 scalar->max);
}
