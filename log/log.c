/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "character.h"

static const struct {
	const char *name;
	int syslog;
} levels[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = {"error", LOG_ERR},
	[LOG_LEVEL_WARN] = {"warn", LOG_WARNING},
	[LOG_LEVEL_INFO] = {"info", LOG_INFO},
};

static void (*divert)(const char *line);

void
log_divert(void (*sink)(const char *line))
{
	divert = sink;
}

/* Does the descriptor lead to the journal?  systemd names the journal's stream
 * in JOURNAL_STREAM.  A redirected descriptor has another device or inode. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream != NULL &&
	       sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(fd, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

void
log_line(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	char for_journal[8] = "";
	va_list arguments;

	if (divert == NULL && is_journal(STDERR_FILENO))
		snprintf(for_journal, sizeof(for_journal), "<%d>",
			 levels[level].syslog);
	const int prefix = snprintf(line, sizeof(line), "%s%s ", for_journal,
				    levels[level].name);
	va_start(arguments, format);
	vsnprintf(line + prefix, sizeof(line) - (size_t)prefix - 1, format,
		  arguments);
	va_end(arguments);
	character_make_shown(line);

	if (divert != NULL) {
		divert(line);
		return;
	}
	const size_t length = strlen(line);
	line[length] = '\n';
	/* The program goes on if the log cannot be written. */
	if (write(STDERR_FILENO, line, length + 1) < 0)
		return;
}
