/* SPDX-License-Identifier: BSD-3-Clause */
#include "denytext.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The longest IPv6 address in text, with its terminator (RFC 4291 2.2). */
#define TEXT6_MAX 46
/* How much of what was found is shown. */
#define FOUND_MAX 60

static int fail(struct mx_deny_fault *fault, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int
fail(struct mx_deny_fault *fault, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return error;
}

/* Report what was found in the place of a prefix.  Bytes that are not plain
 * text are not shown. */
static int
not_a_prefix(struct mx_deny_fault *fault, const char *text, size_t length)
{
	char found[FOUND_MAX + 1];
	const size_t shown = length < FOUND_MAX ? length : FOUND_MAX;

	for (size_t i = 0; i < shown; i++)
		found[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	found[shown] = '\0';
	return fail(fault, -EINVAL,
		    "expected a prefix such as 192.0.2.0/24, or an address, "
		    "found \"%s\"",
		    found);
}

/* A decimal number from *at on, of at most `digits` digits and without a zero
 * before others.  Returns it and moves *at behind it; or -1. */
static int
read_number(const char **at, const char *end, int digits)
{
	const char *begin = *at;
	int number = 0;

	while (*at < end && **at >= '0' && **at <= '9') {
		if (*at - begin == digits)
			return -1;
		number = 10 * number + (*(*at)++ - '0');
	}
	if (*at == begin || (*begin == '0' && *at - begin > 1))
		return -1;
	return number;
}

static bool
read_addr4(const char *at, const char *end, struct mx_deny_key *key)
{
	uint32_t addr = 0;

	for (int i = 0; i < 4; i++) {
		const int byte = read_number(&at, end, 3);

		if (byte < 0 || byte > 255)
			return false;
		addr = addr << 8 | (uint32_t)byte;
		if (i < 3 && (at == end || *at++ != '.'))
			return false;
	}
	*key = (struct mx_deny_key){(uint64_t)addr << 32, 0, MX_DENY_V4};
	return at == end;
}

static bool
read_addr6(const char *at, const char *end, struct mx_deny_key *key)
{
	char text[TEXT6_MAX];
	struct mx_addr addr;

	if (end - at >= TEXT6_MAX)
		return false;
	memcpy(text, at, (size_t)(end - at));
	text[end - at] = '\0';
	/* ::ffff:a.b.c.d is refused: it is an IPv4 address, and its length could
	 * count from either form's first bit. */
	if (inet_pton(AF_INET6, text, addr.byte) != 1 || mx_addr_is4(&addr))
		return false;
	*key = mx_deny_key_of(&addr);
	return true;
}

int
mx_deny_prefix(const char *text, size_t length, struct mx_deny_key *key,
	       uint32_t *bits, struct mx_deny_fault *fault)
{
	const char *end = text + length;
	const char *slash = memchr(text, '/', length);
	const char *host_end = slash != NULL ? slash : end;
	const bool v6 = memchr(text, ':', (size_t)(host_end - text)) != NULL;

	if (!(v6 ? read_addr6(text, host_end, key)
		 : read_addr4(text, host_end, key)))
		return not_a_prefix(fault, text, length);
	*bits = v6 ? 128 : 32;
	if (slash == NULL)
		return 0;
	const char *at = slash + 1;
	const int number = read_number(&at, end, 3);
	if (number < 0 || number > (int)*bits || at != end)
		return not_a_prefix(fault, text, length);
	*bits = (uint32_t)number;
	return 0;
}

/* The lines of a text, one after the other. */
struct lines {
	const char *at;
	const char *end;
	uint32_t line;
	const char *text; /* of the present line, without what does not count */
	size_t length;
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Go on to the next line that has a prefix or should have one. */
static bool
next_line(struct lines *lines)
{
	while (lines->at < lines->end) {
		const char *begin = lines->at;
		const char *newline =
			memchr(begin, '\n', (size_t)(lines->end - begin));
		const char *stop = newline != NULL ? newline : lines->end;

		lines->at = newline != NULL ? newline + 1 : lines->end;
		lines->line++;
		while (begin < stop && is_space(*begin))
			begin++;
		const char *end = begin;
		while (end < stop && *end != '#' && *end != ';')
			end++;
		while (end > begin && is_space(end[-1]))
			end--;
		if (begin == end)
			continue;
		lines->text = begin;
		lines->length = (size_t)(end - begin);
		return true;
	}
	return false;
}

static int
add(struct mx_deny_list *list, const struct lines *lines,
    enum mx_deny_verdict verdict, struct mx_deny_fault *fault)
{
	struct mx_deny_key key;
	uint32_t bits = 0;

	int error =
		mx_deny_prefix(lines->text, lines->length, &key, &bits, fault);
	if (error != 0)
		return error;
	error = mx_deny_add(list, &key, bits, verdict);
	if (error == -EINVAL)
		return fail(fault, error,
			    "the address \"%.*s\" has bits beyond its length",
			    FOUND_MAX, lines->text);
	if (error == -E2BIG)
		return fail(fault, error, "more than %u prefixes",
			    MX_DENY_PREFIXES_MAX);
	return error == 0 ? 0 : fail(fault, error, "not enough memory");
}

static int
too_many_lines(struct mx_deny_fault *fault)
{
	return fail(fault, -E2BIG, "more than %u lines", MX_DENY_LINES_MAX);
}

int
mx_deny_read(struct mx_deny_list *list, const char *text, size_t size_bytes,
	     enum mx_deny_verdict verdict, struct mx_deny_fault *fault)
{
	struct lines lines = {
		.at = text, .end = text + size_bytes, .line = list->lines};
	int error = 0;

	while (error == 0 && next_line(&lines))
		error = lines.line <= MX_DENY_LINES_MAX
				? add(list, &lines, verdict, fault)
				: too_many_lines(fault);
	if (error == 0 && lines.line > MX_DENY_LINES_MAX)
		error = too_many_lines(fault);
	list->lines = lines.line;
	fault->line = lines.line;
	return error;
}
