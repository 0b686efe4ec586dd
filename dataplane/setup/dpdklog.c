/* SPDX-License-Identifier: BSD-3-Clause */
#include "dpdklog.h"

#include <stdbool.h>
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

/* Parts of messages that ask for nothing, and would worry an operator. */
static const char *const harmless[] = {
	/* Other processes of the same DPDK, which mxsteer never has. */
	"Failed to register mp action callback",
	"Failed to send start req to secondary",
	"Failed to send stop req to secondary",
	/* net_tap wants traffic control for flow rules, and mxsteer has none. */
	"Specified qdisc kind is unknown",
	"Could not add multiq qdisc",
	"failed to create multiq qdisc",
	"Disabling rte flow support",
	/* The driver of bonds sees to that (bonding.h). */
	"it is necessary to do TX burst and RX burst at least every",
};

/* Has the line one of these parts?  It does not end in a 0. */
static bool
is_harmless(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (memmem(text, length, harmless[i], strlen(harmless[i])) !=
		    NULL)
			return true;
	return false;
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

		if (length > 0 && !is_harmless(text + at, length))
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
