/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes from a client of the CLI socket: the control plane answers the next
 * client as before.
 * Method: libFuzzer.  The input is what one client sends before it hangs up, to a
 * real control plane whose data plane and probes are the test's. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "plane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUTS_PER_CHECK 64

static struct plane plane;

/* What the kit claims is reported to Check, which does not run here. */
void _mark_point(const char *file, int line);
void _ck_assert_failed(const char *file, int line, const char *expr,
		       const char *msg, ...);

void
_mark_point(const char *file, int line)
{
	(void)file, (void)line;
}

void
_ck_assert_failed(const char *file, int line, const char *expr, const char *msg,
		  ...)
{
	(void)file, (void)line, (void)expr, (void)msg;
	abort();
}

static void
end(void)
{
	plane_close(&plane);
}

static void
begin(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_data(&plane);
	plane_start_control(&plane);
	atexit(end);
}

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t inputs;
	char reply[4096];
	bool ok;

	if (plane.base == NULL)
		begin();
	const int fd = client_connect(plane.socket);
	require(fd >= 0);
	if (send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		size = 0;
	plane_run(&plane, 20);
	while (recv(fd, reply, sizeof(reply), MSG_DONTWAIT) > 0)
		;
	close(fd);
	plane_run(&plane, 1);
	plane_forget_log();
	if (++inputs % INPUTS_PER_CHECK == 0) {
		char *text = plane_ask(&plane, "show services", &ok);
		require(ok);
		free(text);
	}
	return 0;
}
