/* SPDX-License-Identifier: BSD-3-Clause */
/* The line of an agent against any bytes: it stays within its limits, its texts
 * are printable, and it does not depend on what follows its end.
 * Method: libFuzzer.  The input is what an agent sends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agentline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
require_printable(const char *text)
{
	for (; *text != '\0'; text++)
		require(*text >= ' ' && *text <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agentline line, again;
	const int length = agentline_length((const char *)data, size);

	if (length < 0 || length >= AGENTLINE_BYTES_MAX)
		return 0;
	/* Memory of the exact size shows reads beyond its end. */
	char *exact = malloc((size_t)length);
	memcpy(exact, data, (size_t)length);
	agentline_parse(&line, (const char *)data, (size_t)length);
	agentline_parse(&again, exact, (size_t)length);
	free(exact);
	require(memcmp(&line, &again, sizeof(line)) == 0);
	require(line.percent <= AGENTLINE_PERCENT_MAX);
	require(line.weight <= AGENTLINE_WEIGHT_MAX);
	require(line.admin < ADMIN_STATES);
	require(!(line.says_percent && line.says_weight));
	require_printable(line.text);
	require_printable(line.fault);
	return 0;
}
