/* SPDX-License-Identifier: BSD-3-Clause */
/* The stream between boxes against any bytes: no message is read that cannot be,
 * no byte behind the end matters, and a session that was read is the same when it
 * is written and read again.
 * Method: libFuzzer.  The input is what a peer sends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wiresession.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_S 200000u

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_session(const struct wire_session *read)
{
	struct mx_session session;
	struct mx_session_wide ends;
	struct wire_session again;

	require(wire_session_is_sound(read));
	wiresession_to(read, &session, &ends, NOW_S);
	memset(&again, 0, sizeof(again));
	require(wiresession_from(&again, read->slot, &session, &ends, NOW_S));
	/* Older than the clock. */
	if (read->age_s > NOW_S)
		again.age_s = read->age_s;
	require(memcmp(&again, read, sizeof(again)) == 0);
}

/* What was read is the same when it is written and read again. */
static void
check_again(const struct wire_message *read)
{
	uint8_t room[WIRE_BYTES_MAX];
	struct wire_message again;
	const size_t bytes = wire_put(read, room);

	memset(&again, 0, sizeof(again));
	require(wire_take(room, bytes, &again) == (int)bytes);
	require(memcmp(&again, read, sizeof(again)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_message read;
	size_t at = 0;

	while (at < size) {
		memset(&read, 0, sizeof(read));
		const int used = wire_take(data + at, size - at, &read);

		if (used <= 0)
			return 0;
		/* Memory of the exact size shows reads beyond its end. */
		uint8_t *exact = malloc((size_t)used);
		struct wire_message same;

		memcpy(exact, data + at, (size_t)used);
		memset(&same, 0, sizeof(same));
		require(wire_take(exact, (size_t)used, &same) == used);
		require(memcmp(&same, &read, sizeof(same)) == 0);
		require(wire_take(exact, (size_t)used - 1, &same) == 0);
		free(exact);
		check_again(&read);
		if (read.type == WIRE_SESSION4 || read.type == WIRE_SESSION6)
			check_session(&read.session);
		at += (size_t)used;
	}
	return 0;
}
