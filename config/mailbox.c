/* SPDX-License-Identifier: BSD-3-Clause */
#include "mailbox.h"

#include <errno.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define LOCAL_MAX 64 /* RFC 5321 4.5.3.1.1 */

int
mailbox_parse(const char *text, char out[static MAILBOX_TEXT_MAX])
{
	const size_t local =
		strspn(text, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~.");
	const char *domain = text + local + 1;

	if (local == 0 || local > LOCAL_MAX || text[local] != '@' ||
	    text[0] == '.' || text[local - 1] == '.')
		return -EINVAL;
	const size_t length = strspn(domain, LETTERS DIGITS "-.:[]");
	if (length == 0 || domain[length] != '\0' ||
	    strchr(".-", domain[0]) != NULL || domain[length - 1] == '.' ||
	    strstr(text, "..") != NULL ||
	    local + 1 + length >= MAILBOX_TEXT_MAX)
		return -EINVAL;
	memcpy(out, text, local + 1 + length + 1);
	return 0;
}
