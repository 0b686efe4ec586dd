/* SPDX-License-Identifier: BSD-3-Clause */
#include "sighting.h"

#include <string.h>
#include <strings.h>

#include "endpoint.h"

#define TAG "IPv6:" /* RFC 5321 4.1.3 */

/* The address between an opening mark and its closing one. */
static bool
parse(const char *text, char closing, struct mx_addr *seen)
{
	char address[MX_ENDPOINT_TEXT_MAX];
	const char *end = strchr(text, closing);

	if (end == NULL)
		return false;
	if (strncasecmp(text, TAG, strlen(TAG)) == 0)
		text += strlen(TAG);
	const size_t length = (size_t)(end - text);
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	return mx_addr_parse(address, seen) == 0;
}

/* The first address in such marks. */
static bool
find(const char *text, char opening, char closing, struct mx_addr *seen)
{
	const char *at = text;

	while ((at = strchr(at, opening)) != NULL)
		if (parse(++at, closing, seen))
			return true;
	return false;
}

bool
sighting_in_hello(const char *line, struct mx_addr *seen)
{
	return find(line + strcspn(line, " "), '[', ']', seen);
}

bool
sighting_in_received(const char *header, struct mx_addr *seen)
{
	char from[512];
	const char *by = strstr(header, " by ");
	const size_t length =
		by != NULL ? (size_t)(by - header) : strlen(header);

	if (length >= sizeof(from))
		return false;
	memcpy(from, header, length);
	from[length] = '\0';
	return find(from, '[', ']', seen) || find(from, '(', ')', seen);
}

bool
sighting_in_refusal(const char *text, struct mx_addr *seen)
{
	return (strcasestr(text, "client") != NULL ||
		strcasestr(text, "host") != NULL) &&
	       find(text, '[', ']', seen);
}
