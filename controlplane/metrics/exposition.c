/* SPDX-License-Identifier: BSD-3-Clause */
#include "exposition.h"

#include <inttypes.h>

/* A double has all whole numbers up to here. */
#define WHOLE_MAX 9007199254740992.0

void
exposition_head(FILE *out, const char *name, const char *help, const char *type)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A value may hold any byte.  Three are written by two. */
static void
put_escaped(FILE *out, const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\n')
			fputs("\\n", out);
		else if (*c == '\\' || *c == '"')
			fprintf(out, "\\%c", *c);
		else
			fputc(*c, out);
	}
}

void
exposition_label(FILE *out, unsigned index, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", index == 0 ? "" : ",", name);
	put_escaped(out, value);
	fputc('"', out);
}

void
exposition_value(FILE *out, double value)
{
	if (value >= 0 && value < WHOLE_MAX && (double)(uint64_t)value == value)
		fprintf(out, " %" PRIu64 "\n", (uint64_t)value);
	else
		fprintf(out, " %.17g\n", value);
}
