/* SPDX-License-Identifier: BSD-3-Clause */
#include "pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTE "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define ADDRESS4 "(" BYTE "\\.){3}" BYTE
#define ADDRESS6 "[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f.]*"
#define PORT                                                                   \
	"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|"       \
	"655[0-2][0-9]|6553[0-5])"
#define BITS4 "(3[0-2]|[12]?[0-9])"
#define BITS6 "(12[0-8]|1[01][0-9]|[1-9]?[0-9])"
#define ENDPOINT "(" ADDRESS4 "|\\[" ADDRESS6 "\\]):" PORT
#define PCI "([0-9A-Fa-f]{1,8}:)?[0-9A-Fa-f]{1,2}:[01]?[0-9A-Fa-f]\\.[0-7]"
/* A virtual device, by the name of its driver, which has an underscore. */
#define VIRTUAL "(?![.-])[A-Za-z0-9._+-]*_[A-Za-z0-9._+-]*"

/* The kinds whose texts do not depend on the key.  See scalar.c. */
static const char *const usual[SCALAR_KINDS] = {
	[SCALAR_NAME] = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,30}$",
	[SCALAR_INTERFACE] = "^[A-Za-z0-9_@][A-Za-z0-9._@-]{0,14}$",
	[SCALAR_DEVICE] =
		"^(" PCI "|" VIRTUAL ")(,[A-Za-z0-9._+:,=/@\\[\\]-]*)?$",
	[SCALAR_HOSTNAME] = "^(?!.*\\.\\.)(?!.*\\.$)[A-Za-z0-9:\\[\\]]"
			    "[A-Za-z0-9.:\\[\\]-]{0,252}$",
	[SCALAR_WEBHOST] = "^(?!.*\\.\\.)(?!.*\\.$)[A-Za-z0-9_:\\[\\]]"
			   "[A-Za-z0-9._:\\[\\]-]{0,252}$",
	[SCALAR_PATH] = "^/[^\\u0000-\\u001f]{0,254}$",
	[SCALAR_TEXT] = "^[\\t\\n\\r -~]*$",
	[SCALAR_ADDRESS] = "^(" ADDRESS4 "|" ADDRESS6 ")$",
	[SCALAR_ENDPOINT] = "^" ENDPOINT "$",
	[SCALAR_LISTEN] = "^(off|" ENDPOINT ")$",
	[SCALAR_PREFIX] = "^(" ADDRESS4 "/" BITS4 "|" ADDRESS6 "/" BITS6 ")$",
	[SCALAR_EXPECTATION] = "^(?=.{1,47}$)[A-Za-z0-9][A-Za-z0-9-]*"
			       "( *>= *[1-9][0-9]{0,17}| +[!-~]+)?$",
	[SCALAR_MAILBOX] = "^(?!.*\\.\\.)(?![^@]*\\.@)"
			   "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
			   "[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}@"
			   "[A-Za-z0-9:\\[\\]][A-Za-z0-9.:\\[\\]-]*$",
};

/* Write alternatives of the numbers from `at` to `most`: each time the longest
 * run of numbers that differ in one digit, and have any digits behind it. */
static void
write_range(FILE *out, uint64_t at, uint64_t most)
{
	const char * or = "";

	while (at <= most) {
		uint64_t block = 1;
		int digits = 0, runs = 1;

		while (at > 0 && at % (block * 10) == 0 &&
		       at + block * 10 - 1 <= most) {
			block *= 10;
			digits++;
		}
		const uint64_t first = at / block % 10;
		while (first + (uint64_t)runs <= 9 &&
		       at + block * (uint64_t)(runs + 1) - 1 <= most)
			runs++;
		fputs(or, out);
		if (at / block >= 10)
			fprintf(out, "%" PRIu64, at / block / 10);
		fprintf(out, "[%" PRIu64 "-%" PRIu64 "]", first,
			first + (uint64_t)runs - 1);
		if (digits > 0)
			fprintf(out, "[0-9]{%d}", digits);
		at += block * (uint64_t)runs;
		or = "|";
	}
}

static char *
closed(FILE *out, char **text)
{
	if (fclose(out) == 0)
		return *text;
	free(*text);
	return NULL;
}

char *
pattern_of_range(uint32_t least, uint32_t most)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	fputs("^(", out);
	write_range(out, least, most);
	fputs(")$", out);
	return closed(out, &text);
}

/* A time has one unit, and each unit a range of its own. */
static char *
pattern_of_duration(const struct scalar *scalar)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {
		{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}};
	const char * or = "^(";
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const uint32_t ms = units[i].ms;
		const uint32_t least =
			scalar->min / ms + (scalar->min % ms > 0);

		if (least > scalar->max / ms)
			continue;
		fprintf(out, "%s(", or);
		write_range(out, least, scalar->max / ms);
		fprintf(out, ")%s", units[i].name);
		or = "|";
	}
	fputs(")$", out);
	return closed(out, &text);
}

/* Endpoints may have a port that need not be written. */
static char *
pattern_of_endpoint(const struct scalar *scalar)
{
	char *text = NULL;

	if (asprintf(&text, "%s",
		     scalar->min > 0 ? "^(" ENDPOINT "|" ADDRESS4 "|" ADDRESS6
				       ")$"
				     : usual[SCALAR_ENDPOINT]) < 0)
		return NULL;
	return text;
}

char *
pattern_of(const struct scalar *scalar)
{
	char *text = NULL;

	if (scalar->kind == SCALAR_DURATION)
		return pattern_of_duration(scalar);
	if (scalar->kind == SCALAR_ENDPOINT)
		return pattern_of_endpoint(scalar);
	if (usual[scalar->kind] == NULL ||
	    asprintf(&text, "%s", usual[scalar->kind]) < 0)
		return NULL;
	return text;
}
