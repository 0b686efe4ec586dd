/* SPDX-License-Identifier: BSD-3-Clause */
#include "keptlog.h"

#include <string.h>

#include "log.h"

static char logged[64 * 1024];

static void
keep_line(const char *line)
{
	if (strlen(logged) + strlen(line) + 2 < sizeof(logged))
		strcat(strcat(logged, line), "\n");
}

void
keptlog_begin(void)
{
	keptlog_forget();
	log_divert(keep_line);
}

void
keptlog_end(void)
{
	log_divert(NULL);
}

void
keptlog_forget(void)
{
	logged[0] = '\0';
}

const char *
keptlog_text(void)
{
	return logged;
}

bool
keptlog_has(const char *part)
{
	return strstr(logged, part) != NULL;
}
