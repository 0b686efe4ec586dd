/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a state file: it is refused, or what was read is written as a
 * file that gives the same again.
 * Method: libFuzzer.  The input is the file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "statefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
remove_file(void)
{
	unlink(path);
}

static int
load(const void *data, size_t size, struct state *state)
{
	const int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	return statefile_load(path, state, (char[STATEFILE_FAULT_MAX]){""});
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "/dev/shm/mxtest-state-%d",
			 (int)getpid());
		atexit(remove_file);
	}
	struct state *first = state_new();
	struct state *second = state_new();

	require(first != NULL && second != NULL);
	if (load(data, size, first) == 0) {
		char *text = statefile_text(first, true);
		require(text != NULL);
		require(load(text, strlen(text), second) == 0);
		char *again = statefile_text(second, true);
		require(again != NULL && strcmp(text, again) == 0);
		free(text);
		free(again);
	}
	state_free(first);
	state_free(second);
	return 0;
}
