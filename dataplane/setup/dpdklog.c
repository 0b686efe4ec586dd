/* SPDX-License-Identifier: BSD-3-Clause */
#include "dpdklog.h"

#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "log.h"

/* What DPDK calls an error is a warning here: the function of ours that made
 * the call knows whether the data plane can go on, and logs that. */
static enum log_level
level_now(void)
{
	const int level = rte_log_cur_msg_loglevel();

	if (level <= (int)RTE_LOG_CRIT)
		return LOG_LEVEL_ERROR;
	return level <= (int)RTE_LOG_WARNING ? LOG_LEVEL_WARN : LOG_LEVEL_INFO;
}

/* DPDK flushes the stream after each message. */
static ssize_t
on_write(void *unused, const char *text, size_t size)
{
	const enum log_level level = level_now();

	(void)unused;
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		const size_t length =
			end != NULL ? (size_t)(end - text) - at : size - at;

		if (length > 0)
			log_line(level, "DPDK: %.*s", (int)length, text + at);
		at += length + 1;
	}
	return (ssize_t)size;
}

void
dpdklog_begin(void)
{
	const cookie_io_functions_t functions = {.write = on_write};
	FILE *stream = fopencookie(NULL, "w", functions);

	if (stream != NULL)
		rte_openlog_stream(stream);
}
