/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHANGEREPLY_H
#define MX_CHANGEREPLY_H

/* The reply to a command that has changed something.  It is sent when the data
 * plane has the change or cannot have it, and it ends the request.
 * Threads    the event loop. */
#include "request.h"

/* Answer with {"message", "generation", "adopted", "workers", "took_ms",
 * "obstacle", "warnings"}. */
void reply_when_settled(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with a key more, "sessions": how many the change ends. */
void reply_ends_when_settled(const struct request *request, uint64_t sessions,
			     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a configuration file.  The reply begins with whether the file is
 * in force; then rest follows. */
void reply_file_when_settled(const struct request *request, const char *path,
			     const char *rest);

#endif /* MX_CHANGEREPLY_H */
