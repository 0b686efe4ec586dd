/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SAVECAPTURE_H
#define MX_SAVECAPTURE_H

/* `mxsteer capture`: this program writes the file, with the rights of its
 * caller.  The control plane sends it in pieces; see capturing.h of the control
 * plane.
 *
 * SIGINT, SIGTERM and SIGHUP end the capture, and the file is whole.  A second
 * one also gives up a write that waits for the reader of a pipe.
 *
 * Only the caller can read the file, unless it is a pipe or a device: it may be
 * mail.  A file of another user is refused, and so is a terminal.
 * Threads    one. */
#include <stdbool.h>
#include <stddef.h>

#include "arguments.h"

#define SAVECAPTURE_TEXT_MAX 512

/* Capture.  fd: a connection (client.h).  arguments: those of the command.
 * The file "-" is stdout.  Says on stderr that the capture
 * has begun, and in the end how much there is; that goes to stdout as JSON.
 * Returns the exit status, with the reason in text unless it is 0; or -errno of
 * the connection. */
int savecapture(int fd, const struct arguments *arguments, bool json,
		char text[static SAVECAPTURE_TEXT_MAX]);

#endif /* MX_SAVECAPTURE_H */
